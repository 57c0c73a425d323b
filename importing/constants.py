"""MulQuant's constants of a layer before the widths of its hardware are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import ACC_BITS, BIAS_BITS, SCALE_BITS, MulQuant, Widths
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
class LayerConstants:
    """q = clip(round_S(acc M + B) + zp, lo, hi) of docs/arithmetic.md 3, channel by channel.

    multiplier, bias, shift: (C,) int64, or (1,) for a rule per tensor; rounding: one of the layer;
    zero_point, lo, hi: of the output.
    """

    multiplier: IntArray
    bias: IntArray
    shift: IntArray
    rounding: Rounding
    zero_point: int
    lo: int
    hi: int

    @property
    def scale_bits(self) -> int:
        """SCALE_W that holds the multipliers."""
        return signed_bits(self.multiplier)

    @property
    def bias_bits(self) -> int:
        """BIAS_W that holds the biases."""
        return signed_bits(self.bias)

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
        return MulQuant(
            multiplier=self.multiplier,
            bias=self.bias,
            shift=self.shift,
            rounding=self.rounding,
            zero_point=self.zero_point,
            lo=self.lo,
            hi=self.hi,
            widths=widths,
        )
