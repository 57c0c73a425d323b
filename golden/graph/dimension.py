"""One dimension of the legal space: a range of integers, the classes of its values, its boundaries, random draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from t2c.golden.arithmetic.formats import check_int

_SINGLE = 9
"""A range of at most so many values has one class a value."""
_ON_A_BOUNDARY = 3
"""One draw in so many is a boundary."""
_POWERS_AS_SUCH = 17
"""From 2 to this power on, a name writes 2^k."""


def number(value: int) -> str:
    """A number as a reader takes it in: from 2^17 on powers of two as such, and what is one less.

    >>> number(255), number(-(1 << 31)), number((1 << 31) - 1)
    ('255', '-2^31', '2^31-1')
    """
    sign, size = "-" * (value < 0), abs(value)
    for whole, less in ((size, ""), (size + 1, "-1")):
        if whole >= 1 << _POWERS_AS_SUCH and whole & (whole - 1) == 0:
            return f"{sign}2^{whole.bit_length() - 1}{less}" if not (sign and less) else f"1-2^{whole.bit_length() - 1}"
    return f"{value}"


@dataclass(frozen=True, kw_only=True)
class ValueClass:
    """Neighbouring values of one sign and one bit length. low, high: inclusive."""

    low: int
    high: int

    @property
    def name(self) -> str:
        """As a bin is called: `64..127`, `-128`."""
        return number(self.low) if self.low == self.high else f"{number(self.low)}..{number(self.high)}"


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A number that somebody may choose, with every value that is legal.

    owner: what has it, such as "conv2d", "descriptor", "hardware"; name: of the number, unique in its owner; low, high:
    inclusive; drives: registers of the RTL that hold it or count up to it, as `module.register`; limit: false where
    nothing refuses more than `high`, which is then as far as this project tries; meaning: a phrase.

    >>> d = Dimension(owner="demo", name="pad", low=-4, high=9)
    >>> [c.name for c in d.classes]
    ['-4', '-3..-2', '-1', '0', '1', '2..3', '4..7', '8..9']
    >>> d.class_of(5), d.boundaries, d.bits
    ('4..7', (-4, -3, -2, -1, 0, 1, 2, 3, 4, 7, 8, 9), ('bit 0', 'bit 1', 'bit 2', 'bit 3', 'sign'))
    """

    owner: str
    name: str
    low: int
    high: int
    drives: tuple[str, ...] = ()
    limit: bool = True
    meaning: str = ""

    @property
    def key(self) -> str:
        """Unique in the space."""
        return f"{self.owner}.{self.name}"

    @property
    def values(self) -> range:
        """Every legal value."""
        return range(self.low, self.high + 1)

    @cached_property
    def classes(self) -> tuple[ValueClass, ...]:
        """The values once each, in their order: by sign and bit length, or one by one where they are few."""
        if self.high - self.low < _SINGLE:
            return tuple(ValueClass(low=value, high=value) for value in self.values)
        return tuple(
            ValueClass(low=max(low, self.low), high=min(high, self.high))
            for low, high in _spans(self.low, self.high)
            if low <= self.high and high >= self.low
        )

    def class_of(self, value: int) -> str:
        """Name of the class of a value.

        Raises:
            RangeError: it is not legal.
        """
        check_int(self.key, value, self.low, self.high)
        return next(each.name for each in self.classes if each.low <= value <= each.high)

    @cached_property
    def boundaries(self) -> tuple[int, ...]:
        """The lowest, the highest, their neighbours, 0, and 2^k and 2^k - 1 of both signs."""
        found = {self.low, self.low + 1, self.high - 1, self.high, 0}
        for power in range(max(abs(self.low), abs(self.high)).bit_length() + 1):
            found |= {sign * value for sign in (1, -1) for value in (1 << power, (1 << power) - 1)}
        return tuple(sorted(value for value in found if self.low <= value <= self.high))

    @cached_property
    def bits(self) -> tuple[str, ...]:
        """Bits that some legal value has set, as bins are called; of a negative one, those of its magnitude."""
        width = max(abs(self.low), abs(self.high)).bit_length()
        return (*(f"bit {place}" for place in range(width)), *(("sign",) if self.low < 0 else ()))

    def bits_of(self, value: int) -> tuple[str, ...]:
        """Which of `bits` a value sets.

        Raises:
            RangeError: it is not legal.
        """
        size = abs(check_int(self.key, value, self.low, self.high))
        places = (f"bit {place}" for place in range(size.bit_length()) if size >> place & 1)
        return (*places, *(("sign",) if value < 0 else ()))

    def draw(self, rng: np.random.Generator, low: int | None = None, high: int | None = None) -> int:
        """A random legal value: every third a boundary, else from a random class, so that each bit length is as likely.

        Args:
            rng: where chance comes from.
            low, high: narrower limits, where a cost or another dimension asks for them; cut to the range.

        Raises:
            RangeError: no legal value lies between the limits.
        """
        least = self.low if low is None else max(self.low, low)
        most = self.high if high is None else min(self.high, high)
        check_int(f"{self.key}: highest value", most, least, self.high)
        if rng.integers(_ON_A_BOUNDARY) == 0:
            inside = sorted({least, most, *(value for value in self.boundaries if least <= value <= most)})
            return inside[int(rng.integers(len(inside)))]
        inside_classes = [each for each in self.classes if each.low <= most and each.high >= least]
        chosen = inside_classes[int(rng.integers(len(inside_classes)))]
        first, last = max(chosen.low, least), min(chosen.high, most)
        return first + int(rng.integers(last - first, dtype=np.uint64, endpoint=True))


def _spans(low: int, high: int) -> Iterator[tuple[int, int]]:
    """Values by sign and bit length: .. -7..-4, -3..-2, -1, 0, 1, 2..3, 4..7 .."""
    lengths = range(1, max(abs(low), abs(high)).bit_length() + 1)
    for length in reversed(lengths):
        yield 1 - (1 << length), -(1 << (length - 1))
    yield 0, 0
    for length in lengths:
        yield 1 << (length - 1), (1 << length) - 1
