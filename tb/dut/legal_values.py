"""Which integers a module takes: ranges of them, joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from t2c.tb.dut.expressions import evaluate

POWERS = "power_of_two"
_SHOWN = 6
_ENUMERATED = 64


@dataclass(frozen=True, kw_only=True)
class Legal:
    """Integers. spans: (least, largest) of each range, ascending, none empty, and there is at least one."""

    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not self.spans or any(low > high for low, high in self.spans):
            raise ValueError("no value is left")

    @classmethod
    def of(cls, low: int, high: int) -> Legal:
        """One range."""
        return cls(spans=((low, high),))

    @classmethod
    def parse(cls, entries: Iterable[str | int], parameters: Mapping[str, int]) -> Legal:
        """What a description lists: numbers, ranges such as 1..4095, and power_of_two (1, 2, 4 .. 2^62).

        Args:
            entries: numbers, or expressions of parameters.
            parameters: of the unit.

        Raises:
            ValueError: another text, or a range whose end is below its begin.
        """
        spans: list[tuple[int, int]] = []
        for entry in entries:
            if entry == POWERS:
                spans += [(1 << k, 1 << k) for k in range(63)]
                continue
            first, dots, last = str(entry).partition("..")
            low, high = evaluate(first, parameters), evaluate(last if dots else first, parameters)
            if low > high:
                raise ValueError(f"{entry} is empty: {low} is above {high}")
            spans.append((low, high))
        return cls(spans=tuple(sorted(spans)))

    @property
    def lowest(self) -> int:
        return self.spans[0][0]

    @property
    def highest(self) -> int:
        return max(high for _, high in self.spans)

    def within(self, other: Legal) -> Legal:
        """Those that are in the first range of `other` too.

        Raises:
            ValueError: there are none.
        """
        low, high = other.spans[0]
        cut = [(max(first, low), min(last, high)) for first, last in self.spans]
        return Legal(spans=tuple(span for span in cut if span[0] <= span[1]))

    def __contains__(self, value: int) -> bool:
        return any(low <= value <= high for low, high in self.spans)

    def nearest(self, value: int) -> int:
        """The legal value that is closest, of two the lower one."""
        return min(
            (min(max(value, low), high) for low, high in self.spans), key=lambda found: (abs(found - value), found)
        )

    def corners(self) -> list[int]:
        """Legal values at which arithmetic breaks first: ends of ranges, 0, 1 and -1, or what is closest to them."""
        ends = [end for span in self.spans for end in span]
        return sorted({*ends, *(self.nearest(value) for value in (-1, 0, 1))})

    def small(self) -> list[int]:
        """All of them, or 64 of `corners` if there are more."""
        if sum(high - low + 1 for low, high in self.spans) > _ENUMERATED:
            return self.few(_ENUMERATED)
        return sorted({value for low, high in self.spans for value in range(low, high + 1)})

    def few(self, most: int) -> list[int]:
        """At most so many of `corners`, both ends among them, the others spread evenly; most: 2 or more."""
        found = self.corners()
        if len(found) <= most:
            return found
        return [found[index * (len(found) - 1) // (most - 1)] for index in range(most)]

    def text(self) -> str:
        """As descriptions spell it."""
        shown = [str(low) if low == high else f"{low}..{high}" for low, high in self.spans]
        return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")
