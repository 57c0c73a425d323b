"""Where a tensor of the file lies in golden: its edge, the order of its elements, its format."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.importing.tflite.schema import TfliteTensor

FORMATS = {"INT8": IntFormat(bits=8, signed=True), "UINT8": IntFormat(bits=8, signed=False)}
"""Of activations, by type."""
NO_PADS = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A tensor of the file in golden.

    edge: its name there; shape: there, (C, H, W) of a map; order: of each element of the source's tensor, which
    element of the edge it is; lo, hi: its values lie there; pads: rows above, below, columns left and right of zero
    points that the source's tensor has and the edge has not; rows: of a vector whose elements lie as those of a map,
    (C, H, W) of that, else empty.
    """

    edge: str
    shape: tuple[int, ...]
    order: IntArray
    lo: int
    hi: int
    pads: tuple[int, int, int, int] = NO_PADS
    rows: tuple[int, ...] = ()


def format_of(tensor: TfliteTensor) -> IntFormat:
    """Of an activation."""
    return FORMATS[tensor.type]


def every_integer(tensor: TfliteTensor) -> IntArray:
    """All that an activation's format has, from the least to the largest."""
    fmt = format_of(tensor)
    return np.arange(fmt.lo, fmt.hi + 1, dtype=np.int64)


def sample_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of a source's shape: without its batch, which is 1; a tensor that begins with another extent has none.

    >>> sample_shape((1, 8, 6, 3)), sample_shape((5, 8)), sample_shape((1,))
    ((8, 6, 3), (5, 8), (1,))
    """
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape


def golden_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of a source's shape without batch: a map (H, W, C) becomes (C, H, W).

    >>> golden_shape((8, 6, 3)), golden_shape((10,))
    ((3, 8, 6), (10,))
    """
    return (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape


@lru_cache(maxsize=64)
def golden_order(shape: tuple[int, ...]) -> IntArray:
    """Which element of the edge each element of the source's tensor is, where the edge has `golden_shape`.

    >>> golden_order((1, 2, 3)).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    numbers = np.arange(math.prod(shape), dtype=np.int64).reshape(golden_shape(shape))
    order = numbers.transpose(1, 2, 0).reshape(-1) if len(shape) == 3 else numbers.reshape(-1)
    order.setflags(write=False)
    return order


def zero_point(tensor: TfliteTensor) -> int:
    """Of an activation."""
    return tensor.zero_points[0] if tensor.zero_points else 0
