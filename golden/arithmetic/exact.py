"""When a matrix product of integers is exact in floating point, and how to cut it where it is not.

Every number that a product Σ_k w_k a_k passes through, in any order, with any number of accumulators and with or
without fused multiply-add, is a sum of some of its terms. So it lies between the sum of the negative terms and the
sum of the positive ones. With P = Σ max(w, 0), N = Σ max(-w, 0) and low <= a <= high, low <= 0 <= high, both are at
most max(P·high - N·low, N·high - P·low) in magnitude. With s = min(-low, high) and t = max(-low, high) that is

    (P + N)·s + max(P, N)·(t - s),    for a >= 0 no more than max(P, N)·high.

A float type that holds every integer up to that bound rounds nowhere: 2^24 for float32, 2^53 for float64 (IEEE 754).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.zero_point import INT64_HI
from t2c.golden.errors import RangeError

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """The sums that prove a product exact. both: P + N, signed: P - N, per row and segment of K: (rows, segments).

    limit: EXACT of the type; depth: K. `signed` is meaningful where P + N over all K is below the limit.
    """

    both: Matrix
    signed: Matrix
    limit: int
    depth: int

    @cached_property
    def whole(self) -> tuple[int, int]:
        """The largest P + N and max(P, N) of any row over all K."""
        return self.largest(np.zeros(1, np.intp)) if self.both.size else (0, 0)

    def largest(self, starts: npt.NDArray[np.intp]) -> tuple[int, int]:
        """The largest P + N and max(P, N) of any row and part, the parts beginning at these segments.

        max(P, N) = (P + N + |P - N|) / 2; the numerator is even and below 2·limit, so it is exact in the type.
        """
        both, signed = (np.add.reduceat(sums, starts, axis=1) for sums in (self.both, self.signed))
        return int(both.max()), int((both + np.abs(signed)).max()) // 2

    def cuts(self, low: int, high: int) -> list[slice] | None:
        """Cut K so that each part's product is exact in the type, and the sum of the parts in float64.

        Args:
            low, high: Python integers; every element of the other operand lies in low..high.

        Returns:
            Slices that cover 0..K, a single one where the whole is exact; None where no useful cut is.
        """
        small, large = sorted((max(-low, 0), max(high, 0)))
        both, one = self.whole
        if both >= self.limit or large >= self.limit:
            return None
        worst = both * small + one * (large - small)
        if worst <= self.limit:
            return [slice(0, self.depth)]
        if self.limit != EXACT[np.float32]:
            return None
        fewest, segments = -(-worst // self.limit), self.both.shape[1]
        for parts in (fewest, fewest + 1, 2 * fewest, segments):
            starts = np.arange(0, segments, -(-segments // parts))
            both, one = self.largest(starts)
            if both * small + one * (large - small) <= self.limit:
                edges = [int(start) * SEGMENT for start in starts] + [self.depth]
                return [slice(k, end) for k, end in pairwise(edges)]
        return None


def bound(weights: Matrix) -> Bound:
    """Sum the weights for `Bound.cuts`.

    Args:
        weights: (..., R, K) integers converted to float32 or float64, possibly too large to be exact.

    Source: docs/arithmetic.md section 4 (accumulation is exact in any order).

    >>> bound(np.full((1, 1024), 128, np.float32)).cuts(-128, 127)
    [slice(0, 1024, None)]
    >>> alternating = np.tile(np.array([128, -128], np.float32), (1, 512))
    >>> bound(alternating).cuts(0, 255), bound(alternating).cuts(-255, 255)
    ([slice(0, 1024, None)], [slice(0, 512, None), slice(512, 1024, None)])
    """
    limit, depth = EXACT[weights.dtype.type], weights.shape[-1]
    if not weights.size:
        return Bound(both=np.zeros((0, 0)), signed=np.zeros((0, 0)), limit=limit, depth=depth)
    signed = np.add.reduceat(weights.reshape(-1, depth), np.arange(0, depth, SEGMENT), axis=1)
    return Bound(both=masses(weights), signed=signed, limit=limit, depth=depth)


def exact_cuts(weights: Matrix, other_peak: int) -> list[slice] | None:
    """Return `bound(weights).cuts(-other_peak, other_peak)`.

    >>> exact_cuts(np.full((1, 1024), 128, np.float32), 128)
    [slice(0, 1024, None)]
    >>> [cut.stop for cut in exact_cuts(np.full((1, 1025), 128, np.float32), 128)]
    [576, 1025]
    """
    return bound(weights).cuts(-other_peak, other_peak)


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


def product(weights: Matrix, columns: Matrix, cuts: list[slice], out: Matrix | None = None) -> Matrix:
    """Return weights @ columns, part by part where K is cut.

    Args:
        weights: (..., R, K); columns: (..., K, M) of the same type; cuts: from `exact_cuts`.
        out: (..., R, M) of the same type, contiguous, to write products to; new memory where absent.

    Returns:
        (..., R, M) in the operands' type, `out` if given, or new and int32 or int64 where K is cut: `sum_dtype`.
        Exact if the cuts are.
    """
    if len(cuts) == 1:
        return np.asarray(np.matmul(weights, columns, out=out))
    dtype = sum_dtype(weights.dtype.type, cuts)
    total: Matrix = np.matmul(weights[..., cuts[0]], columns[..., cuts[0], :], out=out).astype(dtype)
    for cut in cuts[1:]:
        part = np.matmul(weights[..., cut], columns[..., cut, :], out=out)
        np.add(total, part, out=total, dtype=dtype, casting="unsafe")  # each part is an integer of at most 2^24
    return total


def sum_dtype(dtype: type[np.generic], cuts: list[slice]) -> type[np.generic]:
    """Return the integer type that holds the sums of `product`: int32 for less than 2^7 parts within 2^24, else int64.

    Args:
        dtype: of the operands; cuts: of K.

    >>> sum_dtype(np.float32, [slice(0, 9)]).__name__, sum_dtype(np.float64, [slice(0, 9)]).__name__
    ('int32', 'int64')
    """
    return np.int32 if dtype is np.float32 and len(cuts) * EXACT[np.float32] < 1 << 31 else np.int64
