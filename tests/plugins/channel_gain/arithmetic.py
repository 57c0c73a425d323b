"""The sums of channel_gain."""

from __future__ import annotations

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import ShapeError


def channel_gain(x: IntArray, gain: IntArray, *, zero_point: int = 0) -> IntArray:
    """acc[n, c, y, x] = (x[n, c, y, x] - zp) gain[c].

    Args:
        x: (N, C, H, W) int64; gain: (C,) int64; zero_point: of x.

    Returns:
        int64, shape of x. Exact.

    Raises:
        ShapeError: there is not one gain a channel.
    """
    if x.ndim != 4 or gain.shape != x.shape[1:2]:
        raise ShapeError(f"channel_gain: {gain.shape} gains for x of shape {x.shape}")
    return (x - zero_point) * gain.reshape(-1, 1, 1)
