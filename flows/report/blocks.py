"""Blocks: slots of several layers that lie straight below each other, such as tasks of which each has one way on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from t2c.flows.report.slots import Chains, Slot

Gap = Callable[[Slot, Slot], float]
_ROUNDS = 60
_AWAY = 1e5
"""Farther right than any box."""


def straightened(
    rows: Sequence[Sequence[Slot]], chains: Chains, place: Mapping[Slot, float], gap: Gap
) -> dict[Slot, float]:
    """Places near to those that are given, one for all slots of a block, in the order of the rows and with gaps.

    Args:
        rows: the slots of each layer in their order; chains: of the edges; place: of each slot; gap: between two.
    """
    blocks = _blocks(rows, chains)
    while True:
        home = {slot: index for index, block in enumerate(blocks) for slot in block}
        gaps = _gaps(rows, home, gap)
        after: dict[int, set[int]] = {index: set() for index in range(len(blocks))}
        for left, right in gaps:
            after[right].add(left)
        try:
            order = list(TopologicalSorter(after).static_order())
            break
        except CycleError as error:  # edges cross: those blocks cannot be straight
            tangled = {*error.args[1]}
            blocks = [part for index, block in enumerate(blocks) for part in _parts(block, index in tangled)]
    wanted = [sum(place[slot] for slot in block) / len(block) for block in blocks]
    to_right, to_left = list(wanted), list(wanted)
    for index in order:
        limits = [to_right[left] + room for (left, right), room in gaps.items() if right == index]
        to_right[index] = max([to_right[index], *limits])
    for index in reversed(order):
        limits = [to_left[right] - room for (left, right), room in gaps.items() if left == index]
        to_left[index] = min([to_left[index], *limits])
    found = [(low + high) / 2 for low, high in zip(to_left, to_right, strict=True)]
    _settle(found, order, gaps, _near(chains, home), {home[slot] for chain in chains.back.values() for slot in chain})
    return {slot: found[index] for slot, index in home.items()}


def _parts(block: tuple[Slot, ...], apart: bool) -> list[tuple[Slot, ...]]:
    return [(slot,) for slot in block] if apart else [block]


def _blocks(rows: Sequence[Sequence[Slot]], chains: Chains) -> list[tuple[Slot, ...]]:
    """Runs of tasks between which there is one way, the bends of an edge; other slots by themselves."""
    starts = [chain[0] for chain in chains.forward.values()]
    ends = [chain[-1] for chain in chains.forward.values()]
    below = {
        chain[0]: chain[1]
        for chain in chains.forward.values()
        if len(chain) == 2 and starts.count(chain[0]) == 1 and ends.count(chain[1]) == 1
    }
    for chain in (*(chain[1:-1] for chain in chains.forward.values()), *chains.back.values()):
        below |= dict(pairwise(chain))
    found = []
    for slot in (slot for row in rows for slot in row):
        if slot not in below.values():
            block = [slot]
            while block[-1] in below:
                block.append(below[block[-1]])
            found.append(tuple(block))
    return found


def _gaps(rows: Sequence[Sequence[Slot]], home: Mapping[Slot, int], gap: Gap) -> dict[tuple[int, int], float]:
    """How far two blocks are apart at least, of which the one lies beside the other somewhere."""
    found: dict[tuple[int, int], float] = {}
    for row in rows:
        for left, right in pairwise(row):
            pair = home[left], home[right]
            found[pair] = max(found.get(pair, 0.0), gap(left, right))
    return found


def _near(chains: Chains, home: Mapping[Slot, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for upper, lower in chains.pairs():
        if home[upper] != home[lower]:
            found.setdefault(home[upper], []).append(home[lower])
            found.setdefault(home[lower], []).append(home[upper])
    return found


def _settle(
    found: list[float],
    order: Sequence[int],
    gaps: Mapping[tuple[int, int], float],
    near: Mapping[int, Sequence[int]],
    lanes: set[int],
) -> None:
    """Move each block to the middle of what it is joined to, as far as there is room.

    What leads back makes room for its left and right neighbours in turn, and ends as far left as it can be.
    """
    for step in range(_ROUNDS + 1):
        aside = step % 2 == 1
        for index in order if step % 4 < 2 else reversed(order):
            low = max((found[left] + room for (left, right), room in gaps.items() if right == index), default=None)
            high = min((found[right] - room for (left, right), room in gaps.items() if left == index), default=None)
            joined = [found[other] for other in near.get(index, ())]
            wanted = sum(joined) / len(joined) if joined else found[index]
            if index in lanes and low is not None:
                wanted = low + _AWAY if aside else low
            wanted = wanted if low is None else max(wanted, low)
            found[index] = wanted if high is None else min(wanted, high)
