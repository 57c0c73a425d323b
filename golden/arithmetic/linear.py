"""Fully connected layers and batched products of two activations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.exact import EXACT, Matrix
from t2c.golden.arithmetic.formats import IntArray, as_int64, integers
from t2c.golden.arithmetic.gemm import check_factors, gemm
from t2c.golden.arithmetic.workspace import scratch
from t2c.golden.arithmetic.zero_point import centre, check_zero_point
from t2c.golden.errors import ShapeError


def linear(x: npt.ArrayLike, w: npt.ArrayLike, *, zero_point: int = 0) -> IntArray:
    """Accumulate a fully connected layer: acc[n, o] = Σ_k w[o, k] · (x[n, k] - zp).

    Args:
        x: (N, K) int, scale s_x, zero point zp.
        w: (O, K) int, scale s_w, zero point 0.
        zero_point: zp.

    Returns:
        (N, O) int64, scale s_x·s_w. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the accumulator may not fit int64.
        ShapeError: x or w is not a matrix, or K differs.

    Source: docs/arithmetic.md section 4.2.

    >>> linear([[255, 0]], [[1, 1], [-128, 127]], zero_point=128).tolist()
    [[-1, -32512]]
    """
    values, weights = centre("x", x, zero_point), as_int64("w", w)
    if values.ndim != 2 or weights.ndim != 2 or values.shape[1] != weights.shape[1]:
        raise ShapeError(f"linear: shapes {values.shape} and {weights.shape} are not (N, K) and (O, K)")
    return gemm(values, weights.T)


def matmul(a: npt.ArrayLike, b: npt.ArrayLike, *, zero_point_a: int = 0, zero_point_b: int = 0) -> IntArray:
    """Multiply two activations: acc[..., m, o] = Σ_k (a[..., m, k] - zp_a) · (b[..., k, o] - zp_b).

    Args:
        a: (..., M, K) int, scale s_a, zero point zp_a.
        b: (..., K, O) int, scale s_b, zero point zp_b; the leading axes equal those of a.
        zero_point_a, zero_point_b: zp_a and zp_b.

    Returns:
        (..., M, O) int64, scale s_a·s_b. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the accumulator may not fit int64.
        ShapeError: the axes do not match.

    Source: docs/arithmetic.md section 4.3.

    >>> matmul([[[1, 2]]], [[[3], [4]]], zero_point_a=1, zero_point_b=3).tolist()
    [[[1]]]
    """
    return matmul_narrow(a, b, zero_point_a=zero_point_a, zero_point_b=zero_point_b).astype(np.int64, copy=False)


def matmul_narrow(
    a: npt.ArrayLike, b: npt.ArrayLike, *, zero_point_a: int = 0, zero_point_b: int = 0
) -> npt.NDArray[Any]:
    """Do what `matmul` does: in float32, to int32, where the plainest bound allows it, as small numbers do; else int64.

    Σ_k |a_k| |b_k| <= K max|a| max|b|; every number that is converted, subtracted or summed is an integer up to 2^24.
    """
    left, right = integers("a", a), integers("b", b)
    check_factors(left, right)
    reaches = _reach(left, zero_point_a), _reach(right, zero_point_b)
    if max(*reaches, left.shape[-1] * reaches[0] * reaches[1]) > EXACT[np.float32]:
        return gemm(centre("a", left, zero_point_a), centre("b", right, zero_point_b))
    factors = _centred("frame", left, zero_point_a), _centred("columns", right, zero_point_b)
    out: Matrix = scratch("sums", (*left.shape[:-1], right.shape[-1]), np.float32)
    np.matmul(*factors, out=out)
    return out.astype(np.int32)


def _centred(slot: str, values: npt.NDArray[Any], zero_point: int) -> Matrix:
    """x - zp in float32, in scratch memory."""
    factor = scratch(slot, values.shape, np.float32)
    factor[...] = values
    factor -= zero_point
    return factor


def _reach(values: npt.NDArray[Any], zero_point: int) -> int:
    """The largest magnitude of x, of zp and of x - zp."""
    zp = check_zero_point("zero_point", zero_point)
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    return max(-low, high, abs(zp), high - zp, zp - low)


def flatten(x: npt.ArrayLike) -> npt.NDArray[Any]:
    """Lay each sample out as one row: (N, C, H, W) becomes (N, C·H·W), C slowest.

    Args:
        x: (N, C, H, W) int, any scale and zero point; both carry over, and the dtype.

    Raises:
        RangeError: a float dtype.
        ShapeError: x does not have four axes.

    Source: docs/arithmetic.md section 5.

    >>> flatten([[[[1, 2]], [[3, 4]]]]).tolist()
    [[1, 2, 3, 4]]
    """
    values = integers("x", x)
    if values.ndim != 4:
        raise ShapeError(f"flatten: shape {values.shape} is not (N, C, H, W)")
    return np.ascontiguousarray(values).reshape(values.shape[0], int(np.prod(values.shape[1:])))
