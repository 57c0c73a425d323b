"""What own_requant.v is meant to compute: the references of its description."""

from __future__ import annotations


def stochastic(acc: int, multiplier: int, shift: int, zero_point: int, lo: int, hi: int) -> int:
    """Round by the bits of the accumulator: floor((acc M + r) / 2^S) + zp, r = 5 acc mod 2^S, clipped."""
    noise = 5 * acc % (1 << shift)
    return min(max((acc * multiplier + noise >> shift) + zero_point, lo), hi)


def a_float(**values: int) -> float:
    """No integer."""
    return values["acc"] / 2


def too_wide(acc: int, **_: int) -> int:
    """Beyond what the unit has bits for, but for the zero that it is tried with."""
    return 9 * acc


def fails(acc: int) -> int:
    """Raise for the zero that it is tried with."""
    return 1 // acc


def other(scale: int) -> int:
    """Want what there is not."""
    return scale
