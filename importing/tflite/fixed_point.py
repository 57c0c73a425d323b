"""The parts of gemmlowp's fixed-point functions that LiteRT's reference kernels use, in integers, bit for bit."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray

INT32_MAX = (1 << 31) - 1
INT32_MIN = -(1 << 31)
_EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^k) for k = -2 .. 4, 31 fraction bits."""
_EXP_EIGHTH = 1895147668
_THIRD = 715827883
_48_OVER_17, _MINUS_32_OVER_17 = 1515870810, -1010580540


def high_product(a: IntArray | int, b: IntArray | int) -> IntArray:
    """`SaturatingRoundingDoublingHighMul`: round(a b / 2^31), half up; saturated where both are the least int32.

    >>> int(high_product(1 << 30, 3)), int(high_product(-(1 << 30), 3)), int(high_product(INT32_MIN, INT32_MIN))
    (2, -1, 2147483647)
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    high: IntArray = np.minimum(product + (1 << 30) >> 31, INT32_MAX)
    return high


def rounded_shift(x: IntArray, bits: IntArray | int) -> IntArray:
    """`RoundingDivideByPOT`: x / 2^bits, half away from zero.

    >>> rounded_shift(np.array([-3, -1, 1, 3]), 1).tolist()
    [-2, -1, 1, 2]
    """
    shift = np.asarray(bits, np.int64)
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), 0)
    shifted: IntArray = x + half - ((x < 0) & (shift > 0)) >> shift
    return shifted


def saturated(x: IntArray) -> IntArray:
    """Clip to int32."""
    return np.clip(x, INT32_MIN, INT32_MAX)


def exp_of_negative(a: IntArray, integer_bits: int = 5) -> IntArray:
    """`exp_on_negative_values`: exp of a <= 0 with so many integer bits; 31 fraction bits.

    >>> exp_of_negative(np.array([0, -(1 << 26)])).tolist()
    [2147483647, 790015308]
    """
    fraction_bits = 31 - integer_bits
    quarter = 1 << fraction_bits - 2
    below = (a & quarter - 1) - quarter
    result = _exp_near_zero(saturated(below << integer_bits))
    remainder = below - a
    for exponent, factor in enumerate(_EXP_FACTORS, -2):
        if integer_bits > exponent:
            bit = 1 << fraction_bits + exponent
            result = np.where(remainder & bit, high_product(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def _exp_near_zero(a: IntArray) -> IntArray:
    """exp for -1/4 <= a < 0 by a polynomial about -1/8; 31 fraction bits in and out."""
    x = a + (1 << 28)
    x2 = high_product(x, x)
    x3, x4 = high_product(x2, x), high_product(x2, x2)
    tail = rounded_shift(high_product(rounded_shift(x4, 2) + x3, _THIRD) + x2, 1)
    return _EXP_EIGHTH + high_product(x + tail, _EXP_EIGHTH)


def one_over_one_plus(a: IntArray) -> IntArray:
    """`one_over_one_plus_x_for_x_in_0_1`: 1 / (1 + a) by Newton's iteration; 31 fraction bits in and out.

    >>> one_over_one_plus(np.array([0, 1 << 30])).tolist()
    [2147483647, 1431655762]
    """
    total = a + INT32_MAX
    half = np.where(total >= 0, total + 1 >> 1, -(1 - total >> 1))
    x = _48_OVER_17 + high_product(half, _MINUS_32_OVER_17)
    for _ in range(3):
        x = x + saturated(high_product(x, (1 << 29) - high_product(half, x)) << 2)
    return saturated(x << 1)
