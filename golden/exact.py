"""When a matrix product of integers is exact in floating point, and how to cut it where it is not.

Every number that a product Σ_k a_k b_k passes through, in any order, with any number of accumulators and with or
without fused multiply-add, is a sum of some of its terms. So each is at most Σ_k |b_k| · max|a|. A float type that
holds every integer up to that bound rounds nowhere: 2^24 for float32, 2^53 for float64 (IEEE 754).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from golden.centre import INT64_HI
from golden.errors import RangeError

Matrix = npt.NDArray[Any]
"""A stack of matrices of integers, held in float32, float64 or int64."""

EXACT: dict[type[np.generic], int] = {np.float32: 1 << 24, np.float64: 1 << 53}
"""All integers up to this magnitude, and no rounding among them, per float type."""

SEGMENT = 64
"""K is cut at multiples of this; for shorter parts one float64 product is quicker."""


CACHED = 1 << 16
"""Elements of weights whose magnitudes are summed at once, few enough to stay in cache."""


def peak(values: Matrix) -> int:
    """Return max|v|, 0 for an empty array.

    >>> peak(np.array([-3, 2]))
    3
    """
    return max(-int(values.min()), int(values.max()), 0) if values.size else 0


def masses(weights: Matrix) -> Matrix:
    """Return Σ |w_k| per row and segment of K, summed in the weights' own float type: (rows, segments).

    A result below EXACT[type] is exact; otherwise the true value is not below it either, since sums of non-negative
    integers are exact until they pass EXACT and rounding is monotonic. The same holds for sums of results.

    Args:
        weights: (..., R, K) float32 or float64 integers; the last segment may be shorter.

    >>> masses(np.full((2, 65), -3, np.float32)).tolist()
    [[192.0, 3.0], [192.0, 3.0]]
    """
    depth = weights.shape[-1]
    rows, ones, whole = weights.reshape(-1, depth), np.ones(SEGMENT, weights.dtype), depth // SEGMENT * SEGMENT
    sums: Matrix = np.zeros((rows.shape[0], -(-depth // SEGMENT)), weights.dtype)
    step = max(1, CACHED // max(1, depth))
    for start in range(0, rows.shape[0], step):
        block, out = rows[start : start + step], sums[start : start + step]
        out[:, : whole // SEGMENT] = (np.abs(block[:, :whole]).reshape(-1, SEGMENT) @ ones).reshape(len(block), -1)
        if whole < depth:
            out[:, -1] = np.abs(block[:, whole:]) @ ones[: depth - whole]
    return sums


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
    [576, 1025]
    """
    limit, depth = EXACT[weights.dtype.type], weights.shape[-1]
    if not weights.size:
        return [slice(0, depth)] if other_peak < limit else None
    sums = masses(weights)
    total = int(sums.sum(axis=1).max())
    if total >= limit or other_peak >= limit:
        return None
    if total * other_peak <= limit:
        return [slice(0, depth)]
    if weights.dtype != np.float32:
        return None
    fewest, segments = -(-total * other_peak // limit), sums.shape[1]
    for parts in (fewest, fewest + 1, 2 * fewest, segments):
        starts = np.arange(0, segments, -(-segments // parts))
        if int(np.add.reduceat(sums, starts, axis=1).max()) * other_peak <= limit:
            edges = [int(start) * SEGMENT for start in starts] + [depth]
            return [slice(k, end) for k, end in pairwise(edges)]
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
    total: Matrix = np.matmul(weights[..., cuts[0]], columns[..., cuts[0], :]).astype(np.float64)
    for cut in cuts[1:]:
        total += np.matmul(weights[..., cut], columns[..., cut, :])
    return total
