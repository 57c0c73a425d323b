"""Places in the layers of a graph: a box, or where an edge passes a layer; in an order with few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from t2c.flows.graph import FlowEdge

Slot = tuple[str | int, int]
"""The name of a task or the number of an edge, and the layer."""
_SWEEPS = 12


@dataclass(frozen=True, kw_only=True)
class Chains:
    """Where each edge passes, from above to below.

    forward: by number of the edge, box, bends, box; back: bends alone, of which the first lies beside the box that the
    edge leads to and the last beside that from which it comes.
    """

    forward: Mapping[int, tuple[Slot, ...]]
    back: Mapping[int, tuple[Slot, ...]]

    def pairs(self) -> list[tuple[Slot, Slot]]:
        """Neighbours, the upper one first."""
        return [pair for chain in (*self.forward.values(), *self.back.values()) for pair in pairwise(chain)]


def chains_of(edges: Sequence[FlowEdge], layer: Mapping[str, int], back: set[int]) -> Chains:
    """The chain of each edge."""
    forward: dict[int, tuple[Slot, ...]] = {}
    returning: dict[int, tuple[Slot, ...]] = {}
    for number, edge in enumerate(edges):
        high, low = layer[edge.source], layer[edge.target]
        if number in back:
            returning[number] = tuple((number, at) for at in range(low, high + 1))
        else:
            bends = [(number, at) for at in range(high + 1, low)]
            forward[number] = ((edge.source, high), *bends, (edge.target, low))
    return Chains(forward=forward, back=returning)


def ordered(
    names: Sequence[str], edges: Sequence[FlowEdge], layer: Mapping[str, int], chains: Chains
) -> list[list[Slot]]:
    """The slots of each layer from left to right: the tasks' order, improved by the mean place of neighbours."""
    beside = _beside(edges, layer, chains)
    rows: list[list[Slot]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in names:
        rows[layer[name]].append((name, layer[name]))
    for chain in (*chains.forward.values(), *chains.back.values()):
        for slot in chain:
            if isinstance(slot[0], int) and slot not in beside:
                rows[slot[1]].append(slot)
    pairs = chains.pairs()
    best = [_with_sides(row, beside) for row in rows]
    here = best
    for sweep in range(_SWEEPS):
        here = _swept(here, pairs, beside, down=sweep % 2 == 0)
        if _crossings(here, pairs) < _crossings(best, pairs):
            best = here
    return best


def _beside(edges: Sequence[FlowEdge], layer: Mapping[str, int], chains: Chains) -> dict[Slot, Slot]:
    """The box to whose right a bend stays."""
    found: dict[Slot, Slot] = {}
    for number, chain in chains.back.items():
        edge = edges[number]
        found[chain[0]] = (edge.target, layer[edge.target])
        found[chain[-1]] = (edge.source, layer[edge.source])
    return found


def _with_sides(row: Sequence[Slot], beside: Mapping[Slot, Slot]) -> list[Slot]:
    sides: dict[Slot, list[Slot]] = {}
    for bend, box in beside.items():
        sides.setdefault(box, []).append(bend)
    for bends in sides.values():  # short lanes lie inside long ones
        bends.sort(key=lambda bend: len([other for other in beside if other[0] == bend[0]]))
    return [each for slot in row for each in (slot, *sides.get(slot, ()))]


def _swept(
    rows: Sequence[Sequence[Slot]], pairs: Sequence[tuple[Slot, Slot]], beside: Mapping[Slot, Slot], *, down: bool
) -> list[list[Slot]]:
    """Each layer ordered by the mean place of what its slots are joined to, in the layer that was ordered before."""
    near: dict[Slot, list[Slot]] = {}
    for upper, lower in pairs:
        near.setdefault(lower if down else upper, []).append(upper if down else lower)
    found = [list(row) for row in rows]
    places: dict[Slot, float] = {}
    for at in range(len(rows)) if down else range(len(rows) - 1, -1, -1):
        row = found[at]
        wanted = {}
        for index, slot in enumerate(row):
            others = [places[other] for other in near.get(slot, ()) if other in places]
            wanted[slot] = sum(others) / len(others) if others else (index + 0.5) / len(row)
        free = [slot for slot in row if slot not in beside]
        found[at] = _with_sides(sorted(free, key=lambda slot: wanted[slot]), beside)
        places |= {slot: (index + 0.5) / len(found[at]) for index, slot in enumerate(found[at])}
    return found


def _crossings(rows: Sequence[Sequence[Slot]], pairs: Sequence[tuple[Slot, Slot]]) -> int:
    place = {slot: index for row in rows for index, slot in enumerate(row)}
    by_layer: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in pairs:
        by_layer.setdefault(upper[1], []).append((place[upper], place[lower]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0 for segments in by_layer.values() for a, b in combinations(segments, 2)
    )
