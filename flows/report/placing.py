"""Where the slots of each layer lie across: side by side around the middle, then as straight as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from t2c.flows.report.blocks import straightened
from t2c.flows.report.slots import Chains, Slot

BOX_GAP, BEND_GAP, BACK_GAP = 30.0, 16.0, 40.0
"""Between two boxes; beside a bend of an edge; between a box and an edge that leads back from it."""


def placed_across(rows: Sequence[Sequence[Slot]], chains: Chains, width: Mapping[Slot, float]) -> dict[Slot, float]:
    """The middle of each slot; the leftmost edge of all is at 0.

    Args:
        rows: the slots of each layer in their order; chains: of the edges; width: of the boxes, bends have none.
    """
    sources = {chain[-1] for chain in chains.back.values()}

    def gap(left: Slot, right: Slot) -> float:
        bends = isinstance(left[0], int) or isinstance(right[0], int)
        room = BACK_GAP if right in sources and left in width else BEND_GAP if bends else BOX_GAP
        return (width.get(left, 0) + width.get(right, 0)) / 2 + room

    place: dict[Slot, float] = {}
    for row in rows:
        places = list(accumulate((gap(left, right) for left, right in pairwise(row)), initial=0.0))
        place |= {slot: at - places[-1] / 2 for slot, at in zip(row, places, strict=True)}
    place = straightened(rows, chains, place, gap)
    left = min((at - width.get(slot, 0) / 2 for slot, at in place.items()), default=0.0)
    return {slot: at - left for slot, at in place.items()}
