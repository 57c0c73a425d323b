"""Scratch memory that is kept between calls: fetching fresh pages can take as long as the arithmetic on them."""

from __future__ import annotations

import math
import threading

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.exact import Matrix

KEEP = 1 << 24
"""Bytes kept per slot and thread; a larger array is allocated anew and freed by its last reference."""


class _Slots(threading.local):
    """One buffer per slot name, seen by one thread only."""

    def __init__(self) -> None:
        self.buffers: dict[str, npt.NDArray[np.uint8]] = {}


_slots = _Slots()


def scratch(slot: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Matrix:
    """Return an array with arbitrary contents, valid until this thread asks for the same slot again.

    Never return it, or a view of it, to a caller of golden: copy the result out.

    >>> a, b = scratch("a", (2, 3), np.float32), scratch("b", (4,), np.int64)
    >>> a.shape, bool(np.shares_memory(a, b)), bool(np.shares_memory(a, scratch("a", (1,), np.int64)))
    ((2, 3), False, True)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = _slots.buffers.get(slot)
    if buffer is None or buffer.size < size:
        buffer = np.empty(size, np.uint8)
        if size <= KEEP:
            _slots.buffers[slot] = buffer
    result: Matrix = buffer[:size].view(dtype).reshape(shape)
    return result
