"""Rules of gemmlowp and TFLite, written from their published definitions in Python integers of any size.

Source: gemmlowp fixedpoint/fixedpoint.h (SaturatingRoundingDoublingHighMul, RoundingDivideByPOT), TFLite
kernels/internal/common.h (MultiplyByQuantizedMultiplier, of both kinds). The definitions are theirs, this text is
ours; an implementation that others wrote is run in oracle/torch_qnnpack.py, whose residual add ends with
RoundingDivideByPOT.

Where they meet golden:

* RoundingDivideByPOT(x, e) is round_e(x) in the mode half_away.
* SaturatingRoundingDoublingHighMul(a, b) is round_31(a·b) in the mode half_up, saturated to int32. Its nudge for
  negative products, 1 - 2^30, and the truncating division that follows, come to ⌊(ab + 2^30) / 2^31⌋ for both signs.
* MultiplyByQuantizedMultiplier(x, m, shift ≥ 0) is golden's MulQuant with M = m, S = 31 - shift, half_up.
* With TFLITE_SINGLE_ROUNDING it is that for every shift, also below 0.
* Without it, and with e = -shift > 0, it rounds twice: x·m / 2^31 to r in half_up, then r / 2^e in half_away. That is
  golden's mode double with S = 31 + e, and with S = 31 - shift ≤ 31 otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from oracle import draw
from oracle.check import Batch, Check, elementwise
from oracle.draw import Ints, between
from t2c.golden.arithmetic import mulquant, rounding
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
SIZE = 1 << 8
WIDTHS = Widths(acc=29, scale=32)
"""The widest accumulator that golden takes with a multiplier of 31 bits and a sign."""


def rounding_divide_by_pot(x: int, exponent: int) -> int:
    """x / 2^exponent to the nearest, ties away from zero."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if x & mask > threshold else 0)


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    """The high half of 2ab, rounded: (ab + nudge) / 2^31 in C, whose division truncates."""
    if a == b == INT32_MIN:
        return INT32_MAX
    nudged = a * b + ((1 << 30) if a * b >= 0 else 1 - (1 << 30))
    size = abs(nudged) // (1 << 31)
    return size if nudged >= 0 else -size


def multiply_by_quantized_multiplier(x: int, m: int, shift: int) -> int:
    """x·m·2^(shift - 31), rounded twice where shift is negative."""
    left, right = max(shift, 0), max(-shift, 0)
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(x << left, m), right)


def single_rounding(x: int, m: int, shift: int) -> int:
    """The same with TFLITE_SINGLE_ROUNDING."""
    return (x * m + (1 << (30 - shift))) >> (31 - shift)


def every_16_bit_value(_: np.random.Generator) -> Iterator[Batch]:
    """RoundingDivideByPOT of every x in -2^15 .. 2^16 - 1 by 2^0 .. 2^16."""
    for x in np.arange(-(1 << 15), 1 << 16).reshape(-1, 1 << 14):
        for e in range(17):
            expected = np.array([rounding_divide_by_pot(v, e) for v in x.tolist()])
            yield Batch(rounding.round_shift(x, e, Rounding.HALF_AWAY), expected, elementwise(x=x, exponent=e))


def high_mul(rng: np.random.Generator) -> Iterator[Batch]:
    """SaturatingRoundingDoublingHighMul of int32 pairs; a quarter have 2^30 in the product, which makes ties."""
    while True:
        a = draw.integers(rng, INT32_MIN, INT32_MAX, SIZE)
        b = draw.integers(rng, INT32_MIN, INT32_MAX, SIZE)
        k = rng.integers(0, 31, SIZE)
        tie = rng.random(SIZE) < 0.25
        a = np.where(tie, a >> k << k, a)
        b = np.where(tie, np.int64(1) << (30 - k), b)
        expected = np.array(
            [saturating_rounding_doubling_high_mul(*pair) for pair in zip(a.tolist(), b.tolist(), strict=True)]
        )
        golden = rounding.saturate(rounding.round_shift(a * b, 31, Rounding.HALF_UP), INT32_MIN, INT32_MAX)
        yield Batch(golden, expected, elementwise(a=a, b=b))


def multiplier(rng: np.random.Generator) -> int:
    """Draw M of 31 bits; for half of them all but the highest 1..10 bits are zero, which makes ties."""
    m = int(draw.integers(rng, 1 << 30, INT32_MAX, 1)[0])
    zeros = between(rng, 21, 30) if rng.random() < 0.5 else 0
    return m >> zeros << zeros


def accumulators(rng: np.random.Generator, m: int, shift: int) -> Ints:
    """Draw accumulators of 29 bits whose shifted value is an int32: a third near the clip range, a third ties.

    Ties where there are any: acc·m / 2^(31 - shift) is n/2 for acc·m = n·2^(30 - shift).
    """
    limit = (1 << min(28, 31 - max(shift, 0))) - 1
    halves = rng.integers(-1200, 1200, SIZE)
    near = ((halves << min(30 - shift, 52)) // m + rng.integers(-2, 3, SIZE)).clip(-limit, limit)
    zeros = (m & -m).bit_length() - 1
    step = np.int64(1) << max(30 - shift - zeros, 0)
    ties = (halves // max(m >> zeros, 1) * step).clip(-limit, limit)
    kind = rng.integers(0, 3, SIZE)
    anywhere = draw.integers(rng, -limit, limit, SIZE)
    return np.where(kind == 0, near, np.where(kind == 1, ties, anywhere))


def requantised(
    rule: Callable[[int, int, int], int], mode: Rounding, shifts: tuple[int, int]
) -> Callable[[np.random.Generator], Iterator[Batch]]:
    """MulQuant with M of 31 bits and S = 31 - shift against a rule of (x, M, shift), TFLite's shift in a range."""

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        while True:
            shift, m = between(rng, *shifts), multiplier(rng)
            zp, acc = between(rng, -128, 255), accumulators(rng, m, shift)
            params = MulQuant(
                multiplier=np.array([m]),
                bias=np.array([0]),
                shift=np.array([31 - shift]),
                rounding=mode,
                zero_point=zp,
                lo=-128,
                hi=255,
                widths=WIDTHS,
            )
            expected = np.array([rule(x, m, shift) + zp for x in acc.tolist()]).clip(-128, 255)
            yield Batch(mulquant.mulquant(acc, params), expected, elementwise(acc=acc, M=m, S=31 - shift, zp=zp))

    return batches


def check(name: str, rule: str, domain: str, batches: Any, exhaustive: bool = False) -> Check:
    return Check(name=name, stranger=rule, domain=domain, batches=batches, exhaustive=exhaustive)


CHECKS = (
    check(
        "round_shift/gemmlowp-16-bit",
        "gemmlowp RoundingDivideByPOT",
        "all x of -2^15 .. 2^16 - 1, S = 0..16; half_away",
        every_16_bit_value,
        exhaustive=True,
    ),
    check(
        "round_shift/gemmlowp-high-mul",
        "gemmlowp SaturatingRoundingDoublingHighMul",
        "all of int32 by int32; half_up",
        high_mul,
    ),
    check(
        "mulquant/tflite",
        "TFLite MultiplyByQuantizedMultiplier",
        "acc of 29 bits, M of 31, S = 1..31; half_up",
        requantised(multiply_by_quantized_multiplier, Rounding.HALF_UP, (0, 30)),
    ),
    check(
        "mulquant/tflite-single",
        "TFLite with TFLITE_SINGLE_ROUNDING",
        "acc of 29 bits, M of 31, S = 1..62; half_up",
        requantised(single_rounding, Rounding.HALF_UP, (-31, 30)),
    ),
    check(
        "mulquant/tflite-double",
        "TFLite MultiplyByQuantizedMultiplier",
        "acc of 29 bits, M of 31, S = 1..62; double",
        requantised(multiply_by_quantized_multiplier, Rounding.DOUBLE, (-31, 30)),
    ),
)
