"""What a source says of an output: a step function of the accumulator, and which accumulators can come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import ACC_BITS, BIAS_BITS, SCALE_BITS, Widths
from t2c.golden.errors import RangeError


class Rule(Protocol):
    """A source's requantisation, bias included: from a package's accumulators to the integers of the output.

    Called with accumulators of shape (C, n) int64, row c those of channel c, it gives the outputs, of that shape,
    int64, clipped as the source clips them. C is 1 for a rule per tensor. It may never fall as the accumulator grows
    (or never rise, in the channels of `falling`): every implementation says in its docstring why it does not, and
    `t2c.importing.proof.check_monotone` tries it.
    """

    @property
    def falling(self) -> IntArray:
        """(C,) of 0 and 1: 1 where the output falls as the accumulator grows, such as for a negative scale."""

    def __call__(self, acc: IntArray) -> IntArray:
        """Return the outputs of these accumulators."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Every accumulator that any input can give lies in lo..hi. lo, hi: (C,) int64, by channel.

    Raises:
        RangeError: lo above hi.
    """

    lo: IntArray
    hi: IntArray

    def __post_init__(self) -> None:
        if (self.lo > self.hi).any():
            raise RangeError(f"reach: lo = {self.lo.tolist()} above hi = {self.hi.tolist()}")

    @property
    def count(self) -> int:
        """Accumulators of all channels together."""
        return int(sum(hi - lo + 1 for lo, hi in zip(self.lo.tolist(), self.hi.tolist(), strict=True)))

    @property
    def widths(self) -> Widths:
        """The widest constants beside an accumulator that holds the reach and no more."""
        bits = max(int(np.abs(self.lo).max()), int(np.abs(self.hi).max())).bit_length() + 1
        return Widths(acc=max(bits, ACC_BITS[0]), scale=SCALE_BITS[1], bias=BIAS_BITS[1])

    def mirrored(self, falling: IntArray) -> Reach:
        """The same of the negated accumulators, in the channels of `falling`."""
        turned = falling.astype(bool)
        return Reach(lo=np.where(turned, -self.hi, self.lo), hi=np.where(turned, -self.lo, self.hi))


def reach_of_weights(weight: IntArray, lo: int, hi: int) -> Reach:
    """What sums of products can reach, each input anywhere between its least and its largest value.

    Args:
        weight: (C, ...) int, the factors of a channel's sum.
        lo, hi: of every input after its zero point is taken off, `lo <= 0 <= hi`: padding, which is 0, lies between.

    >>> reach = reach_of_weights(np.array([[1, -2]]), -3, 5)
    >>> reach.lo.tolist(), reach.hi.tolist()
    ([-13], [11])
    """
    flat = weight.astype(np.int64).reshape(len(weight), -1)
    ends = np.stack([flat * lo, flat * hi])
    return Reach(lo=ends.min(axis=0).sum(axis=1), hi=ends.max(axis=0).sum(axis=1))
