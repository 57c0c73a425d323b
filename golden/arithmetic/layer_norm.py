"""LayerNorm with exact sums: t = round((N x - S) r / 2^p), r the reciprocal of an integer root of V = N Q - S^2 + E."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.blocks import BLOCK
from t2c.golden.arithmetic.formats import IntArray, check_int, in_range
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO, MulQuant, mulquant
from t2c.golden.arithmetic.workspace import scratch
from t2c.golden.errors import ShapeError

INPUT_BITS = (2, 16)
MAX_LENGTH = 4096
"""Elements of a row."""
EPSILON = (1, (1 << 48) - 1)
ROOT_BITS = (8, 20)
MIN_FRACTION_BITS = 4
_FOURS = np.array([1 << 2 * place for place in range(31)], np.int64)


@dataclass(frozen=True, kw_only=True)
class RowNorm:
    """How rows are normalised.

    epsilon: E, 1..2^48 - 1, what is added to V; root_bits: KB, 8..20, of the root k; fraction_bits: TF, 4..KB, of t.

    Raises:
        RangeError: a value outside its range.
    """

    epsilon: int
    root_bits: int = 16
    fraction_bits: int = 12

    def __post_init__(self) -> None:
        check_int("epsilon", self.epsilon, *EPSILON)
        check_int("root_bits", self.root_bits, *ROOT_BITS)
        check_int("fraction_bits", self.fraction_bits, MIN_FRACTION_BITS, self.root_bits)


@dataclass(frozen=True, kw_only=True)
class RowWidths:
    """Bits that hold everything a row passes through, for x taken as unsigned: of a signed one, x + 2^(X_W-1).

    sum: S; squares: Q; scaled: N Q and S^2; variance: V; centred: N x - S, signed; product: (N x - S) r, signed;
    normalised: t, signed; shift: the largest p; peak: the largest |t|.
    """

    sum: int
    squares: int
    scaled: int
    variance: int
    centred: int
    product: int
    normalised: int
    shift: int
    peak: int


def row_widths(norm: RowNorm, *, length: int, input_bits: int, epsilon: int | None = None) -> RowWidths:
    """Return the widths for rows of up to `length` elements of `input_bits` bits.

    Args:
        norm: the constants.
        length: N, 1..4096.
        input_bits: X_W, 2..16.
        epsilon: the largest E that is to fit; that of `norm` unless given.

    Raises:
        RangeError: an argument outside its range.

    Source: docs/arithmetic.md section 8.1, which derives them.

    >>> row_widths(RowNorm(epsilon=1), length=1024, input_bits=16, epsilon=(1 << 48) - 1)
    RowWidths(sum=26, squares=42, scaled=52, variance=51, centred=27, product=44, normalised=18, shift=30, peak=131012)
    """
    check_int("length", length, 1, MAX_LENGTH)
    check_int("input_bits", input_bits, *INPUT_BITS)
    most = check_int("epsilon", norm.epsilon if epsilon is None else epsilon, *EPSILON)
    top, bits, fraction = (1 << input_bits) - 1, norm.root_bits, norm.fraction_bits
    variance = (length * length // 4 * top * top + most).bit_length()
    centred = (length - 1) * top
    shift = bits + (variance + 1) // 2 - fraction
    # |N x - S| <= sqrt((N - 1) (V - E)) and r sqrt(V) < 2^(2 KB) (1 + 2^(1-KB)): what follows is the floor, and 1.
    half = 1 << (bits - 1)
    peak = math.isqrt(((length - 1) * (half + 1) ** 2 << 2 * fraction) // half**2) + 1
    product = min(centred << (bits + 1), peak << shift)
    return RowWidths(
        sum=(length * top).bit_length(),
        squares=(length * top * top).bit_length(),
        scaled=(length * length * top * top).bit_length(),
        variance=variance,
        centred=centred.bit_length() + 1,
        product=product.bit_length() + 1,
        normalised=peak.bit_length() + 1,
        shift=shift,
        peak=peak,
    )


def halves(v: IntArray) -> IntArray:
    """Return h = ⌈b / 2⌉ for the bit length b of v >= 1: the bits of its integer root.

    >>> halves(np.array([1, 3, 4, 15, 16, (1 << 62) - 1])).tolist()
    [1, 1, 2, 2, 3, 31]
    """
    return np.asarray(np.searchsorted(_FOURS, v, side="right"), np.int64)


def integer_root(v: IntArray, bits: int) -> IntArray:
    """Return ⌊√v⌋ for 0 <= v < 2^(2 bits), digit by digit from the highest; k^2 <= v < (k + 2^j)^2 after digit j.

    >>> integer_root(np.array([0, 1, 3, 4, 8, 9, 255]), 4).tolist()
    [0, 1, 1, 2, 2, 3, 15]
    """
    root = np.zeros_like(v)
    for place in reversed(range(bits)):
        tried = root | (1 << place)
        root = np.where(tried * tried <= v, tried, root)
    return root


def reciprocal_root(v: IntArray, bits: int) -> tuple[IntArray, IntArray]:
    """Return (r, h): r = ⌊2^(2 KB) / ⌊√V'⌋⌋ with V' = ⌊v 4^(KB-h)⌋, so that r / 2^(KB+h) is about 1 / √v.

    Args:
        v: int64, at least 1.
        bits: KB.

    Returns:
        r in 2^KB + 1..2^(KB+1); h, see `halves`.

    >>> [part.tolist() for part in reciprocal_root(np.array([1, 2, 4, 9, 1 << 40]), 8)]
    [[512, 362, 512, 341, 512], [1, 1, 2, 2, 21]]
    """
    half = halves(v)
    normal = v << 2 * np.maximum(bits - half, 0) >> 2 * np.maximum(half - bits, 0)
    return (np.int64(1) << 2 * bits) // integer_root(normal, bits), half


def normalise(x: npt.ArrayLike, norm: RowNorm, *, axis: int = -1) -> IntArray:
    """Bring rows to mean 0 and variance 1: t = round_p((N x - S) r), p = KB + h - TF, half_up.

    Args:
        x: int, of any format of at most 16 bits; the zero point cancels.
        norm: the constants.
        axis: along which a row lies, N elements, 1..4096.

    Returns:
        int64, shape of x, scale 2^-TF; |t| <= `row_widths(...).peak`. Exact: see docs/arithmetic.md 8.1.

    Raises:
        RangeError: a float dtype, a value outside -2^15..2^16 - 1, or a row above 4096 elements.
        ShapeError: x has no such axis, or rows without elements.

    >>> normalise([[1, 2, 3, 4], [7, 7, 7, 7]], RowNorm(epsilon=1, root_bits=8, fraction_bits=8)).tolist()
    [[-336, -112, 112, 336], [0, 0, 0, 0]]
    """
    values = in_range("x", x, ACTIVATION_LO, ACTIVATION_HI)
    if not -values.ndim <= axis < values.ndim or values.shape[axis] < 1:
        raise ShapeError(f"x: shape {values.shape} has no row of at least one element along axis {axis}")
    length = check_int("elements of a row", values.shape[axis], 1, MAX_LENGTH)
    t, along = np.empty(values.shape, np.int64), axis % values.ndim
    rows = (*values.shape[:along], 1, *values.shape[along + 1 :])
    total, squares = np.empty(rows, np.int64), np.empty(rows, np.int64)
    for block in _blocks(values.shape, along):
        wide = t[block]
        wide[...] = values[block]
        wide.sum(axis=along, keepdims=True, out=total[block])
        square = np.square(wide, out=scratch("squares", wide.shape, np.int64))
        square.sum(axis=along, keepdims=True, out=squares[block])
    r, half = reciprocal_root(length * squares - total * total + norm.epsilon, norm.root_bits)
    shift = norm.root_bits + half - norm.fraction_bits  # at least 1, since h >= 1
    factor: IntArray = length * r
    offset: IntArray = np.left_shift(1, shift - 1) - total * r
    for block in _blocks(values.shape, along):
        wide = t[block]
        wide *= factor[block]  # x N r, below 2^50; then (N x - S) r + 2^(p-1), whose floor is round_p of half_up
        wide += offset[block]
        wide >>= shift[block]
    return t


def _blocks(shape: tuple[int, ...], axis: int) -> Iterator[slice]:
    """Cut the first axis, if no row lies along it, so that what is computed stays in cache."""
    step = max(1, BLOCK // max(1, math.prod(shape[1:]))) if axis else shape[0]
    return (slice(start, start + step) for start in range(0, shape[0], step))


def layer_norm(x: npt.ArrayLike, norm: RowNorm, quant: MulQuant, *, axis: int = -1) -> IntArray:
    """Normalise rows and requantise: q = MulQuant(t), per element of the row: M ~ γ 2^-TF / s_y, B ~ β / s_y.

    Args:
        x, norm, axis: see `normalise`.
        quant: the constants, one or N of each.

    Returns:
        int64, shape of x, in lo..hi. `lut.layer_norm_error_bound` says how far it is from the real function.

    Raises:
        RangeError: see `normalise`, or t does not fit ACC_W bits.
        ShapeError: see `normalise`, or quant has another number of channels.

    Source: docs/arithmetic.md section 8.1. Ba, Kiros, Hinton 2016, Eq. 3 and 4.

    >>> quant = MulQuant(multiplier=np.array([1]), bias=np.array([8]), shift=np.array([4]), lo=-128, hi=127)
    >>> layer_norm([[1, 2, 3, 4]], RowNorm(epsilon=1, root_bits=8, fraction_bits=8), quant).tolist()
    [[-20, -6, 8, 22]]
    """
    return mulquant(normalise(x, norm, axis=axis), quant, channel_axis=axis)
