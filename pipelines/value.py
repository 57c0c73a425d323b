"""What a wire of generated logic can hold: exact bounds, from which its width follows."""

from __future__ import annotations

from dataclasses import dataclass


def width_of(lo: int, hi: int) -> int:
    """Bits of the narrowest format that holds lo..hi, unsigned where lo is not negative.

    >>> width_of(0, 0), width_of(0, 255), width_of(-1, 0), width_of(-128, 127), width_of(-1, 128)
    (1, 8, 1, 8, 9)
    """
    if lo >= 0:
        return max(hi.bit_length(), 1)
    return max((-lo - 1).bit_length(), hi.bit_length() if hi > 0 else 0) + 1


@dataclass(frozen=True, slots=True)
class LogicValue:
    """A wire of a pipeline.

    name: in Verilog, empty for a constant; lo, hi: all that it can hold lies between; time: registers between the
    input of the module and it; depth: levels of logic since the last one.
    """

    name: str
    lo: int
    hi: int
    time: int = 0
    depth: int = 0

    @property
    def width(self) -> int:
        """Bits."""
        return width_of(self.lo, self.hi)

    @property
    def constant(self) -> bool:
        """It holds one number only."""
        return self.lo == self.hi


@dataclass(frozen=True, slots=True)
class Summand:
    """A summand: value times 2^shift, subtracted if negative."""

    value: LogicValue
    shift: int = 0
    negative: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and largest."""
        lo, hi = self.value.lo << self.shift, self.value.hi << self.shift
        return (-hi, -lo) if self.negative else (lo, hi)


def literal(number: int, width: int) -> str:
    """A constant of so many bits, in two's complement.

    >>> literal(-1, 3), literal(5, 4)
    ("3'h7", "4'h5")
    """
    return f"{width}'h{number & ((1 << width) - 1):x}"


def extended(value: LogicValue, width: int, low: int = 0) -> str:
    """The bits of a value from `low` on, extended by its sign or by zeros to a width, or cut to it.

    >>> extended(LogicValue("a", -4, 3), 5), extended(LogicValue("a", 0, 7), 5), extended(LogicValue("a", 0, 7), 2)
    ('{{2{a[2]}}, a}', "{2'h0, a}", 'a[1:0]')
    >>> extended(LogicValue("a", -4, 3), 2, 1), extended(LogicValue("", 5, 5), 4)
    ('a[2:1]', "4'h5")
    """
    if value.constant:
        return literal(value.lo >> low, width)
    own = value.width
    there = max(min(own - low, width), 0)
    if there == own:
        bits = value.name
    elif there > 1:
        bits = f"{value.name}[{low + there - 1}:{low}]"
    else:
        bits = f"{value.name}[{low}]"
    if there == width:
        return bits
    more = width - there
    if value.lo >= 0:
        fill = literal(0, more)
    else:
        top = value.name if own == 1 else f"{value.name}[{own - 1}]"
        fill = f"{{{more}{{{top}}}}}"
    return f"{{{fill}, {bits}}}" if there else fill


def span(width: int) -> str:
    """The range of a declaration; every wire has one, so that its bits can be named."""
    return f"[{width - 1}:0]"
