"""The layout of the activation memory written a second time, straight from its page in docs/units."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray


def lay_out(tensor: IntArray, rows: int) -> IntArray:
    """Words of a batch (N, C, H, W) or (N, F): NHWC, channel c in bank c mod rows, copies where there is room."""
    maps = tensor.reshape(*tensor.shape, 1, 1) if tensor.ndim == 2 else tensor
    n, channels, height, width = maps.shape
    words = -(-channels // rows)
    memory = np.zeros((n, height, width, words, rows), dtype=np.int64)
    for channel in range(channels):
        memory[..., channel // rows, channel % rows] = maps[:, channel]
    for bank in range(channels, rows // channels * channels):
        memory[..., 0, bank] = maps[:, bank % channels]
    return memory.reshape(-1, rows)
