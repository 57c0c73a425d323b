"""A table of results of golden's pointwise, from those of every integer in their order."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable


def table_of(given: IntFormat, results: IntArray, output: IntFormat) -> PointwiseTable:
    """Entry k is for the bit pattern k: of a signed input 0 .. hi, then lo .. -1.

    >>> given, output = IntFormat(bits=2, signed=True), IntFormat(bits=8, signed=True)
    >>> table_of(given, np.array([5, 6, 7, 8]), output).entries.tolist()
    [7, 8, 5, 6]
    """
    return PointwiseTable(entries=np.roll(results, given.lo), output=output)
