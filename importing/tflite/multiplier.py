"""LiteRT's fixed-point multipliers: a real scale as 31 bits and a shift, and how its reference kernels round."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants

INT32_LO, INT32_HI = -(1 << 31), (1 << 31) - 1


def quantized_multiplier(scale: float) -> tuple[int, int]:
    """Return (m, e) with scale ~ m · 2^(e - 31), 2^30 <= m < 2^31; (0, 0) below 2^-32.

    Source: `QuantizeMultiplier` of LiteRT's quantization_util.

    >>> quantized_multiplier(0.25), quantized_multiplier(1.0)
    ((1073741824, -1), (1073741824, 1))
    """
    if scale == 0.0:
        return 0, 0
    fraction, exponent = math.frexp(scale)
    m = math.floor(fraction * (1 << 31) + 0.5)
    if m == 1 << 31:
        m, exponent = m // 2, exponent + 1
    return (0, 0) if exponent < -31 else (m, exponent)


def twice(x: IntArray, m: IntArray, e: IntArray) -> IntArray:
    """`MultiplyByQuantizedMultiplier`: the doubling high multiply of x 2^max(e, 0), then a rounding shift.

    The first rounds half up, which is what its truncation of a nudged product comes to; the second half away from zero.
    Each never falls as its operand grows, so neither does the whole.

    Args:
        x: int64 that fits int32 after the left shift.
        m: 0 or 2^30..2^31 - 1.
        e: -31..30.
    """
    high = (x << np.maximum(e, 0)) * m + (np.int64(1) << 30) >> 31
    right = np.maximum(-e, 0)
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    rounded: IntArray = high + half - ((high < 0) & (right > 0)) >> right
    return rounded


@dataclass(frozen=True, kw_only=True, eq=False)
class LiteRtRule:
    """clip(twice(acc + bias, m, e) + zp, lo, hi), channel by channel, as most reference kernels round.

    m, e, bias: (C,) int64; zero_point, lo, hi: of the output.
    It never falls: sum, rounding, offset and clip each do not.
    """

    m: IntArray
    e: IntArray
    bias: IntArray
    zero_point: int
    lo: int
    hi: int

    @classmethod
    def of_tensor(cls, m: int, e: int, *, zero_point: int, lo: int, hi: int) -> LiteRtRule:
        """One multiplier for all, and no bias."""
        return cls(m=np.array([m]), e=np.array([e]), bias=np.zeros(1, np.int64), zero_point=zero_point, lo=lo, hi=hi)

    @property
    def falling(self) -> IntArray:
        return np.zeros_like(self.m)

    def __call__(self, acc: IntArray) -> IntArray:
        m, e, bias = (part[:, None] for part in (self.m, self.e, self.bias))
        return np.clip(twice(acc + bias, m, e) + self.zero_point, self.lo, self.hi)

    def overflows(self, lo: IntArray, hi: IntArray) -> bool:
        """Whether some acc in lo..hi leaves int32 on the way, where LiteRT's own result means nothing."""
        ends = [acc + self.bias << np.maximum(self.e, 0) for acc in (lo, hi)]
        return bool(min(end.min() for end in ends) < INT32_LO or max(end.max() for end in ends) > INT32_HI)

    def constants(self) -> LayerConstants:
        """The same as MulQuant's constants: B = bias · M, S = 31 - e, rounded twice."""
        return _constants(self, self.m, self.e, Rounding.DOUBLE)


@dataclass(frozen=True, kw_only=True, eq=False)
class RealScaleRule:
    """clip(round((acc + bias) · scale) + zp, lo, hi) in float64, halves away from zero: FULLY_CONNECTED of LiteRT.

    scale: (C,) float64, positive; bias: (C,) int64; zero_point, lo, hi: of the output.
    It never falls: a product with a positive constant, rounded by IEEE 754, does not.
    """

    scale: npt.NDArray[np.float64]
    bias: IntArray
    zero_point: int
    lo: int
    hi: int

    @property
    def falling(self) -> IntArray:
        return np.zeros_like(self.bias)

    def __call__(self, acc: IntArray) -> IntArray:
        real = (acc + self.bias[:, None]) * self.scale[:, None]
        whole = np.trunc(real)
        rounded = whole + np.copysign(np.abs(real - whole) >= 0.5, real) + self.zero_point
        clipped: IntArray = np.clip(rounded, self.lo, self.hi).astype(np.int64)
        return clipped

    def overflows(self, lo: IntArray, hi: IntArray) -> bool:
        """Whether some acc in lo..hi leaves int32 with its bias."""
        return bool((lo + self.bias).min() < INT32_LO or (hi + self.bias).max() > INT32_HI)

    def constants(self) -> LayerConstants:
        """MulQuant's constants that are closest to it: 31 bits of the scale, halves away from zero."""
        m, e = np.array([quantized_multiplier(scale) for scale in self.scale.tolist()], np.int64).T
        return _constants(self, m, e, Rounding.HALF_AWAY)


def _constants(rule: LiteRtRule | RealScaleRule, m: IntArray, e: IntArray, rounding: Rounding) -> LayerConstants:
    """B = bias · M, S = 31 - e."""
    return LayerConstants(
        multiplier=m,
        bias=m * rule.bias,
        shift=31 - e,
        rounding=rounding,
        zero_point=rule.zero_point,
        lo=rule.lo,
        hi=rule.hi,
    )
