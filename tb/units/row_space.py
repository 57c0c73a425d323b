"""What the benches of units that take rows in beats make their rows of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from t2c.golden.arithmetic.formats import IntFormat

Row = list[int]
"""Elements of one row."""


@dataclass(frozen=True, kw_only=True)
class BeatSpace:
    """What rows are made of. parameters: of the unit; signed: elements; rng: of every choice."""

    parameters: Mapping[str, int]
    signed: bool
    rng: random.Random

    @property
    def fmt(self) -> IntFormat:
        return IntFormat(bits=self.parameters["X_W"], signed=self.signed)

    @property
    def longest(self) -> int:
        return 1 << self.parameters["LEN_W"]

    @property
    def lanes(self) -> int:
        return self.parameters["LANES"]

    @property
    def lengths(self) -> list[int]:
        """Around a beat, around the longest, and with every number of elements in the last beat."""
        lanes, longest, rng = self.lanes, self.longest, self.rng
        ends = {1, 2, 3, lanes - 1, lanes, lanes + 1, 2 * lanes, longest - lanes, longest - 1, longest}
        each = {lanes * rng.randrange(longest // lanes) + k for k in range(1, lanes + 1)}
        powers = {1 << k for k in range(longest.bit_length())}
        return sorted(n for n in ends | each | powers if 1 <= n <= longest)

    def row(self, length: int) -> Row:
        """Any elements."""
        return [self.rng.randint(self.fmt.lo, self.fmt.hi) for _ in range(length)]

    def longest_row(self) -> Row:
        """Any elements, as many as fit."""
        return self.row(self.longest)
