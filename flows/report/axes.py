"""Axes: round marks, and a logarithm where the values span more than a factor of 20."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SPAN = 20.0
_MARKS = 7
"""About how many marks an axis has."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """title: with its unit; low, high: its ends; marks: of values that are written; log: whether it is logarithmic."""

    title: str
    low: float
    high: float
    marks: tuple[float, ...]
    log: bool

    def share(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def axis(title: str, values: Sequence[float], *, whole: bool = False) -> Axis:
    """The axis of some values.

    Args:
        title: with the unit; values: to be shown; whole: whether marks are integers only.

    >>> axis("LUTs", [10, 5000]).marks
    (10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)
    >>> axis("accuracy in %", [92.3, 98.1]).marks
    (92.0, 93.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0)
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low > 0 and high / low > _SPAN:
        marks = _log_marks(low, high)
        return Axis(title=title, low=marks[0], high=marks[-1], marks=marks, log=True)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        spread = max(abs(low) * 0.05, 1.0 if whole else 1e-3)
        low, high = low - spread, high + spread
    marks = _even_marks(low, high, whole)
    return Axis(title=title, low=marks[0], high=marks[-1], marks=marks, log=False)


def _even_marks(low: float, high: float, whole: bool) -> tuple[float, ...]:
    rough = (high - low) / _MARKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(k * step, 12) for k in range(first, max(last, first + 1) + 1))


def _log_marks(low: float, high: float) -> tuple[float, ...]:
    """Of 1, 2 and 5 times powers of ten, or of powers of ten alone where there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 4 else (1,)
    every = [factor * 10.0**power for power in powers for factor in factors]
    below = [mark for mark in every if mark <= low * 1.000001] or every[:1]
    above = [mark for mark in every if mark >= high * 0.999999] or every[-1:]
    return tuple(float(f"{mark:.6g}") for mark in every if below[-1] <= mark <= above[0])
