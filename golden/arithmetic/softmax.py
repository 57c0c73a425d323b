"""Softmax by a table of exponentials: y = min(round(e · floor(2^R / Σe) / 2^(R-P)), 2^P - 1), e = EXP[max(x) - x]."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.blocks import BLOCK
from t2c.golden.arithmetic.formats import IntArray, check_int, check_range, in_range
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO
from t2c.golden.arithmetic.rounding import Rounding, round_in_place
from t2c.golden.arithmetic.workspace import scratch
from t2c.golden.errors import RangeError, ShapeError

INPUT_BITS = (2, 16)
EXPONENT_BITS = (4, 16)
OUTPUT_BITS = (2, 8)
MAX_DEPTH_BITS = 16
MAX_RECIPROCAL_BITS = 32


def safe_reciprocal_bits(exponent_bits: int, output_bits: int) -> int:
    """Return R = E_W + P + 2: the floor in r then costs less than 2^-2 LSB, however long the row.

    >>> safe_reciprocal_bits(12, 8)
    22
    """
    return exponent_bits + output_bits + 2


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftmaxTable:
    """Constants of one softmax.

    exp: (DEPTH,) unsigned of exponent_bits, DEPTH a power of two of 2..2^16, exp[0] >= 1; what lies beyond counts as 0.
    exponent_bits: E_W, 4..16; output_bits: P, 2..8; reciprocal_bits: R, E_W + P..32; rounding: of the result.

    Raises:
        RangeError: a value outside its range.
        ShapeError: exp is not a vector whose length is a power of two.
    """

    exp: IntArray
    exponent_bits: int
    output_bits: int
    reciprocal_bits: int
    rounding: Rounding = Rounding.HALF_UP

    def __post_init__(self) -> None:
        check_int("exponent_bits", self.exponent_bits, *EXPONENT_BITS)
        check_int("output_bits", self.output_bits, *OUTPUT_BITS)
        least = self.exponent_bits + self.output_bits
        check_int("reciprocal_bits", self.reciprocal_bits, least, MAX_RECIPROCAL_BITS)
        object.__setattr__(self, "rounding", Rounding.parse(self.rounding))
        exp = check_range("exp", self.exp, 0, (1 << self.exponent_bits) - 1).copy()
        if exp.ndim != 1 or not 2 <= exp.size <= 1 << MAX_DEPTH_BITS or exp.size & (exp.size - 1):
            raise ShapeError(f"exp: shape {exp.shape} is not a vector of 2, 4, 8, ... 2^{MAX_DEPTH_BITS} entries")
        if exp[0] < 1:
            raise RangeError(f"exp[0] = {exp[0]} is below 1: the sum of a row could be 0")
        exp.setflags(write=False)
        object.__setattr__(self, "exp", exp)

    @property
    def depth(self) -> int:
        """Entries of the table."""
        return int(self.exp.size)

    @cached_property
    def padded(self) -> IntArray:
        """exp, and the 0 that stands for all that lies beyond."""
        return np.append(self.exp, 0)


def softmax(x: npt.ArrayLike, table: SoftmaxTable) -> IntArray:
    """Normalise along the last axis: y = min(round_(R-P)(e r), 2^P - 1), r = floor(2^R / Σe), e = EXP[max(x) - x].

    Args:
        x: (..., L) int, L >= 1, of any format of at most 16 bits; the zero point cancels.
        table: the constants.

    Returns:
        int64, shape of x, in 0..2^P - 1, scale 2^-P. Exact: one floor in r, one rounding, one saturation.

    Raises:
        RangeError: a float dtype or a value outside -2^15..2^16 - 1.
        ShapeError: x has no axis, or rows without elements.

    Source: docs/arithmetic.md section 7.1; `lut.softmax_error_bound` says how far it is from the real softmax.

    >>> import numpy as np
    >>> table = SoftmaxTable(exp=np.array([15, 5, 2, 1]), exponent_bits=4, output_bits=4, reciprocal_bits=10)
    >>> softmax([[3, 3, 3, 3], [7, 6, -8, -8]], table).tolist(), softmax([[-1]], table).tolist()
    ([[4, 4, 4, 4], [12, 4, 0, 0]], [[15]])
    """
    return softmax_narrow(x, table).astype(np.int64)


def softmax_narrow(x: npt.ArrayLike, table: SoftmaxTable) -> npt.NDArray[np.uint8]:
    """Do what `softmax` does and return uint8; int64 exists for some rows at a time only."""
    values = in_range("x", x, ACTIVATION_LO, ACTIVATION_HI)
    if values.ndim == 0 or values.shape[-1] < 1:
        raise ShapeError(f"x: shape {values.shape} has no row of at least one element")
    rows = values.reshape(-1, values.shape[-1])
    out = np.empty(rows.shape, np.uint8)
    shift, step = np.asarray(table.reciprocal_bits - table.output_bits), max(1, BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        below, y = (scratch(slot, block.shape, np.int64) for slot in ("requantise", "addend"))
        np.subtract(block.max(axis=-1, keepdims=True), block, out=below, dtype=np.int64)
        table.padded.take(below, out=y, mode="clip")  # beyond the table lies the 0 at its end
        y *= (np.int64(1) << table.reciprocal_bits) // y.sum(axis=-1, keepdims=True)  # e r <= 2^R
        round_in_place(y, shift, table.rounding)
        np.minimum(y, (1 << table.output_bits) - 1, out=y)
        out[start : start + step] = y
    return out.reshape(values.shape)
