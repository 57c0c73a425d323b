"""im2col: the lanes of a batch of images and the gathers that turn a convolution into matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from t2c.golden.arithmetic.exact import Matrix
from t2c.golden.arithmetic.window import Pair, Window
from t2c.golden.arithmetic.workspace import scratch

PAGE, NEAR = 4096, 256
"""Bytes; see `_spare`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """Images with zero padding, one lane per kernel column, each channel of a lane in one flat row.

    lanes[j, c, (n·(H + gap) + y)·OW + x] is padded row y of image n at the column that tap j of output column x reads.
    Neighbouring images share the padding between them: gap is the larger of top and bottom. So at vertical stride 1 a
    kernel tap of the whole batch is one contiguous slice; the few positions between two images are computed and not
    read.

    lanes: (KW, C, R·OW) float32, float64 or int64 in scratch memory, R = N·(H + gap) + top; window: the sliding window;
    batch: N; extent: (H, W); size: (OH, OW).
    """

    lanes: Matrix
    window: Window
    batch: int
    extent: Pair
    size: Pair

    @property
    def image(self) -> int:
        """Elements from one image to the next."""
        return (self.extent[0] + max(self.window.pads[0])) * self.size[1]

    @property
    def positions(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and element strides of the output positions: one flat run at vertical stride 1, else (N, OH, OW)."""
        sh, (oh, ow) = self.window.stride[0], self.size
        if sh == 1:
            return ((self.batch - 1) * self.image + oh * ow,), (1,)
        return (self.batch, oh, ow), (self.image, sh * ow, 1)

    def fill(self, x: npt.NDArray[Any], zero_point: int = 0) -> None:
        """Write x - zp of images x (N, C, H, W) and zero padding, both converted to the frame's type first."""
        width, left, ow = self.extent[1], self.window.before[1], self.size[1]
        step, dilation = self.window.stride[1], self.window.dilation[1]
        padded = self.lanes.reshape(*self.lanes.shape[:2], -1, ow)
        taps = range(-left, -left + len(padded) * dilation, dilation)
        whole = taps.index(0) if 0 in taps and step == 1 and ow == width else None
        if whole is not None:
            self._convert(padded[whole], x, slice(0, width), zero_point)
        for index, (lane, tap) in enumerate(zip(padded, taps, strict=True)):
            first = min(max(-(tap // step), 0), ow)
            end = max(min((width - 1 - tap) // step + 1, ow), first)
            if whole is None:
                read = slice(tap + first * step, tap + (end - 1) * step + 1, step) if end > first else slice(0, 0)
                self._convert(lane[..., first:end], x, read, zero_point)
            elif index != whole:
                self._shift(self.lanes[whole], self.lanes[index], tap)
            lane[..., :first] = 0
            lane[..., end:] = 0

    def _convert(self, lane: Matrix, x: npt.NDArray[Any], columns: slice, zero_point: int) -> None:
        """Write some columns of the images, and zeros above, between and below them, to columns of a lane."""
        height, (top, bottom) = self.extent[0], self.window.pads[0]
        lane[:, :top] = 0
        rows = lane[:, top:].reshape(len(lane), self.batch, height + max(top, bottom), lane.shape[-1])
        rows[:, :, height:] = 0
        inside = rows[:, :, :height]
        np.copyto(inside.swapaxes(0, 1), x[..., columns], casting="unsafe")
        if zero_point:
            inside -= np.asarray(zero_point, inside.dtype)

    @staticmethod
    def _shift(source: Matrix, target: Matrix, tap: int) -> None:
        """Copy a lane moved left by `tap` places; what crosses the end of a row is for the caller to clear."""
        count = max(source.shape[1] - abs(tap), 0)
        target[:, max(-tap, 0) : max(-tap, 0) + count] = source[:, max(tap, 0) : max(tap, 0) + count]

    def gather(self) -> Matrix:
        """Return the view (C, KH, KW, *positions) of all kernel taps at the output positions."""
        item, (shape, strides) = self.lanes.itemsize, self.positions
        lane, channel, _ = self.lanes.strides
        down = self.window.dilation[0] * self.size[1] * item
        return as_strided(
            self.lanes,
            (self.lanes.shape[1], *self.window.kernel, *shape),
            (channel, down, lane, *(step * item for step in strides)),
            writeable=False,
        )

    def scatter(self, columns: Matrix) -> npt.NDArray[Any]:
        """View results (R, M) at the output positions, each row contiguous, as (N, R, OH, OW)."""
        (oh, ow), item = self.size, columns.itemsize
        image = self.image if self.window.stride[0] == 1 else oh * ow
        return as_strided(
            columns,
            (self.batch, columns.shape[0], oh, ow),
            (image * item, columns.strides[0], ow * item, item),
            writeable=False,
        )


def make_frame(shape: tuple[int, ...], window: Window, dtype: type[np.generic]) -> Frame:
    """Return a frame with arbitrary contents for images of shape (N, C, H, W)."""
    batch, channels, height, width = shape
    size, (top, bottom) = window.output_size(height, width), window.pads[0]
    length = (batch * (height + max(top, bottom)) + top) * size[1]
    row = length + _spare(channels * length, channels, np.dtype(dtype).itemsize)
    return Frame(
        lanes=scratch("frame", (window.kernel[1], channels, row), dtype)[:, :, :length],
        window=window,
        batch=batch,
        extent=(height, width),
        size=size,
    )


def _spare(lane: int, channels: int, item: int) -> int:
    """Elements to add to each row so that the lanes do not lie a whole number of pages apart.

    A processor takes a load for one that waits for a store if their addresses agree in the last 12 bits: copying from
    lane to lane would be three times slower.
    """
    for spare in range(PAGE // item):
        if NEAR <= (lane + spare * channels) * item % PAGE <= PAGE - NEAR:
            return spare
    return 0
