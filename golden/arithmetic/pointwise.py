"""Any function of one integer by a table of results: q = TABLE[x mod 2^X_W]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_format, check_int
from t2c.golden.errors import ShapeError

MIN_BITS, MAX_BITS = 2, 16
"""Of elements and of results."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PointwiseTable:
    """A function of every integer of X_W bits.

    entries: (2^X_W,) int, X_W 2..16, entry k for the bit pattern k; output: the format of the results, 2..16 bits.

    Raises:
        RangeError: an entry outside the format, or a format of other widths.
        ShapeError: entries is not a vector of 2^2..2^16 elements, a power of two.
    """

    entries: IntArray
    output: IntFormat

    def __post_init__(self) -> None:
        check_int("bits", self.output.bits, MIN_BITS, MAX_BITS)
        entries = check_format("table", self.entries, self.output).copy()
        if entries.ndim != 1 or not MIN_BITS <= self._bits(entries) <= MAX_BITS:
            raise ShapeError(f"table: shape {entries.shape} is not a vector of 2^{MIN_BITS}..2^{MAX_BITS} entries")
        entries.setflags(write=False)
        object.__setattr__(self, "entries", entries)

    @staticmethod
    def _bits(entries: IntArray) -> int:
        """log2 of the length, 0 if it is no power of two."""
        return entries.size.bit_length() - 1 if entries.size & (entries.size - 1) == 0 else 0

    @property
    def input_bits(self) -> int:
        """X_W."""
        return self._bits(self.entries)


def pointwise(x: npt.ArrayLike, table: PointwiseTable, *, signed: bool) -> IntArray:
    """Look every element up: q = TABLE[x mod 2^X_W].

    Args:
        x: int, any shape, X_W bits, scale and zero point as the table was made for.
        table: the function.
        signed: x is two's complement.

    Returns:
        int64, shape of x, in the table's output format. Exact.

    Raises:
        RangeError: a float dtype or an element outside the X_W bits.

    Source: docs/arithmetic.md section 7.2.

    >>> import numpy as np
    >>> square = PointwiseTable(entries=np.array([0, 1, 4, 1]), output=IntFormat(bits=3, signed=False))
    >>> pointwise([-2, -1, 0, 1], square, signed=True).tolist()
    [4, 1, 0, 1]
    """
    fmt = IntFormat(bits=table.input_bits, signed=signed)
    found: IntArray = table.entries[check_format("x", x, fmt) & (table.entries.size - 1)]
    return found
