"""Exact integer matrix product on floating-point BLAS, under the bound of `t2c.golden.arithmetic.exact`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.exact import EXACT, Matrix, check_int64_sum, exact_cuts, peak, product
from t2c.golden.arithmetic.formats import IntArray, as_int64
from t2c.golden.errors import ShapeError


def gemm(a: npt.ArrayLike, b: npt.ArrayLike) -> IntArray:
    """Multiply integer matrices: c[..., m, n] = Σ_k a[..., m, k] · b[..., k, n].

    float32 BLAS where the proven bound allows it, K cut in parts where that helps, else float64, else int64.

    Args:
        a: (..., M, K) int, scale s_a.
        b: (..., K, N) int, scale s_b; the leading axes equal those of a (no broadcasting).

    Returns:
        (..., M, N) int64, scale s_a·s_b. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the bound (largest Σ_k |·| of the smaller operand times max|·| of the other)
            is above 2^63 - 1.
        ShapeError: fewer than two axes, or the axes do not match.

    Source: docs/arithmetic.md section 4.

    >>> gemm([[1, -2]], [[3], [4]]).tolist()
    [[-5]]
    >>> gemm([[4097]], [[4097]]).tolist()  # 2^24 + 2^13 + 1 is no float32
    [[16785409]]
    """
    left, right = as_int64("a", a), as_int64("b", b)
    check_factors(left, right)
    if left.size <= right.size:
        return _multiply(left, right)
    swapped = _multiply(right.swapaxes(-1, -2), left.swapaxes(-1, -2))
    return np.ascontiguousarray(swapped.swapaxes(-1, -2))


def check_factors(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
    """Refuse operands that do not multiply; raise ShapeError."""
    if left.ndim < 2 or right.ndim < 2 or left.shape[-1] != right.shape[-2] or left.shape[:-2] != right.shape[:-2]:
        raise ShapeError(f"gemm: shapes {left.shape} and {right.shape} are not (..., M, K) and (..., K, N)")


def _multiply(weights: IntArray, columns: IntArray) -> IntArray:
    """Return weights @ columns; the weights are the smaller operand, whose row sums give the bound."""
    other_peak = peak(columns)
    for dtype in EXACT:
        converted: Matrix = weights.astype(dtype)
        cuts = exact_cuts(converted, other_peak)
        if cuts is not None:
            return product(converted, columns.astype(dtype), cuts).astype(np.int64)
    check_int64_sum(weights, other_peak)
    return np.asarray(np.matmul(weights, columns))
