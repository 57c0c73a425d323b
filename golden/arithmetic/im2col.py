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


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """Images with zero padding, one lane per kernel column, each channel of a lane in one flat row.

    lanes[j, c, (n·(H + ph) + y)·OW + x] is padded row y of image n at the column that tap j of output column x reads.
    Neighbouring images share the padding between them. So at vertical stride 1 a kernel tap of the whole batch is one
    contiguous slice; the few positions between two images are computed and not read.

    lanes: (KW, C, R·OW) float32, float64 or int64 in scratch memory, R = N·(H + ph) + ph; window: the sliding window;
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
        return (self.extent[0] + self.window.padding[0]) * self.size[1]

    @property
    def positions(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and element strides of the output positions: one flat run at vertical stride 1, else (N, OH, OW)."""
        sh, (oh, ow) = self.window.stride[0], self.size
        if sh == 1:
            return ((self.batch - 1) * self.image + oh * ow,), (1,)
        return (self.batch, oh, ow), (self.image, sh * ow, 1)

    def fill(self, x: npt.NDArray[Any], zero_point: int = 0) -> None:
        """Write x - zp of images x (N, C, H, W) and zero padding, both converted to the frame's type first."""
        (height, width), (ph, pw), (_, ow) = self.extent, self.window.padding, self.size
        step, dilation = self.window.stride[1], self.window.dilation[1]
        padded = self.lanes.reshape(*self.lanes.shape[:2], -1, ow)
        padded[:, :, :ph] = 0
        rows = padded[:, :, ph:].reshape(*self.lanes.shape[:2], self.batch, height + ph, ow)
        rows[:, :, :, height:] = 0
        for lane, tap in zip(rows[:, :, :, :height], range(-pw, -pw + len(rows) * dilation, dilation), strict=True):
            first = min(max(-(tap // step), 0), ow)
            end = max(min((width - 1 - tap) // step + 1, ow), first)
            lane[..., :first] = 0
            lane[..., end:] = 0
            inside = lane[..., first:end]
            read = slice(tap + first * step, max(tap + (end - 1) * step + 1, 0), step)
            np.copyto(inside.swapaxes(0, 1), x[..., read] if end > first else x[..., :0], casting="unsafe")
            if zero_point:
                inside -= np.asarray(zero_point, inside.dtype)

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
    size, ph = window.output_size(height, width), window.padding[0]
    rows = batch * (height + ph) + ph
    return Frame(
        lanes=scratch("frame", (window.kernel[1], channels, rows * size[1]), dtype),
        window=window,
        batch=batch,
        extent=(height, width),
        size=size,
    )
