"""The way of each edge from the side of one box to that of another, around all that lies between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from t2c.flows.graph import FlowEdge
from t2c.flows.report.area import Area
from t2c.flows.report.slots import Chains, Slot

Points = tuple[tuple[float, float], ...]
"""From the side of the one box to that of the other."""
LEAVING, ARRIVING = 4.0, 12.0
"""How far an edge goes straight down at its ends."""
_SNAP = 4.0
"""Pieces of edges that lead less aside are vertical."""


@dataclass(frozen=True, kw_only=True)
class LaidEdge:
    """edge; points: from the side of the one box to that of the other; back: whether it closes a cycle."""

    edge: FlowEdge
    points: Points
    back: bool


class Ways:
    """The points of all edges. Where several begin or end at one side of a box, they share it out."""

    def __init__(
        self,
        edges: Sequence[FlowEdge],
        chains: Chains,
        across: Mapping[Slot, float],
        areas: Mapping[str, Area],
        bands: Sequence[tuple[float, float]],
    ) -> None:
        """Of a graph.

        Args:
            edges: of it; chains: where each passes; across: the middle of each slot.
            areas: of the boxes, by name; bands: top and bottom of each layer.
        """
        self._edges, self._chains, self._across, self._areas, self._bands = edges, chains, across, areas, bands

    def all(self) -> tuple[LaidEdge, ...]:
        """In the order of the edges."""
        starts = self._shares(0, 1)
        ends = self._shares(-1, -2)
        sides = self._sides()
        return tuple(
            LaidEdge(edge=edge, points=self._back(number, sides), back=True)
            if number in self._chains.back
            else LaidEdge(edge=edge, points=self._forward(number, starts, ends), back=False)
            for number, edge in enumerate(self._edges)
        )

    def _shares(self, end: int, next_one: int) -> dict[int, float]:
        """Where on a box's lower (or upper) side each edge that leads down begins (or ends)."""
        at: dict[Slot, list[int]] = {}
        for number, chain in self._chains.forward.items():
            at.setdefault(chain[end], []).append(number)
        found = {}
        for (name, _), numbers in at.items():
            numbers.sort(key=lambda number: self._across[self._chains.forward[number][next_one]])
            area = self._areas[str(name)]
            step = min(30.0, area.width / (len(numbers) + 1))
            for index, number in enumerate(numbers):
                found[number] = area.middle + step * (index - (len(numbers) - 1) / 2)
        return found

    def _sides(self) -> dict[tuple[int, bool], float]:
        """Where on a box's right side each edge that leads back begins (True) or ends (False)."""
        at: dict[str, list[tuple[int, bool]]] = {}
        for number in sorted(self._chains.back, key=lambda number: len(self._chains.back[number])):
            at.setdefault(self._edges[number].target, []).append((number, False))
            at.setdefault(self._edges[number].source, []).append((number, True))
        found = {}
        for name, ends in at.items():
            area = self._areas[name]
            step = min(12.0, area.height / (len(ends) + 1))
            for index, end in enumerate(ends):
                found[end] = (area.top + area.bottom) / 2 + step * (index - (len(ends) - 1) / 2)
        return found

    def _forward(self, number: int, starts: Mapping[int, float], ends: Mapping[int, float]) -> Points:
        chain = self._chains.forward[number]
        first, last = self._areas[str(chain[0][0])], self._areas[str(chain[-1][0])]
        points = [(starts[number], first.bottom), (starts[number], self._bands[chain[0][1]][1] + LEAVING)]
        for bend in chain[1:-1]:
            points += [(self._across[bend], y) for y in self._bands[bend[1]]]
        points += [(ends[number], self._bands[chain[-1][1]][0] - ARRIVING), (ends[number], last.top)]
        straight = points[:1]
        for x, y in points[1:]:
            straight.append((straight[-1][0] if abs(x - straight[-1][0]) < _SNAP else x, y))
        return tuple(dict.fromkeys(straight))

    def _back(self, number: int, sides: Mapping[tuple[int, bool], float]) -> Points:
        chain = self._chains.back[number]
        source, target = self._areas[self._edges[number].source], self._areas[self._edges[number].target]
        low, high = sides[number, True], sides[number, False]
        points = [(source.right, low), (self._across[chain[-1]], low)]
        if len(chain) > 1:  # it changes lanes between layers only
            points.append((self._across[chain[-1]], self._bands[chain[-1][1]][0]))
            for bend in reversed(chain[1:-1]):
                points += [(self._across[bend], y) for y in reversed(self._bands[bend[1]])]
            points.append((self._across[chain[0]], self._bands[chain[0][1]][1]))
        points += [(self._across[chain[0]], high), (target.right, high)]
        return tuple(points)
