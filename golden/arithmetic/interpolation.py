"""A function of one integer by a table of 513 results and straight lines between them, for inputs of many bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_format, check_int
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.errors import ShapeError

INDEX_BITS = 9
ENTRIES = (1 << INDEX_BITS) + 1
"""Of the table: both ends of every piece."""
ENTRY = IntFormat(bits=16, signed=True)
INPUT_BITS = (INDEX_BITS + 1, 16)
FRACTION_BITS = (0, 15)


@dataclass(frozen=True, kw_only=True, eq=False)
class InterpolatedTable(OutputStage):
    """Constants of one interpolation.

    entries: (513,) int of 16 bits signed, entry k for x = lo + k 2^(X_W - 9), lo the least of the input's format;
    fraction_bits: F, 0..15, of the entries; rounding, zero_point, lo, hi: see `OutputStage`.

    Raises:
        RangeError: a value outside its range.
        ShapeError: entries is not a vector of 513.
    """

    entries: IntArray
    fraction_bits: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_int("fraction_bits", self.fraction_bits, *FRACTION_BITS)
        entries = check_format("entries", self.entries, ENTRY).copy()
        if entries.shape != (ENTRIES,):
            raise ShapeError(f"entries: shape {entries.shape} is not a vector of {ENTRIES}")
        entries.setflags(write=False)
        object.__setattr__(self, "entries", entries)


def interpolate(x: npt.ArrayLike, table: InterpolatedTable, fmt: IntFormat) -> IntArray:
    """Look two neighbours up and take the line between them: q = clip(round_(X_W-9+F)(v) + zp, lo, hi).

    With u = x - lo, i = ⌊u / 2^(X_W-9)⌋ and f = u - i 2^(X_W-9): v = T[i] 2^(X_W-9) + (T[i+1] - T[i]) f.

    Args:
        x: int, any shape, in the format; scale and zero point as the table was made for.
        table: the constants.
        fmt: of x, 10..16 bits.

    Returns:
        int64, shape of x, in the table's lo..hi. Exact: one rounding, one saturation.

    Raises:
        RangeError: a float dtype, an element outside the format, or a format of other widths.

    Source: docs/arithmetic.md section 7.3; for 16 bits v is what TABLE of TOSA 1.0 gives.

    >>> import numpy as np
    >>> ramp = InterpolatedTable(entries=np.arange(513) - 256, fraction_bits=0, lo=-256, hi=255)
    >>> interpolate([-512, -3, 0, 1, 511], ramp, IntFormat(bits=10, signed=True)).tolist()
    [-256, -1, 0, 1, 255]
    """
    check_int("bits of x", fmt.bits, *INPUT_BITS)
    above = check_format("x", x, fmt) - fmt.lo
    piece = fmt.bits - INDEX_BITS
    index, offset = above >> piece, above & ((1 << piece) - 1)
    base = table.entries[index]
    line = (base << piece) + (table.entries[index + 1] - base) * offset
    return table.requantise(np.asarray(line), piece + table.fraction_bits)
