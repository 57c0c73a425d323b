"""Random layers: shapes, windows, operands; and what went into one output, for the report of a mismatch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle import draw
from oracle.check import Explain, Index
from oracle.draw import Ints, between
from oracle.space import conv_shape, dense_shape, far, goes_far, lopsided, pool_shape
from t2c.golden.arithmetic.window import Window

SMALL, DEEP, DEEPEST = 200, 4000, 8200
"""K at most: with 8 bits below 2^23; of operands of 32 and 20 bits, whose sums stay below 2^63; of up to 16 bits."""
BYTE = (0, 255)
WEIGHT = (-128, 127)


def pair(rng: np.random.Generator, lo: int, hi: int) -> tuple[int, int]:
    """Draw two of lo..hi, one for each image axis."""
    return between(rng, lo, hi), between(rng, lo, hi)


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvLayer:
    """x: (N, C, H, W); w: (O, C / groups, KH, KW); what t2c.golden.arithmetic.conv.conv2d takes."""

    x: Ints
    w: Ints
    window: Window
    groups: int
    zero_point: int

    @property
    def peak(self) -> int:
        """Bound on |acc|: the largest Σ |w| of an output times the largest |x - zp|."""
        mass = np.abs(self.w).reshape(self.w.shape[0], -1).sum(axis=1).max()
        return int(mass) * max(int(np.abs(self.x - self.zero_point).max()), 1)

    def inputs(self, index: Index) -> dict[str, Any]:
        """Every operand of one accumulator, in the order of w[o]; elements outside the image are shown as zp."""
        n, o, y, x = index
        per_group, outputs = self.w.shape[1], self.w.shape[0] // self.groups
        channels = slice(o // outputs * per_group, (o // outputs + 1) * per_group)
        taps = patch(self.x[n, channels], self.window, y, x, self.zero_point)
        return {"x": taps, "w": self.w[o], "zp": self.zero_point, "window": self.window, "groups": self.groups}


def patch(image: Ints, window: Window, y: int, x: int, filler: int) -> Ints:
    """Return the elements (C, KH, KW) that one window of (C, H, W) holds, `filler` outside."""
    rows = y * window.stride[0] + np.arange(window.kernel[0]) * window.dilation[0] - window.before[0]
    columns = x * window.stride[1] + np.arange(window.kernel[1]) * window.dilation[1] - window.before[1]
    row, column = np.meshgrid(rows, columns, indexing="ij")
    inside = (row >= 0) & (row < image.shape[1]) & (column >= 0) & (column < image.shape[2])
    height, width = image.shape[1] - 1, image.shape[2] - 1
    return np.where(inside, image[:, np.clip(row, 0, height), np.clip(column, 0, width)], filler)


def conv_layer(
    rng: np.random.Generator,
    *,
    x: tuple[int, int] = BYTE,
    w: tuple[int, int] = WEIGHT,
    small: bool = False,
    symmetric: bool = False,
) -> ConvLayer:
    """Draw a convolution with operands in the ranges x and w, the zero point in x.

    One in eight is deep (K to 2700), two in five are large in one thing, as far as is legal (`oracle.space`).
    small: K at most 200, so that 8-bit accumulators stay below 2^23; symmetric: padding that is alike on both sides.
    """
    if goes_far(rng):
        wide = x[1] - x[0] >= 1 << 16
        shape = conv_shape(rng, depth=SMALL if small else DEEP if wide else DEEPEST)
        channels = shape.groups * shape.per_group
        return ConvLayer(
            x=draw.operand(rng, *x, (shape.batch, channels, *shape.size)),
            w=draw.operand(rng, *w, (shape.groups * shape.outputs, shape.per_group, *shape.window.kernel)),
            window=shape.window if symmetric else lopsided(rng, shape.window, widen=True),
            groups=shape.groups,
            zero_point=int(draw.integers(rng, *x, 1)[0]),
        )
    groups = between(rng, 1, 3)
    deep = not small and rng.random() < 0.125
    per_group, outputs = between(rng, 60, 300) if deep else between(rng, 1, 4), between(rng, 1, 4)
    kernel, dilation = pair(rng, 1, 3), pair(rng, 1, 3)
    if rng.random() < 0.25:
        per_group, outputs = 1, between(rng, 1, 2)  # depthwise
    window = Window(kernel=kernel, dilation=dilation, stride=pair(rng, 1, 3), padding=pair(rng, 0, 3))
    reach = [d * (k - 1) + 1 - 2 * p for k, d, p in zip(kernel, dilation, window.padding, strict=True)]
    size = tuple(max(between(rng, 1, 6 if deep else 14), least) for least in reach)
    return ConvLayer(
        x=draw.operand(rng, *x, (between(rng, 1, 3), groups * per_group, *size)),
        w=draw.operand(rng, *w, (groups * outputs, per_group, *kernel)),
        window=window if symmetric else lopsided(rng, window, widen=True),
        groups=groups,
        zero_point=int(draw.integers(rng, *x, 1)[0]),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolLayer:
    """x: (N, C, H, W); what t2c.golden.arithmetic.pooling takes."""

    x: Ints
    window: Window
    zero_point: int

    def inputs(self, index: Index) -> dict[str, Any]:
        """The elements of one window; those outside the image are shown as zp."""
        n, c, y, x = index
        taps = patch(self.x[n, c : c + 1], self.window, y, x, self.zero_point)
        return {"x": taps, "zp": self.zero_point, "window": self.window}


def pool_layer(
    rng: np.random.Generator,
    *,
    x: tuple[int, int] = BYTE,
    kernels: tuple[tuple[int, int], ...] | None = None,
    dilation: int = 1,
) -> PoolLayer:
    """Draw a pooling layer in which every window holds a pixel; kernels: to choose from; dilation: the largest.

    Two in five of those that may have any kernel are large in one thing, as far as is legal (`oracle.space`).
    """
    if kernels is None and goes_far(rng):
        pool = pool_shape(rng, op="max_pool2d" if dilation > 1 else "average_pool2d", dilated=dilation > 1)
        values = draw.operand(rng, *x, (pool.batch, pool.groups, *pool.size))
        window = lopsided(rng, pool.window, widen=False)
        return PoolLayer(x=values, window=window, zero_point=int(draw.integers(rng, *x, 1)[0]))
    kernel = pair(rng, 1, 4) if kernels is None else kernels[between(rng, 0, len(kernels) - 1)]
    window = Window(
        kernel=kernel,
        stride=pair(rng, 1, 3),
        padding=(between(rng, 0, kernel[0] // 2), between(rng, 0, kernel[1] // 2)),
        dilation=pair(rng, 1, dilation),
    )
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, window.dilation, strict=True)]
    size = tuple(least + between(rng, 0, 12) for least in reach)
    shape = (between(rng, 1, 3), between(rng, 1, 8), *size)
    window = lopsided(rng, window, widen=False) if kernels is None else window
    return PoolLayer(x=draw.operand(rng, *x, shape), window=window, zero_point=int(draw.integers(rng, *x, 1)[0]))


def product_shape(rng: np.random.Generator, *, depth: int = DEEPEST, rows: int = 64) -> tuple[int, int, int]:
    """Draw (rows, K, outputs) of a matrix product: small, deep, or large in one thing as far as is legal."""
    if goes_far(rng):
        return dense_shape(rng, depth=depth)
    deep = between(rng, 1, 64) if rng.random() < 0.75 else between(rng, 500, 2700)
    return between(rng, 1, rows), min(deep, depth), between(rng, 1, rows)


def shallow_shape(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw (rows, K, outputs) with K at most SMALL, rows or outputs now and then as far as is legal."""
    if goes_far(rng):
        return dense_shape(rng, depth=SMALL)
    return between(rng, 1, 64), between(rng, 1, 128 if rng.random() < 0.5 else 8), between(rng, 1, 64)


def batched_shape(rng: np.random.Generator, *, depth: int = DEEPEST) -> tuple[tuple[int, ...], tuple[int, int, int]]:
    """Draw the leading axes of a batched product, one of which may be large, and its (rows, K, columns)."""
    lead = (between(rng, 1, 4),) if rng.random() < 0.5 else (between(rng, 1, 2), between(rng, 1, 4))
    if rng.random() < 0.1:
        return (far(rng, "tensor.channels", 1 << 12), *lead[1:]), (between(rng, 1, 3), between(rng, 1, 3), 2)
    rows, deep, columns = product_shape(rng, depth=depth, rows=32)
    return lead, (rows, min(deep, 1 << 13), columns)


def dot_inputs(x: Ints, w: Ints, **others: Any) -> Explain:
    """Explain acc[..., n, o] = Σ_k x[..., n, k]·w[o, k] by its two rows; w (..., O, K) has x's leading axes or none."""

    def explain(index: Index) -> dict[str, Any]:
        *lead, n, o = index
        row = (*lead, o) if w.ndim == x.ndim else (o,)
        return {"x": x[(*lead, n)], "w": w[row], **others}

    return explain
