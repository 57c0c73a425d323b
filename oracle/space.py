"""Shapes from the declared legal space: all of a layer is small, but for one number that goes as far as is legal.

Where a fault needs a wide channel, a tall kernel or a long row, a layer that is large in everything would take seconds;
one that is large in one thing takes milliseconds. What is large is drawn for each layer, from the dimension that
`t2c.golden.graph.node_space` declares: every bit length is as likely as any other, and a third are boundaries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from oracle.draw import between
from t2c.golden.arithmetic.window import LIMITS, Window, four_sides
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.node_space import node_dimensions

AXES = ("vertical", "horizontal")
FAR = 0.4
"""Share of layers that are large in something."""
MACS, ELEMENTS = 1 << 17, 1 << 16
"""Products of a layer, and elements of its input, at most."""
GEOMETRY = tuple(f"{name} {axis}" for name in ("kernel", "stride", "padding", "dilation") for axis in AXES)
CONV = ("in", "out", "groups", *GEOMETRY)
SIZES = tuple(f"size {axis}" for axis in AXES)


@cache
def _dimensions() -> dict[str, Dimension]:
    return {dimension.key: dimension for dimension in node_dimensions()}


def far(rng: np.random.Generator, key: str, most: int | None = None) -> int:
    """Draw a value of a dimension, at most `most`."""
    return _dimensions()[key].draw(rng, high=most)


def goes_far(rng: np.random.Generator) -> bool:
    """Draw whether a layer is large in something."""
    return bool(rng.random() < FAR)


def channel_count(rng: np.random.Generator) -> int:
    """Draw a number of channels for constants of their own: mostly few, some as far as 2^11."""
    return far(rng, "tensor.channels", 1 << 11) if rng.random() < 0.25 else between(rng, 1, 16)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """batch, per_group input and outputs channels of each of `groups`; size: of the image; what: is large."""

    what: str
    batch: int
    per_group: int
    outputs: int
    groups: int
    window: Window
    size: tuple[int, int]

    @property
    def macs(self) -> int:
        """Products that an output tensor takes."""
        pixels = math.prod(self.window.output_size(*self.size))
        return self.batch * self.groups * self.outputs * self.per_group * self.window.taps * pixels

    @property
    def depth(self) -> int:
        """Products of one output."""
        return self.per_group * self.window.taps

    @property
    def elements(self) -> int:
        """Of the input."""
        return self.batch * self.groups * self.per_group * math.prod(self.size)


def lopsided(rng: np.random.Generator, window: Window, *, widen: bool) -> Window:
    """Draw for half of the windows padding that differs from side to side: wider by up to 2 pixels, or narrower."""
    if rng.random() < 0.5:
        return window
    most = LIMITS["padding"][1]
    top, bottom, left, right = (
        min(side + between(rng, 0, 2), most) if widen else between(rng, 0, side) for side in four_sides(window.padding)
    )
    return replace(window, padding=(top, bottom, left, right))


def conv_shape(rng: np.random.Generator, *, depth: int, macs: int = MACS) -> Shape:
    """Draw a convolution that is large in one thing; depth, macs: the most of one output, and of all."""
    names = (*CONV, *SIZES)
    what = names[between(rng, 0, len(names) - 1)]
    while True:
        shape = _conv(rng, what, depth, lean=bool(rng.integers(2)))
        if shape.depth <= depth and shape.macs <= macs and shape.elements <= ELEMENTS:
            return shape


def pool_shape(rng: np.random.Generator, *, op: str, dilated: bool, taps: int = 1 << 14, macs: int = MACS) -> Shape:
    """Draw a pooling layer that is large in one thing and whose windows all hold a pixel."""
    names = ["channels", *SIZES, *(f"{name} {axis}" for name in ("kernel", "stride", "padding") for axis in AXES)]
    names += [f"dilation {axis}" for axis in AXES] if dilated else []
    what = names[between(rng, 0, len(names) - 1)]
    while True:
        shape = _pool(rng, what, op, dilated)
        if shape.window.taps <= taps and shape.macs <= macs and shape.elements <= ELEMENTS:
            return shape


def dense_shape(rng: np.random.Generator, *, depth: int, macs: int = MACS) -> tuple[int, int, int]:
    """Draw (rows, depth, outputs) of a matrix product, one of them large."""
    what = between(rng, 0, 2)
    while True:
        drawn = [between(rng, 1, int(rng.choice([1, 6]))) for _ in range(3)]
        drawn[what] = far(rng, "tensor.features", depth if what == 1 else None)
        if math.prod(drawn) <= macs:
            return drawn[0], drawn[1], drawn[2]


def _pairs(rng: np.random.Generator, *highs: tuple[int, int]) -> list[list[int]]:
    return [[between(rng, low, high), between(rng, low, high)] for low, high in highs]


def _size(rng: np.random.Generator, what: str, window: Window, lean: bool = False) -> tuple[int, int]:
    """An image on which the window has a few places along each axis, and many along one that is large."""
    sizes = []
    for axis, name in enumerate(AXES):
        reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1 - 2 * window.padding[axis]
        more = between(rng, 0, 1) if lean else window.stride[axis] * between(rng, 0, 2) + between(rng, 0, 3)
        if what == f"size {name}":
            more = far(rng, f"tensor.{'height' if axis == 0 else 'width'}", 1 << 13)
        sizes.append(max(reach, 1) + more)
    return sizes[0], sizes[1]


def _conv(rng: np.random.Generator, what: str, depth: int, lean: bool) -> Shape:
    """lean: all else is as small as can be, so that what is large may be as large as is legal."""
    most = 1 if lean else 2
    kernel, stride, padding, dilation = _pairs(rng, (1, most + 1), (1, 2), (0, most), (1, 2))
    per_group, outputs, groups = between(rng, 1, most), between(rng, 1, most), between(rng, 1, most)
    name, _, along = what.partition(" ")
    if along and name != "size":
        axis = AXES.index(along)
        if name == "kernel":
            kernel[axis], kernel[1 - axis], per_group = far(rng, f"conv2d.weight.kernel_{along}", depth), 1, 1
        elif name == "stride":
            stride[axis] = far(rng, f"conv2d.stride.{along}")
        elif name == "padding":
            padding[axis] = far(rng, f"conv2d.padding.{along}")
            stride[axis] = max(-(-padding[axis] // between(rng, 1, 4)), 1)  # few places, one of them on the image
        else:
            dilation[axis], kernel[axis] = far(rng, f"conv2d.dilation.{along}"), between(rng, 2, 4)
    elif name == "in":
        per_group = far(rng, "conv2d.weight.in", depth)
    elif name == "out":
        outputs, per_group = far(rng, "conv2d.weight.out", 1 << 11), 1
    elif name == "groups":
        groups, per_group, outputs = far(rng, "conv2d.groups", 1 << 10), 1, 1
    if name in ("in", "out", "groups"):
        kernel, padding = _pairs(rng, (1, most), (0, most - 1))
    window = Window(
        kernel=(kernel[0], kernel[1]),
        stride=(stride[0], stride[1]),
        padding=(padding[0], padding[1]),
        dilation=(dilation[0], dilation[1]),
    )
    return Shape(
        what=what,
        batch=between(rng, 1, most),
        per_group=per_group,
        outputs=outputs,
        groups=groups,
        window=window,
        size=_size(rng, what, window, lean and name in ("in", "out", "groups")),
    )


def _pool(rng: np.random.Generator, what: str, op: str, dilated: bool) -> Shape:
    kernel, stride, dilation = _pairs(rng, (1, 3), (1, 3), (1, 2 if dilated else 1))
    channels = between(rng, 1, 3)
    name, _, along = what.partition(" ")
    if along and name != "size":
        axis = AXES.index(along)
        if name in ("kernel", "padding"):
            kernel[axis], dilation[axis] = far(rng, f"{op}.kernel.{along}"), 1
        elif name == "stride":
            stride[axis] = far(rng, f"{op}.stride.{along}")
        else:
            dilation[axis], kernel[axis] = far(rng, f"{op}.dilation.{along}"), between(rng, 2, 4)
    elif name == "channels":
        channels = far(rng, "tensor.channels", 1 << 11)
    padding = [between(rng, 0, extent // 2) for extent in kernel]
    if name == "padding":
        padding[AXES.index(along)] = far(rng, f"{op}.padding.{along}", kernel[AXES.index(along)] // 2)
    window = Window(
        kernel=(kernel[0], kernel[1]),
        stride=(stride[0], stride[1]),
        padding=(padding[0], padding[1]),
        dilation=(dilation[0], dilation[1]),
    )
    unpadded = Window(kernel=window.kernel, stride=window.stride, dilation=window.dilation)
    size = _size(rng, what, unpadded)
    return Shape(what=what, batch=1, per_group=1, outputs=1, groups=channels, window=window, size=size)
