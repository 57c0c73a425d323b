"""A ladder: steps downwards, taken as long as each fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Rung = TypeVar("Rung")


def descend(rungs: Sequence[Rung], fits: Callable[[Sequence[Rung]], Sequence[bool]], together: int) -> int:
    """How many rungs, from the first on, fit without a gap.

    Args:
        rungs: in their order.
        fits: whether each of some rungs does; tried at once.
        together: how many are tried at once; a rung too far costs a trial and changes nothing.
    """
    taken = 0
    while taken < len(rungs):
        some = rungs[taken : taken + together]
        good = list(fits(some))
        run = good.index(False) if False in good else len(good)
        taken += run
        if run < len(some):
            break
    return taken
