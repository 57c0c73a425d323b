"""When requantising with a float32 scale is golden's MulQuant: the condition that the strangers' checks keep.

onnxruntime and torch compute round_half_even(float32(acc + bias) · scale) + zp and clip. Let scale = M·2^-S and |acc +
bias|·|M| ≤ 2^24, with integers acc, bias and M, |M| ≥ 1. Then nothing is rounded before the one rounding:

* |acc + bias| ≤ 2^24, so it is a float32;
* scale has at most 24 significant bits and an exponent in -63..15, so it is a float32, and so is what the stranger
  makes of it where it gets s_x, s_w and s_y with s_x·s_w / s_y = scale, s_x and s_y powers of two;
* the product is (acc + bias)·M·2^-S, an integer of at most 24 bits (or ±2^24) times a power of two: a float32, so the
  correctly rounded product is exact;
* clip bounds and zero point are integers below 2^9; clipping before the rounding instead of after it is the same,
  since rounding is monotonic and leaves integers alone.

So the result is clip(round_S((acc + bias)·M) + zp, lo, hi) in the mode half_even, which is golden's MulQuant with B =
bias·M. Nothing else is expressible: no other mode, no B that M does not divide, no accumulator times M above 2^24.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oracle import draw
from oracle.draw import Ints
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import Rounding

ROOM = 24
"""Bits of |acc + bias|·|M|."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Requant:
    """Constants of one requantisation, per tensor (length 1) or per channel, in golden's terms and in float32.

    bias: added to the accumulator, so golden's B is bias·M; lo, hi: of the output's type.
    """

    multiplier: Ints
    shift: Ints
    bias: Ints
    zero_point: int
    lo: int
    hi: int

    @property
    def golden(self) -> MulQuant:
        """The same as golden's MulQuant."""
        return MulQuant(
            multiplier=self.multiplier,
            bias=self.bias * self.multiplier,
            shift=self.shift,
            rounding=Rounding.HALF_EVEN,
            zero_point=self.zero_point,
            lo=self.lo,
            hi=self.hi,
        )

    @property
    def scale(self) -> npt.NDArray[np.float32]:
        """M·2^-S, exact in float32."""
        return np.ldexp(self.multiplier.astype(np.float64), -self.shift).astype(np.float32)

    def inputs(self, channel: int) -> dict[str, int]:
        """The constants of one channel, for the report of a mismatch."""
        c = channel if self.multiplier.size > 1 else 0
        return {
            "M": int(self.multiplier[c]),
            "B": int(self.bias[c] * self.multiplier[c]),
            "S": int(self.shift[c]),
            "zp_y": self.zero_point,
        }


def requant(
    rng: np.random.Generator, peak: int, channels: int, *, negative: bool = False, bias: bool = False
) -> Requant:
    """Draw constants that keep the condition above, for an unsigned output of 8 bits.

    Args:
        peak: bound on |acc|, at most 2^24.
        channels: number of constants.
        negative: M of both signs; bias: one of up to peak, so that |bias|·|M| ≤ 2^23.
    """
    offsets = (
        draw.integers(rng, -peak, peak, channels) if bias and 2 * peak <= 1 << ROOM else np.zeros(channels, np.int64)
    )
    total = peak + int(np.abs(offsets).max())
    multiplier = draw.scale(rng, total, channels, ROOM)
    shift = draw.shift(rng, total, multiplier)
    if negative:
        multiplier = multiplier * rng.choice([-1, 1], channels)
    zero_point = int(draw.integers(rng, 0, 255, 1)[0])
    return Requant(multiplier=multiplier, shift=shift, bias=offsets, zero_point=zero_point, lo=0, hi=255)
