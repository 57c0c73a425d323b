"""What moves no number from one value to another: other shapes, orders of axes, parts, and parts joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import check_int, integers
from t2c.golden.errors import ShapeError

MAX_AXES = 8
"""Of a tensor without its batch."""


def check_axes(shape: Sequence[int]) -> None:
    """Refuse a tensor of more than MAX_AXES axes; raise ShapeError."""
    if not 1 <= len(shape) <= MAX_AXES:
        raise ShapeError(f"shape {shown(tuple(shape))} does not have 1 to {MAX_AXES} axes")


def reshaped(shape: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the wanted shape; raise ShapeError unless it has as many elements, on 1..MAX_AXES axes."""
    check_axes(wanted)
    if min(wanted) < 1 or math.prod(wanted) != math.prod(shape):
        raise ShapeError(f"shape {tuple(shape)} has not the elements of {shown(tuple(wanted))}")
    return tuple(wanted)


def transposed(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape with its axes in that order; raise ShapeError unless it names each of at most MAX_AXES once."""
    check_axes(shape)
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(f"axes = {shown(tuple(axes))} does not name each axis of shape {tuple(shape)} once")
    return tuple(shape[axis] for axis in axes)


def sliced(shape: Sequence[int], axis: int, start: int, length: int) -> tuple[int, ...]:
    """Return the shape of a part; raise RangeError unless there is such an axis and the part lies on it."""
    check_axes(shape)
    extent = shape[check_int("axis", axis, 0, len(shape) - 1)]
    check_int("start", start, 0, extent - 1)
    check_int("length", length, 1, extent - start)
    return (*shape[:axis], length, *shape[axis + 1 :])


def joined(shapes: Sequence[Sequence[int]], axis: int) -> tuple[int, ...]:
    """Return the shape of parts joined; raise ShapeError if they differ along another axis, RangeError without that."""
    if not shapes:
        raise ShapeError("there are no parts to join")
    first = tuple(shapes[0])
    check_axes(first)
    check_int("axis", axis, 0, len(first) - 1)
    for shape in shapes:
        if len(shape) != len(first) or (*shape[:axis], *shape[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
            raise ShapeError(f"shapes {first} and {tuple(shape)} differ in more than axis {axis}")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def reshape(x: npt.ArrayLike, shape: Sequence[int]) -> npt.NDArray[Any]:
    """Read each sample in another shape, its last axis quickest: (N, *old) becomes (N, *shape).

    Args:
        x: (N, ...) int; scale, zero point and dtype carry over.
        shape: of a sample, with as many elements.

    Raises:
        RangeError: a float dtype.
        ShapeError: see `reshaped`.

    Source: docs/arithmetic.md section 5.

    >>> reshape([[1, 2, 3, 4, 5, 6]], (3, 2)).tolist()
    [[[1, 2], [3, 4], [5, 6]]]
    """
    values = integers("x", x)
    return np.ascontiguousarray(values).reshape(values.shape[0], *reshaped(values.shape[1:], shape))


def transpose(x: npt.ArrayLike, axes: Sequence[int]) -> npt.NDArray[Any]:
    """Put the axes of each sample in another order: axis i of the result is axis axes[i] of x, the batch not counted.

    Raises:
        RangeError: a float dtype.
        ShapeError: see `transposed`.

    Source: docs/arithmetic.md section 5.

    >>> transpose([[[1, 2], [3, 4], [5, 6]]], (1, 0)).tolist()
    [[[1, 3, 5], [2, 4, 6]]]
    """
    values = integers("x", x)
    transposed(values.shape[1:], axes)
    return values.transpose(0, *(axis + 1 for axis in axes))


def part(x: npt.ArrayLike, *, axis: int, start: int, length: int) -> npt.NDArray[Any]:
    """Take start .. start + length - 1 along an axis of each sample.

    Raises:
        RangeError: a float dtype, or see `sliced`.

    Source: docs/arithmetic.md section 5.

    >>> part([[[1, 2, 3], [4, 5, 6]]], axis=1, start=1, length=2).tolist()
    [[[2, 3], [5, 6]]]
    """
    values = integers("x", x)
    sliced(values.shape[1:], axis, start, length)
    return values[(slice(None),) * (axis + 1) + (slice(start, start + length),)]


def concatenate(parts: Sequence[npt.ArrayLike], *, axis: int) -> npt.NDArray[Any]:
    """Join parts along an axis of each sample, in their order.

    Raises:
        RangeError: a float dtype, or see `joined`.
        ShapeError: see `joined`, or the batches differ.

    Source: docs/arithmetic.md section 5.

    >>> concatenate([[[1, 2]], [[3]]], axis=0).tolist()
    [[1, 2, 3]]
    """
    values = [integers("x", value) for value in parts]
    joined([value.shape[1:] for value in values], axis)
    if len({value.shape[0] for value in values}) > 1:
        raise ShapeError(f"concatenate: batches of {[value.shape[0] for value in values]} samples")
    return np.concatenate(values, axis=axis + 1)
