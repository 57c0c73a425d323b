"""TABLE of TOSA by golden's pointwise, of 8 bits, and interpolate, of 16.

TABLE of 16 bits gives golden's v (docs/arithmetic.md 7.3) as it is, before a rounding and a saturation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oracle.tosa.case import Ints, TosaCase, integer_format
from t2c.golden.arithmetic import interpolation, pointwise
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.interpolation import InterpolatedTable
from t2c.golden.arithmetic.pointwise import PointwiseTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Unrounded(InterpolatedTable):
    """A table that gives v itself."""

    def requantise(self, p: IntArray, shift: npt.ArrayLike) -> IntArray:
        return p


def looked_up(case: TosaCase) -> Ints:
    """In the layout of the input. TOSA's first entry is that of the least x, golden's that of pattern 0."""
    x, table = case.inputs
    fmt = integer_format(case.types[0])
    if fmt.bits == 16:
        return interpolation.interpolate(x, Unrounded(entries=table, fraction_bits=0, lo=0, hi=0), fmt)
    entries = PointwiseTable(entries=np.roll(table, table.size // 2), output=integer_format(case.output_type))
    return pointwise.pointwise(x, entries, signed=True)
