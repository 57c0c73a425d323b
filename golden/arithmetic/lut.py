"""Constants of real functions: the only place where golden turns floats into integers, and how far they are off."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_int
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, FRACTION_BITS, INDEX_BITS, InterpolatedTable
from t2c.golden.arithmetic.interpolation import INPUT_BITS as INTERPOLATED_BITS
from t2c.golden.arithmetic.layer_norm import EPSILON, MAX_LENGTH, RowNorm
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import EXPONENT_BITS, INPUT_BITS, SoftmaxTable
from t2c.golden.errors import RangeError

Function = Callable[[float], float]
"""A real function of one number."""


def _check_scale(name: str, scale: float) -> None:
    if not (math.isfinite(scale) and scale > 0):
        raise RangeError(f"{name} = {scale!r} is not a positive number")


def exp_table(*, scale: float, depth: int, exponent_bits: int) -> IntArray:
    """Return the exponentials of a softmax: EXP[i] = round((2^E_W - 1) · exp(-scale · i)), half to even.

    Args:
        scale: real step of the softmax's input.
        depth: entries, 2..2^16.
        exponent_bits: E_W, 4..16.

    Returns:
        (depth,) int64 in 0..2^E_W - 1, falling; EXP[0] is 2^E_W - 1. ≤ 0.5 LSB from the real value.

    Raises:
        RangeError: an argument outside its range.

    Source: docs/arithmetic.md section 7.1.

    >>> exp_table(scale=0.5, depth=8, exponent_bits=4).tolist()
    [15, 9, 6, 3, 2, 1, 1, 0]
    """
    _check_scale("scale", scale)
    check_int("depth", depth, 2, 1 << 16)
    check_int("exponent_bits", exponent_bits, *EXPONENT_BITS)
    top = (1 << exponent_bits) - 1
    return np.array([round(top * math.exp(-scale * i)) for i in range(depth)], dtype=np.int64)


def softmax_error_bound(table: SoftmaxTable, *, scale: float, input_bits: int, length: int) -> float:
    """Return a bound on |y - 2^P · softmax| for every row of that length and a table made by `exp_table`.

    max(1, h + 2^(E_W+P-R) + 2^P · (d/c + (L-1) d / (c + (L-1) d))) with c = 2^E_W - 1,
    d = max(1/2, c · exp(-scale · DEPTH)), the second only if DEPTH < 2^X_W, and h = 1/2, or 1 for floor.

    Args:
        table: from `exp_table`.
        scale: real step of the input.
        input_bits: X_W.
        length: L, elements of the row, at least 1.

    Returns:
        The bound in steps of 2^-P.

    Raises:
        RangeError: an argument outside its range.

    Source: docs/arithmetic.md section 7.1, which derives it.
    """
    _check_scale("scale", scale)
    check_int("input_bits", input_bits, *INPUT_BITS)
    others = check_int("length", length, 1, 1 << 32) - 1
    top = (1 << table.exponent_bits) - 1
    beyond = top * math.exp(-scale * table.depth) if table.depth < 1 << input_bits else 0.0
    entry = max(0.5, beyond)
    quotient = entry / top + others * entry / (top + others * entry) if others else 0.0
    reciprocal = math.ldexp(1.0, table.exponent_bits + table.output_bits - table.reciprocal_bits)
    last = 1.0 if table.rounding is Rounding.FLOOR else 0.5
    return max(1.0, last + reciprocal + math.ldexp(quotient, table.output_bits))


def gelu(x: float) -> float:
    """Return x · Φ(x) = x (1 + erf(x / √2)) / 2, exact to double precision. Source: Hendrycks and Gimpel 2016, Eq. 1.

    >>> gelu(0.0), round(gelu(1.0), 6), round(gelu(-1.0), 6)
    (0.0, 0.841345, -0.158655)
    """
    return x * math.erfc(-x / math.sqrt(2.0)) / 2.0


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)), without overflow.

    >>> sigmoid(0.0), sigmoid(-1000.0), sigmoid(1000.0)
    (0.5, 0.0, 1.0)
    """
    if x < 0:
        small = math.exp(x)
        return small / (1.0 + small)
    return 1.0 / (1.0 + math.exp(-x))


def silu(x: float) -> float:
    """Return x · sigmoid(x). Source: Elfwing et al. 2018.

    >>> silu(0.0), round(silu(1.0), 6)
    (0.0, 0.731059)
    """
    return x * sigmoid(x)


FUNCTIONS: Mapping[str, Function] = {"gelu": gelu, "sigmoid": sigmoid, "silu": silu, "tanh": math.tanh}
"""Functions by name; `pointwise_table` takes any other as well."""


def pointwise_table(
    function: Function,
    *,
    x: IntFormat,
    x_scale: float,
    x_zero_point: int = 0,
    y: IntFormat,
    y_scale: float,
    y_zero_point: int = 0,
) -> PointwiseTable:
    """Tabulate a real function, requantisation included: q = clip(round(f(s_x (x - zp_x)) / s_y) + zp_y, lo, hi).

    Args:
        function: f, computed in double precision.
        x, x_scale, x_zero_point: format, s_x and zp_x of the input.
        y, y_scale, y_zero_point: format, s_y and zp_y of the output.

    Returns:
        The table, entry k for the bit pattern k. Rounded half to even: ≤ 0.5 LSB from f where f is not clipped.

    Raises:
        RangeError: a format, scale or zero point outside its range, or a value of f that is not a number.

    Source: docs/arithmetic.md section 7.2.

    >>> s4 = IntFormat(bits=4, signed=True)
    >>> pointwise_table(lambda v: v, x=s4, x_scale=0.5, y=IntFormat(bits=3, signed=True), y_scale=1.0).entries.tolist()
    [0, 0, 1, 2, 2, 2, 3, 3, -4, -4, -3, -2, -2, -2, -1, 0]
    """
    _check_scale("x_scale", x_scale)
    _check_scale("y_scale", y_scale)
    check_int("x_zero_point", x_zero_point, x.lo, x.hi)
    check_int("y_zero_point", y_zero_point, y.lo, y.hi)
    entries = []
    for pattern in range(1 << x.bits):
        value = pattern - (1 << x.bits) if pattern > x.hi else pattern
        real = function(x_scale * (value - x_zero_point)) / y_scale
        if math.isnan(real):
            raise RangeError(f"function: the value at x = {value} is not a number")
        # Clipped first: an infinite value has no integer. The bounds are integers, so rounding cannot leave them.
        entries.append(round(min(max(real, y.lo - y_zero_point), y.hi - y_zero_point)) + y_zero_point)
    return PointwiseTable(entries=np.array(entries, dtype=np.int64), output=y)


def interpolated_table(
    function: Function,
    *,
    x: IntFormat,
    x_scale: float,
    x_zero_point: int = 0,
    y: IntFormat,
    y_scale: float,
    y_zero_point: int = 0,
) -> InterpolatedTable:
    """Tabulate a real function at 513 places: T[k] = round(2^F · f(s_x (lo + k 2^(X_W-9) - zp_x)) / s_y), of 16 bits.

    F is the largest for which every result of the output's format fits an entry; a value beyond is cut to 16 bits.

    Args:
        function: f, computed in double precision.
        x, x_scale, x_zero_point: format (10..16 bits), s_x and zp_x of the input.
        y, y_scale, y_zero_point: format, s_y and zp_y of the output.

    Returns:
        The table, rounding half_up. Off by at most 1/2 + 2^(-F-1) LSB and what f bends in a piece,
        max|f''| (s_x 2^(X_W-9))^2 / (8 s_y), where f is not clipped.

    Raises:
        RangeError: a format, scale or zero point outside its range, or a value of f that is not a number.

    Source: docs/arithmetic.md section 7.3.

    >>> s16, s8 = (IntFormat(bits=bits, signed=True) for bits in (16, 8))
    >>> table = interpolated_table(math.tanh, x=s16, x_scale=2.0**-13, y=s8, y_scale=2.0**-7)
    >>> table.fraction_bits, table.entries[[0, 256, 300, 512]].tolist()
    (8, [-32746, 0, 19542, 32746])
    """
    _check_scale("x_scale", x_scale)
    _check_scale("y_scale", y_scale)
    check_int("bits of x", x.bits, *INTERPOLATED_BITS)
    check_int("x_zero_point", x_zero_point, x.lo, x.hi)
    check_int("y_zero_point", y_zero_point, y.lo, y.hi)
    low, high = y.lo - y_zero_point, y.hi - y_zero_point
    fits = [f for f in range(FRACTION_BITS[1] + 1) if ENTRY.lo <= low << f and high << f <= ENTRY.hi]
    fraction = max(fits, default=FRACTION_BITS[0])
    entries = []
    for place in range(ENTRIES):
        value = x.lo + (place << x.bits - INDEX_BITS)
        real = math.ldexp(function(x_scale * (value - x_zero_point)) / y_scale, fraction)
        if math.isnan(real):
            raise RangeError(f"function: the value at x = {value} is not a number")
        entries.append(round(min(max(real, ENTRY.lo), ENTRY.hi)))
    return InterpolatedTable(
        entries=np.array(entries, dtype=np.int64),
        fraction_bits=fraction,
        zero_point=y_zero_point,
        lo=y.lo,
        hi=y.hi,
    )


def layer_norm_epsilon(eps: float, *, length: int, scale: float) -> int:
    """Return E = max(1, round(eps · N^2 / scale^2)) of a LayerNorm over rows of N elements, half to even.

    Args:
        eps: what the real LayerNorm adds to the variance, 0 or more.
        length: N, 1..4096.
        scale: real step of the input.

    Raises:
        RangeError: an argument outside its range, or E above 2^48 - 1.

    Source: docs/arithmetic.md section 8.1.

    >>> layer_norm_epsilon(1e-6, length=384, scale=1 / 64), layer_norm_epsilon(0.0, length=384, scale=1 / 64)
    (604, 1)
    """
    _check_scale("scale", scale)
    check_int("length", length, 1, MAX_LENGTH)
    if not (math.isfinite(eps) and eps >= 0):
        raise RangeError(f"eps = {eps!r} is not a number of at least 0")
    real = eps * (length / scale) ** 2
    return check_int("epsilon", max(1, round(min(real, 2.0 * EPSILON[1]))), *EPSILON)


def layer_norm_error_bound(norm: RowNorm, *, gain: float, reach: float) -> float:
    """Return a bound on |gain · 2^-TF · t - gain · (N x - S) / √V|: reach · 2^(1-KB) + gain · 2^(-TF-1).

    Args:
        norm: the constants.
        gain: |γ| / s_y, output steps that one standard deviation is worth.
        reach: the largest |gain · (x - mean) / deviation| that counts, in output steps: 2^bits of the output at most,
            as what lies farther is clipped.

    Returns:
        The bound in output steps, before the last rounding.

    Raises:
        RangeError: gain or reach is negative or not a number.

    Source: docs/arithmetic.md section 8.1, which derives it.

    >>> round(layer_norm_error_bound(RowNorm(epsilon=1), gain=128.0, reach=128.0), 4)
    0.0195
    """
    for name, value in (("gain", gain), ("reach", reach)):
        if not (math.isfinite(value) and value >= 0):
            raise RangeError(f"{name} = {value!r} is not a number of at least 0")
    return math.ldexp(reach, 1 - norm.root_bits) + math.ldexp(gain, -norm.fraction_bits - 1)
