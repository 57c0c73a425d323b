"""Views: a tensor of another shape on the same words, found by the steps of its axes (`Stride`); nothing moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.strides import Axis, Stride, merged
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import ShapeError


def reshaped(layout: Layout, shape: tuple[int, ...]) -> Layout:
    """The elements in their order in another shape.

    Raises:
        ShapeError: an axis of it would take unequal steps in memory.
    """
    strides = [stride for axis in layout.axes for stride in axis]
    # Factors stay apart where the shape allows it, so that a flattened map keeps its height and width.
    axes = _regrouped(strides, shape) or _regrouped(merged(strides), shape)
    if axes is None:
        raise ShapeError(f"shape {layout.shape} does not lie in memory as {shape}")
    return replace(layout, shape=tuple(shape), axes=axes)


def _regrouped(strides: Sequence[Stride], shape: Sequence[int]) -> tuple[Axis, ...] | None:
    """Deal the factors out to axes of these extents, split where one ends inside; None if it does not come out even."""
    left, axes = list(strides), []
    for extent in shape:
        axis: list[Stride] = []
        while extent > 1:
            first = left.pop(0)
            taken = math.gcd(extent, first.extent)
            if taken not in (extent, first.extent):
                return None
            extent //= taken
            if taken < first.extent:
                inner = first.extent // taken
                left.insert(0, replace(first, extent=inner))
                first = Stride(extent=taken, channels=inner * first.channels, words=inner * first.words)
            axis.append(first)
        axes.append(tuple(axis))
    return tuple(axes)


def transposed(layout: Layout, axes: Sequence[int]) -> Layout:
    """The axes in another order: axis i is axis axes[i] of the layout."""
    return replace(
        layout,
        shape=tuple(layout.shape[axis] for axis in axes),
        axes=tuple(layout.axes[axis] for axis in axes),
    )


def sliced(layout: Layout, *, axis: int, start: int, length: int) -> Layout:
    """Elements start .. start + length - 1 of an axis.

    Raises:
        ShapeError: the axis would take unequal steps in memory.
    """
    found: list[Stride] = []
    channel, word, first, count = layout.channel, layout.word, start, length
    left = list(merged(layout.axes[axis]))
    while left:
        stride = left.pop(0)
        inner = math.prod(other.extent for other in left)
        if first % inner == 0 and count % inner == 0:  # whole steps of this factor
            found = [replace(stride, extent=count // inner), *left]
            left = []
        elif first // inner != (first + count - 1) // inner:
            part_of = f"{start}..{start + length - 1} of axis {axis} of shape {layout.shape}"
            raise ShapeError(f"{part_of} does not lie in memory at even steps")
        channel += first // inner * stride.channels
        word += first // inner * stride.words
        first %= inner
    shape = (*layout.shape[:axis], length, *layout.shape[axis + 1 :])
    part = tuple(stride for stride in found if stride.extent > 1)
    return replace(
        layout,
        shape=shape,
        axes=(*layout.axes[:axis], part, *layout.axes[axis + 1 :]),
        channel=channel,
        word=word,
    )


def as_flattened_map(layout: Layout) -> tuple[Layout, IntArray]:
    """A vector with its elements in the order of a flattened map: channels slowest, then what is further apart.

    Args:
        layout: of shape (F,).

    Returns:
        the layout of the vector in that order, and for each of its elements the number that it has in this one: (F,).
    """
    strides = merged(layout.axes[0])
    extents = tuple(stride.extent for stride in strides)
    order = sorted(range(len(strides)), key=lambda axis: (-strides[axis].channels, -strides[axis].words))
    turned = transposed(reshaped(layout, extents), order)
    numbers = np.arange(layout.elements()).reshape(extents).transpose(order)
    return reshaped(turned, layout.shape), numbers.reshape(-1)


def as_map_of_lanes(layout: Layout) -> tuple[Layout, IntArray]:
    """A map (C, H, W) whose channels leave gaps as the map of all lanes of its pixels' words, and which channel each
    lane has, -1 in a gap."""
    lane = np.array([layout.bank])
    for stride in layout.axes[0]:
        lane = np.add.outer(lane, np.arange(stride.extent) * stride.channels).reshape(-1)
    lanes = -(-(int(lane[-1]) + 1) // layout.rows) * layout.rows
    channels = np.full(lanes, -1, dtype=np.int64)
    channels[lane] = np.arange(len(lane))
    axis = (Stride(extent=lanes, channels=1),)
    whole = replace(
        layout,
        shape=(lanes, *layout.shape[1:]),
        axes=(axis, *layout.axes[1:]),
        channel=layout.channel - layout.bank,
    )
    return whole, channels


def plane(layout: Layout, index: int) -> Layout:
    """Part `index` along axis 0, without that axis: such as one head of (H, T, D)."""
    part = sliced(layout, axis=0, start=index, length=1)
    return replace(part, shape=part.shape[1:], axes=part.axes[1:])


def tokens_map(layout: Layout, *, channels: int) -> Layout:
    """A matrix of two axes as the map (channels, other axis, 1), whichever of its axes 0 and 1 the channels are.

    Raises:
        ShapeError: it does not lie so.
    """
    turned = layout if channels == 0 else transposed(layout, (1, 0))
    made = replace(turned, shape=(*turned.shape, 1), axes=(*turned.axes, ()))
    if not made.is_map:
        raise ShapeError(f"shape {layout.shape} has no channels on axis {channels}")
    return made
