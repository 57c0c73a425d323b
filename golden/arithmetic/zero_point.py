"""Subtracting a zero point, the first step of every accumulating operation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, as_int64, check_int
from t2c.golden.errors import RangeError

INT64_LO, INT64_HI = -(1 << 63), (1 << 63) - 1
"""Range of int64, the widest integer that golden computes with."""


def check_zero_point(name: str, zero_point: object) -> int:
    """Return the zero point after proving that it is an integer of int64.

    Raises:
        RangeError: not an integer, or outside int64.
    """
    return check_int(name, zero_point, INT64_LO, INT64_HI)


def centre(name: str, values: npt.ArrayLike, zero_point: int = 0) -> IntArray:
    """Subtract the zero point: x - zp.

    Args:
        name: What the array is called in an error message.
        values: int, any shape, scale s and zero point zp.
        zero_point: zp.

    Returns:
        int64, same shape, scale s, zero point 0. Exact.

    Raises:
        RangeError: a float dtype, or a difference that does not fit int64.

    Source: docs/arithmetic.md section 1.

    >>> centre("x", [0, 128, 255], 128).tolist()
    [-128, 0, 127]
    """
    array = as_int64(name, values)
    zp = check_zero_point("zero_point", zero_point)
    if zp == 0 or not array.size:
        return array
    low, high = int(array.min()) - zp, int(array.max()) - zp
    if low < INT64_LO or high > INT64_HI:
        raise RangeError(f"{name} - zero_point: {low if low < INT64_LO else high} is outside {INT64_LO}..{INT64_HI}")
    return array - np.int64(zp)
