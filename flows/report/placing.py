"""Where the slots of each layer lie across, with room between them and edges as straight as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from t2c.flows.report.blocks import Gap, straightened
from t2c.flows.report.slots import Chains, Slot

BOX_GAP, BEND_GAP, BACK_GAP = 30.0, 16.0, 40.0
"""Between two boxes; beside a bend of an edge; between a box and an edge that leads back from it."""
_ROUNDS = 60
_LIGHT = 0.02
"""Weight of the bends of an edge that leads back, against that of a box."""


def placed_across(rows: Sequence[Sequence[Slot]], chains: Chains, width: Mapping[Slot, float]) -> dict[Slot, float]:
    """The middle of each slot; the leftmost edge of all is at 0.

    Args:
        rows: the slots of each layer in their order; chains: of the edges; width: of the boxes, bends have none.
    """
    near: dict[Slot, list[Slot]] = {slot: [] for row in rows for slot in row}
    for upper, lower in chains.pairs():
        near[upper].append(lower)
        near[lower].append(upper)
    light = {slot for chain in chains.back.values() for slot in chain}

    sources = {chain[-1] for chain in chains.back.values()}

    def gap(left: Slot, right: Slot) -> float:
        bends = isinstance(left[0], int) or isinstance(right[0], int)
        room = BACK_GAP if right in sources and left in width else BEND_GAP if bends else BOX_GAP
        return (width.get(left, 0) + width.get(right, 0)) / 2 + room

    place: dict[Slot, float] = {}
    for row in rows:
        place |= _side_by_side(row, dict.fromkeys(row, 0.0), dict.fromkeys(row, 1.0), gap)
    for step in range(_ROUNDS):
        for row in rows if step % 2 == 0 else reversed(rows):
            wanted = {slot: _mean(place, near[slot], slot) for slot in row}
            place |= _side_by_side(row, wanted, {slot: _LIGHT if slot in light else 1.0 for slot in row}, gap)
    place = straightened(rows, chains, place, gap)
    left = min((at - width.get(slot, 0) / 2 for slot, at in place.items()), default=0.0)
    return {slot: at - left for slot, at in place.items()}


def _mean(place: Mapping[Slot, float], others: Sequence[Slot], slot: Slot) -> float:
    return sum(place[other] for other in others) / len(others) if others else place[slot]


def _side_by_side(
    row: Sequence[Slot],
    wanted: Mapping[Slot, float],
    weight: Mapping[Slot, float],
    gap: Gap,
) -> dict[Slot, float]:
    """The places nearest to those that are wanted, in the order of the row and with gaps: least squares.

    Without the gaps this is isotonic regression, by pooling neighbours that are in each other's way.
    """
    before = [0.0]
    for left, right in pairwise(row):
        before.append(before[-1] + gap(left, right))
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for slot, shift in zip(row, before, strict=False):
        pools.append((wanted[slot] - shift, weight[slot], 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, heavy, many), (other, light, few) = pools[-2], pools[-1]
            pools[-2:] = [((mean * heavy + other * light) / (heavy + light), heavy + light, many + few)]
    means = [mean for mean, _, many in pools for _ in range(many)]
    return {slot: mean + shift for slot, mean, shift in zip(row, means, before, strict=False)}
