"""Cutting a tensor into blocks, so that what is computed in int64 stays in cache."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import EllipsisType

BLOCK = 1 << 16
"""Elements of a block, if the last axes allow it: half a megabyte of int64."""

Index = tuple[slice | EllipsisType, ...]


def blocks(shape: tuple[int, ...]) -> Iterator[Index]:
    """Yield indices that cover a tensor of this shape: views of about BLOCK elements, cut along the leading axes.

    >>> [tuple((cut.start, cut.stop) for cut in block[:-1]) for block in blocks((2, 3, 1 << 15))]
    [((0, 1), (0, 2)), ((0, 1), (2, 4)), ((1, 2), (0, 2)), ((1, 2), (2, 4))]
    """
    if math.prod(shape) <= BLOCK:
        yield (...,)
        return
    step = max(1, BLOCK // math.prod(shape[1:]))
    for start in range(0, shape[0], step):
        cut = slice(start, start + step)
        yield from ((cut, *rest) for rest in (blocks(shape[1:]) if step == 1 else ((...,),)))


def broadcast(block: Index, shape: tuple[int, ...]) -> Index:
    """The index of the same block in an array that is broadcast to the tensor: all of an axis of extent 1.

    >>> broadcast((slice(3, 4), slice(0, 9), ...), (1, 32, 1))
    (slice(None, None, None), slice(0, 9, None), Ellipsis)
    """
    whole = [slice(None) if isinstance(cut, slice) and n == 1 else cut for cut, n in zip(block, shape, strict=False)]
    return tuple(whole)
