"""When a matrix product of integers is exact in floating point, and how to cut it where it is not.

Every number that a product Σ_k a_k b_k passes through, in any order, with any number of accumulators and with or
without fused multiply-add, is a sum of some of its terms. So each is at most Σ_k |b_k| · max|a|. A float type that
holds every integer up to that bound rounds nowhere: 2^24 for float32, 2^53 for float64 (IEEE 754).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from golden.centre import INT64_HI
from golden.errors import RangeError

Matrix = npt.NDArray[Any]
"""A stack of matrices of integers, held in float32, float64 or int64."""

EXACT: dict[type[np.generic], int] = {np.float32: 1 << 24, np.float64: 1 << 53}
"""All integers up to this magnitude, and no rounding among them, per float type."""

MIN_CHUNK = 64
"""Shortest cut of K worth a float32 product; below it one float64 product is quicker."""


def peak(values: Matrix) -> int:
    """Return max|v|, 0 for an empty array.

    >>> peak(np.array([-3, 2]))
    3
    """
    return max(-int(values.min()), int(values.max()), 0) if values.size else 0


def mass(weights: Matrix) -> int:
    """Return max over rows of Σ_k |w_k|, in the weights' own float type.

    A result below EXACT[type] is exact; otherwise the true value is not below it either, since sums of non-negative
    integers are exact until they pass EXACT and rounding is monotonic.

    Args:
        weights: (..., R, K) float32 or float64 integers.
    """
    if not weights.size:
        return 0
    return int((np.abs(weights) @ np.ones(weights.shape[-1], weights.dtype)).max())


def exact_cuts(weights: Matrix, other_peak: int) -> list[slice] | None:
    """Cut K so that each part's product is exact in the weights' float type, and the sum of the parts in float64.

    Args:
        weights: (..., R, K) integers converted to float32 or float64, possibly too large to be exact.
        other_peak: max|a| of the other operand, a Python integer.

    Returns:
        Slices that cover 0..K, a single one where the whole is exact; None where no useful cut is.

    Source: docs/arithmetic.md section 4 (accumulation is exact in any order).

    >>> exact_cuts(np.full((1, 1024), 128, np.float32), 128)
    [slice(0, 1024, None)]
    >>> [cut.stop for cut in exact_cuts(np.full((1, 1025), 128, np.float32), 128)]
    [513, 1025]
    """
    limit, depth = EXACT[weights.dtype.type], weights.shape[-1]
    total = mass(weights)
    if total >= limit or other_peak >= limit:
        return None
    if total * other_peak <= limit:
        return [slice(0, depth)]
    if weights.dtype != np.float32:
        return None
    fewest = -(-total * other_peak // limit)
    safe = -(-depth * peak(weights) * other_peak // limit) + 1
    for parts in (fewest, fewest + 1, safe):
        length = -(-depth // parts)
        if length < MIN_CHUNK:
            return None
        cuts = [slice(k, min(k + length, depth)) for k in range(0, depth, length)]
        if all(mass(weights[..., cut]) * other_peak <= limit for cut in cuts):
            return cuts
    return None


def check_int64_sum(weights: Matrix, other_peak: int) -> None:
    """Prove that Σ_k |w_k| · max|a| fits int64, for products that no float type can hold.

    Args:
        weights: (..., R, K) int64.
        other_peak: max|a| of the other operand.

    Raises:
        RangeError: the bound is above 2^63 - 1.
    """
    bound = weights.shape[-1] * peak(weights) * other_peak
    if bound > INT64_HI:
        rows = np.abs(weights.astype(object)).sum(axis=-1)
        bound = int(rows.max()) * other_peak
    if bound > INT64_HI:
        raise RangeError(f"accumulator bound = {bound} is outside 0..{INT64_HI}: the sum may not fit int64")


def product(weights: Matrix, columns: Matrix, cuts: list[slice]) -> Matrix:
    """Return weights @ columns, part by part where K is cut.

    Args:
        weights: (..., R, K); columns: (..., K, M) of the same type; cuts: from `exact_cuts`.

    Returns:
        (..., R, M) in the operands' type, or float64 where K is cut. Exact if the cuts are.
    """
    if len(cuts) == 1:
        return np.asarray(np.matmul(weights, columns))
    total: Matrix = np.zeros((*weights.shape[:-1], columns.shape[-1]), np.float64)
    for cut in cuts:
        total += np.matmul(weights[..., cut], columns[..., cut, :])
    return total
