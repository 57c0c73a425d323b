"""Constants of MulQuant and of an add before the widths of their hardware are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import ACC_BITS, BIAS_BITS, SCALE_BITS, AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding

WIDEST = Widths(acc=ACC_BITS[1], scale=SCALE_BITS[1], bias=BIAS_BITS[1])
"""The widths that golden takes at most."""


def signed_bits(values: IntArray) -> int:
    """Bits of the two's complement that holds them all.

    >>> signed_bits(np.array([-128, 127])), signed_bits(np.array([128])), signed_bits(np.array([0]))
    (8, 9, 1)
    """
    low, high = int(values.min()), int(values.max())
    return max((~low if low < 0 else low).bit_length(), (~high if high < 0 else high).bit_length()) + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class StageConstants:
    """What MulQuant and the add have in common: q = clip(round_S(... + B) + zp, lo, hi).

    bias, shift: (C,) int64, (1,) for one of a tensor; rounding: one of the layer; zero_point, lo, hi: of the output.
    """

    bias: IntArray
    shift: IntArray
    rounding: Rounding
    zero_point: int
    lo: int
    hi: int

    @property
    def multipliers(self) -> IntArray:
        """All of them."""
        raise NotImplementedError

    @property
    def scale_bits(self) -> int:
        """SCALE_W that holds the multipliers."""
        return signed_bits(self.multipliers)

    @property
    def bias_bits(self) -> int:
        """BIAS_W that holds the biases."""
        return signed_bits(self.bias)

    def _common(self, widths: Widths) -> dict[str, Any]:
        """What both stages of golden take."""
        return {
            "rounding": self.rounding,
            "zero_point": self.zero_point,
            "lo": self.lo,
            "hi": self.hi,
            "widths": widths,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerConstants(StageConstants):
    """q = clip(round_S(acc M + B) + zp, lo, hi) of docs/arithmetic.md 3, channel by channel. multiplier: (C,) int64."""

    multiplier: IntArray

    @property
    def multipliers(self) -> IntArray:
        return self.multiplier

    def with_channels_of(self, other: LayerConstants, chosen: npt.NDArray[np.bool_]) -> LayerConstants:
        """The same with some channels' constants from another; all have their own then."""
        return replace(
            self,
            multiplier=np.where(chosen, other.multiplier, self.multiplier),
            bias=np.where(chosen, other.bias, self.bias),
            shift=np.where(chosen, other.shift, self.shift),
        )

    def mulquant(self, widths: Widths = WIDEST) -> MulQuant:
        """The same for hardware of some widths; raise RangeError if they are too small."""
        return MulQuant(multiplier=self.multiplier, bias=self.bias, shift=self.shift, **self._common(widths))


@dataclass(frozen=True, kw_only=True, eq=False)
class AddConstants(StageConstants):
    """q = clip(round_S((a - zp_a) M_a + (b - zp_b) M_b + B) + zp, lo, hi) of docs/arithmetic.md 4.4.

    pair: M_a and M_b; bias and shift are of one element.
    """

    pair: tuple[int, int]

    @property
    def multipliers(self) -> IntArray:
        return np.array(self.pair, np.int64)

    def addquant(self, widths: Widths = WIDEST) -> AddQuant:
        """The same for hardware of some widths; raise RangeError if they are too small."""
        first, second = self.pair
        return AddQuant(
            multiplier_a=first,
            multiplier_b=second,
            bias=int(self.bias[0]),
            shift=int(self.shift[0]),
            **self._common(widths),
        )
