"""RESCALE of TOSA by golden's MulQuant, and by its rounding alone where results have 32 bits.

SINGLE_ROUND is half_up, DOUBLE_ROUND is double. Golden's results have at most 16 bits, TOSA's may have 32: those are
golden's product, rounded and saturated by golden's functions.
"""

from __future__ import annotations

import numpy as np

from oracle.tosa.case import Ints, TosaCase, integer_format
from t2c.golden.arithmetic import mulquant, rounding
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding

WIDTHS = Widths(acc=48, scale=32, bias=2)
ROUNDINGS = {"SINGLE_ROUND": Rounding.HALF_UP, "DOUBLE_ROUND": Rounding.DOUBLE}
WIDEST = 16
"""Bits of a result of MulQuant."""


def refused(case: TosaCase) -> str:
    """Why golden has no such RESCALE; "" if it has."""
    mode = case.attributes["roundingmode"]
    return "" if mode in ROUNDINGS else f"{mode}: results may be off by one, so there is nothing to compare"


def read(values: Ints, fmt: IntFormat) -> Ints:
    """Signed values as a format has them: an unsigned one takes their pattern."""
    wide: Ints = values.astype(np.int64)
    return wide if fmt.signed else wide & fmt.hi


def rescaled(case: TosaCase) -> Ints:
    """In the layout of the input; constants per channel lie along the last axis."""
    source = integer_format(case.types[0], unsigned=bool(case.attributes["inputunsigned"]))
    target = integer_format(case.output_type, unsigned=bool(case.attributes["outputunsigned"]))
    x, multiplier, shift, zp_in, zp_out = case.inputs
    acc = read(x, source) - read(zp_in, source).item()
    mode, zero_point = ROUNDINGS[case.attributes["roundingmode"]], int(read(zp_out, target).item())
    if target.bits > WIDEST:
        result = wide(acc, target, mode=mode, multiplier=multiplier, shift=shift, zero_point=zero_point)
    else:
        constants = MulQuant(
            rounding=mode,
            multiplier=multiplier,
            bias=np.zeros(multiplier.size, np.int64),
            shift=shift,
            zero_point=zero_point,
            lo=target.lo,
            hi=target.hi,
            widths=WIDTHS,
        )
        result = mulquant.mulquant(acc, constants, channel_axis=acc.ndim - 1)
    return np.asarray(result).astype(case.output.dtype)


def wide(acc: Ints, fmt: IntFormat, *, mode: Rounding, multiplier: Ints, shift: Ints, zero_point: int) -> Ints:
    """MulQuant's formula for results of more than 16 bits: |acc·M| <= 2^62 for 32 by 31 and for 48 by 16 bits."""
    p = np.multiply(acc, multiplier).reshape(acc.shape)
    rounded = np.asarray(rounding.round_shift(p, shift, mode)).reshape(acc.shape)
    return rounding.saturate(rounded + zero_point, fmt.lo, fmt.hi)
