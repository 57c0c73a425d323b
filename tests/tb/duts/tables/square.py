"""What square.v is meant to give."""

from __future__ import annotations


def quarter(x: int) -> int:
    """A quarter of the square."""
    return x * x // 4


def negative(x: int) -> int:
    """The same, negative."""
    return -x * x // 8


def wide(x: int) -> int:
    """Beyond 6 bits from x = 8."""
    return x * x
