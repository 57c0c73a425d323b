"""Clip bounds of each output channel: what a chip leaves that saturates sums before channels have their own scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, as_int64
from t2c.golden.errors import RangeError, ShapeError


@dataclass(frozen=True, kw_only=True, eq=False)
class ChannelClip:
    """channel_lo, channel_hi: (C,) int, bounds of each channel inside lo..hi of the layer (docs/arithmetic.md 3).

    Raises:
        RangeError: a bound of a channel above the other, or a float dtype.
        ShapeError: not two vectors of one length.
    """

    channel_lo: IntArray
    channel_hi: IntArray

    def __post_init__(self) -> None:
        for name in ("channel_lo", "channel_hi"):
            object.__setattr__(self, name, as_int64(name, getattr(self, name)))
        low, high = self.channel_lo, self.channel_hi
        if low.ndim != 1 or low.shape != high.shape:
            raise ShapeError(f"channel_lo and channel_hi: shapes {low.shape} and {high.shape} are not equal vectors")
        if (low > high).any():
            c = int(np.argmax(low > high))
            raise RangeError(f"channel_lo[{c}] = {low[c]} is above channel_hi[{c}] = {high[c]}")

    def check(self, channels: int, lo: int, hi: int) -> None:
        """Refuse bounds for another number of channels, or outside lo..hi; raise ShapeError or RangeError."""
        if self.channel_lo.size != channels:
            raise ShapeError(f"channel_lo: {self.channel_lo.size} bounds for {channels} channels of constants")
        least, most = int(self.channel_lo.min()), int(self.channel_hi.max())
        if least < lo or most > hi:
            raise RangeError(f"channel_lo..channel_hi: {least}..{most} is outside {lo}..{hi}")

    def applied(self, results: npt.NDArray[Any], channel_axis: int) -> npt.NDArray[Any]:
        """Return results, already within lo..hi, clipped to the bounds of their channels, in their own dtype.

        >>> clip = ChannelClip(channel_lo=np.array([-1, 0]), channel_hi=np.array([1, 5]))
        >>> clip.applied(np.array([[-9, 9], [-2, 3]]), 0).tolist()
        [[-1, 1], [0, 3]]
        """
        shape = [1] * results.ndim
        shape[channel_axis] = self.channel_lo.size
        low, high = (bounds.astype(results.dtype).reshape(shape) for bounds in (self.channel_lo, self.channel_hi))
        clipped: npt.NDArray[Any] = np.clip(results, low, high)
        return clipped
