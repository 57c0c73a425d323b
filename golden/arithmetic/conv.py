"""Exact integer convolution: weights are prepared once, then applied by the ways of `conv_ways`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.conv_ways import Operand, accumulate
from t2c.golden.arithmetic.exact import EXACT, check_int64_sum, peak, sum_dtype
from t2c.golden.arithmetic.formats import IntArray, integers
from t2c.golden.arithmetic.im2col import make_frame
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.zero_point import centre, check_zero_point
from t2c.golden.errors import RangeError, ShapeError

BLOCK = 1 << 22
"""Elements of gathered input held at once; a larger batch is computed block by block."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvKernel:
    """The weights of a convolution, checked and converted; any number of threads may apply it at once.

    weights: (O, C / groups, KH, KW) int, scale s_w, zero point 0; window: kernel, stride, padding, dilation;
    groups: divides C and O. Made by `prepare_conv2d`, which copies the weights.

    Raises:
        RangeError: groups is not a positive integer.
        ShapeError: weights, groups and window do not match.
    """

    weights: npt.NDArray[Any]
    window: Window
    groups: int
    _operands: dict[type[np.generic], Operand] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        w, (kh, kw) = self.weights, self.window.kernel
        if w.ndim != 4 or w.shape[2:] != (kh, kw):
            raise ShapeError(f"w: shape {w.shape} is not (O, C / groups, {kh}, {kw})")
        if isinstance(self.groups, bool) or not isinstance(self.groups, (int, np.integer)) or self.groups < 1:
            raise RangeError(f"groups = {shown(self.groups)} is not a positive integer")
        if w.shape[0] % self.groups:
            raise ShapeError(f"conv2d: the outputs of w {w.shape} do not split into {self.groups} groups")

    @property
    def shape(self) -> tuple[int, ...]:
        """(groups, O / groups, C / groups, KH, KW)."""
        return (self.groups, self.weights.shape[0] // self.groups, *self.weights.shape[1:])

    def operand(self, dtype: type[np.generic]) -> Operand:
        """Return the weights in one type, converted on first use."""
        if dtype not in self._operands:
            self._operands.setdefault(dtype, Operand(self.weights.astype(dtype).reshape(self.shape)))
        return self._operands[dtype]

    def apply(self, x: npt.ArrayLike, *, zero_point: int = 0) -> IntArray:
        """Accumulate the convolution of x as `conv2d` does: int64."""
        return self.sums(x, zero_point=zero_point).astype(np.int64, copy=False)

    def sums(self, x: npt.ArrayLike, *, zero_point: int = 0) -> npt.NDArray[Any]:
        """Return the accumulators of `apply` in int32 where they are proven to fit it, else in int64.

        The smallest and largest input are measured at every call, so the sums are proven exact for this very input,
        whatever its format.
        """
        images, zp = integers("x", x), check_zero_point("zero_point", zero_point)
        if images.ndim != 4:
            raise ShapeError(f"x: shape {images.shape} is not (N, C, H, W)")
        batch, channels, height, width = images.shape
        if channels != self.weights.shape[1] * self.groups:
            raise ShapeError(
                f"conv2d: x {images.shape} and w {self.weights.shape} do not split into {self.groups} groups"
            )
        shape = (batch, self.weights.shape[0], *self.window.output_size(height, width))
        extent = math.prod(length + max(sides) for length, sides in zip((height, width), self.window.pads, strict=True))
        step = max(1, BLOCK // max(1, channels * self.window.taps * extent))
        blocks = [slice(start, start + step) for start in range(0, batch, step)] if math.prod(shape) else []
        plans = [self._plan(images[block], zp) for block in blocks]
        acc = np.empty(shape, np.result_type(np.int32, *(sum_dtype(*plan) for plan in plans)))
        for block, (dtype, cuts) in zip(blocks, plans, strict=True):
            frame, operand = make_frame(images[block].shape, self.window, dtype), self.operand(dtype)
            if dtype is np.int64:
                frame.fill(centre("x", images[block], zp))
            else:
                frame.fill(images[block], zp)
            acc[block] = frame.scatter(accumulate(frame, operand, cuts))
        return acc

    def _plan(self, x: npt.NDArray[Any], zero_point: int) -> tuple[type[np.generic], list[slice]]:
        """Return the first type in which the sums of some images are proven exact, and how K is to be cut.

        max|x| + |zp| below EXACT makes the conversion of x and the difference exact.
        """
        low, high = (int(x.min()), int(x.max())) if x.size else (0, 0)
        for dtype, limit in EXACT.items():
            if max(-low, high) + abs(zero_point) < limit:
                cuts = self.operand(dtype).cuts(min(low - zero_point, 0), max(high - zero_point, 0))
                if cuts is not None:
                    return dtype, cuts
        check_int64_sum(self.operand(np.int64).matrix, peak(centre("x", x, zero_point)))
        return np.int64, [slice(0, None)]


def prepare_conv2d(w: npt.ArrayLike, *, window: Window, groups: int = 1) -> ConvKernel:
    """Check, copy and convert constant weights once, with the sums that prove float32 products exact.

    Args and errors: as `conv2d`.

    >>> kernel = prepare_conv2d([[[[-128, 1]]]], window=Window(kernel=(1, 2), padding=(0, 1)))
    >>> kernel.apply([[[[255, 0]]]], zero_point=128).tolist()
    [[[[127, -16384, 16384]]]]
    """
    weights = integers("w", w).copy()
    weights.setflags(write=False)
    kernel = ConvKernel(weights=weights, window=window, groups=groups)
    _ = kernel.operand(np.float32).bound.whole
    return kernel


def conv2d(x: npt.ArrayLike, w: npt.ArrayLike, *, window: Window, groups: int = 1, zero_point: int = 0) -> IntArray:
    """Accumulate a convolution.

    acc[n, o, y, x] = Σ_{c,i,j} w[o, c, i, j] · (X[n, g·Cg + c, y·sh + i·dh - top, x·sw + j·dw - left] - zp)

    Args:
        x: (N, C, H, W) int, scale s_x, zero point zp; outside the image it is zp.
        w: (O, C / groups, KH, KW) int, scale s_w, zero point 0.
        window: kernel (KH, KW), stride, padding and dilation.
        groups: divides C and O; output o reads group ⌊o / (O / groups)⌋; groups = C is depthwise.
        zero_point: zp.

    Returns:
        (N, O, OH, OW) int64, scale s_x·s_w. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the accumulator may not fit int64.
        ShapeError: shapes, groups and window do not match.

    Source: docs/arithmetic.md section 4.1.

    >>> conv2d([[[[255, 0]]]], [[[[-128, 1]]]], window=Window(kernel=(1, 2), padding=(0, 1)), zero_point=128).tolist()
    [[[[127, -16384, 16384]]]]
    """
    return ConvKernel(weights=integers("w", w), window=window, groups=groups).apply(x, zero_point=zero_point)
