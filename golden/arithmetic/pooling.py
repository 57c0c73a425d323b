"""Max pooling and the sums of average pooling, one image axis after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.exact import peak
from t2c.golden.arithmetic.formats import IntArray, integers
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.zero_point import INT64_HI, centre
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError


def max_pool2d(x: npt.ArrayLike, window: Window) -> npt.NDArray[Any]:
    """Take the largest element of each window: q = max_{i,j} x[n, c, y·sh + i·dh - top, x·sw + j·dw - left].

    Args:
        x: (N, C, H, W) int, scale s, zero point zp.
        window: kernel, stride, padding (on each side at most half the kernel) and dilation; padding never wins.

    Returns:
        (N, C, OH, OW) in the dtype of x, scale s, zero point zp. Exact.

    Raises:
        RangeError: a float dtype.
        ShapeError: x does not have four axes, the padding is above half the kernel, or a window holds padding only.

    Source: docs/arithmetic.md section 5.

    >>> max_pool2d([[[[-5, -7], [-8, -6]]]], Window(kernel=(2, 2), stride=(2, 2), padding=(1, 1))).tolist()
    [[[[-5, -7], [-8, -6]]]]
    """
    values = integers("x", x)
    size = _check(values, window)
    return _reduce(values, window, size, np.maximum, lowest(values.dtype))


def average_pool2d(x: npt.ArrayLike, window: Window, *, zero_point: int = 0) -> IntArray:
    """Accumulate average pooling: acc[n, c, y, x] = Σ_{i,j} (X[n, c, y·sh + i - top, x·sw + j - left] - zp).

    The division by KH·KW is part of the MulQuant that follows; padding counts as zp.

    Args:
        x: (N, C, H, W) int, scale s_x, zero point zp.
        window: kernel, stride and padding (on each side at most half the kernel); dilation 1.
        zero_point: zp.

    Returns:
        (N, C, OH, OW) int64, scale s_x. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the sum may not fit int64.
        ShapeError: x does not have four axes, or the padding is above half the kernel.
        UnsupportedError: a dilation other than 1.

    Source: docs/arithmetic.md section 4.5.

    >>> average_pool2d([[[[1, 2], [3, 4]]]], Window(kernel=(2, 2)), zero_point=1).tolist()
    [[[[6]]]]
    """
    if window.dilation != (1, 1):
        raise UnsupportedError(f"average_pool2d: dilation {window.dilation} is not (1, 1)")
    values = centre("x", x, zero_point)
    size = _check(values, window)
    bound = window.taps * peak(values)
    if bound > INT64_HI:
        raise RangeError(f"accumulator bound = {bound} is outside 0..{INT64_HI}: the sum may not fit int64")
    return _reduce(values, window, size, np.add, 0)


def pooled_size(height: int, width: int, window: Window) -> tuple[int, int]:
    """Return (OH, OW) of pooling after proving that every window holds at least one pixel.

    Raises:
        ShapeError: the padding is above half the kernel, the window does not fit, or one would hold padding only.
    """
    if any(2 * max(sides) > kernel for sides, kernel in zip(window.pads, window.kernel, strict=True)):
        raise ShapeError(f"padding = {window.padding} is above half the kernel {window.kernel}")
    size = window.output_size(height, width)
    for axis, extent in enumerate((height, width)):
        taps = np.arange(window.kernel[axis]) * window.dilation[axis] - window.before[axis]
        reads = np.arange(size[axis])[:, None] * window.stride[axis] + taps
        if not ((reads >= 0) & (reads < extent)).any(axis=1).all():
            raise ShapeError(f"pooling: a window of {window} holds padding only, image {(height, width)}")
    return size


def lowest(dtype: np.dtype[Any]) -> int:
    """What padding of a max pooling holds: no pixel is below it, and every window has a pixel."""
    return int(np.iinfo(dtype).min)


def _check(x: npt.NDArray[Any], window: Window) -> tuple[int, int]:
    if x.ndim != 4:
        raise ShapeError(f"x: shape {x.shape} is not (N, C, H, W)")
    return pooled_size(x.shape[2], x.shape[3], window)


def _reduce(
    x: npt.NDArray[Any], window: Window, size: tuple[int, int], combine: np.ufunc, filler: int
) -> npt.NDArray[Any]:
    """Combine the taps along W, then along H; both reductions are associative and commutative."""
    (dh, dw), (sh, sw), (top, left) = window.dilation, window.stride, window.before
    height, width = (extent + sum(sides) for extent, sides in zip(x.shape[2:], window.pads, strict=True))
    padded = np.full((*x.shape[:2], height, width), filler, x.dtype)
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    rows = padded[:, :, :, : (size[1] - 1) * sw + 1 : sw].copy()
    for j in range(1, window.kernel[1]):
        combine(rows, padded[:, :, :, j * dw : j * dw + (size[1] - 1) * sw + 1 : sw], out=rows)
    result = rows[:, :, : (size[0] - 1) * sh + 1 : sh].copy()
    for i in range(1, window.kernel[0]):
        combine(result, rows[:, :, i * dh : i * dh + (size[0] - 1) * sh + 1 : sh], out=result)
    return result
