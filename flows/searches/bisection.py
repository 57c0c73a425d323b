"""Bisection of a range in which small values fit and large ones do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """What a bisection ends with. fits: the largest value that was tried and fits; fails: the smallest above it that
    does not, None if the whole range fits."""

    fits: float
    fails: float | None


def bisect(low: float, high: float, resolution: float, fits: Callable[[float], bool]) -> Bracket:
    """Find where a range ceases to fit.

    The bracket is a true one: its lower end is known to fit and its upper end was tried and does not. That what lies
    between is monotonous is assumed, as by all bisections: a value above `fails` may fit again.

    Args:
        low: fits, as the caller knows, and is not tried.
        high: tried first.
        resolution: of the bracket at the end, above 0.
        fits: whether a value does.
    """
    if fits(high):
        return Bracket(fits=high, fails=None)
    good, bad = low, high
    while bad - good > resolution:
        middle = (good + bad) / 2
        if fits(middle):
            good = middle
        else:
            bad = middle
    return Bracket(fits=good, fails=bad)
