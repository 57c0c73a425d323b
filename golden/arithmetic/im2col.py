"""im2col: the padded frame of a batch and the gathers that turn a convolution into matrix products."""

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
    """Images with zero padding, each channel in one flat row: data[c, n·image + y·pitch + x] is padded pixel (y, x).

    Neighbours share padding: the columns right of a row are those left of the next one, and the same for the rows
    between two images. At stride 1 a kernel tap of the whole batch is then one contiguous slice of data[c];
    the few positions that straddle two rows are computed and not read.

    lanes: (L, C, T) float32, float64 or int64 in scratch memory, of which lane 0 is `data` and the others are room
    for shifted copies; window: the sliding window; batch: N; extent: (H, W); size: (OH, OW).
    """

    lanes: Matrix
    pitch: int
    image: int
    window: Window
    batch: int
    extent: Pair
    size: Pair

    @property
    def data(self) -> Matrix:
        """The frame itself, (C, T)."""
        first: Matrix = self.lanes[0]
        return first

    @property
    def positions(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and element strides of the output positions: one flat run at stride 1, else (N, OH, OW)."""
        (sh, sw), (oh, ow) = self.window.stride, self.size
        if self.window.stride == (1, 1):
            return ((self.batch - 1) * self.image + (oh - 1) * self.pitch + ow,), (1,)
        return (self.batch, oh, ow), (self.image, sh * self.pitch, sw)

    def fill(self, x: npt.NDArray[Any]) -> Pair:
        """Write images (N, C, H, W) and zero padding, converted to the frame's type; return (min, max) of both."""
        (ph, pw), (height, width), data = self.window.padding, self.extent, self.data
        head = ph * self.pitch + pw
        data[:, :head] = 0
        rows = data[:, head:].reshape(len(data), self.batch, self.image // self.pitch, self.pitch)
        rows[:, :, :height, width:] = 0
        rows[:, :, height:] = 0
        np.copyto(rows[:, :, :height, :width].swapaxes(0, 1), x, casting="unsafe")
        return (int(data.min()), int(data.max())) if data.size else (0, 0)

    def shift(self, zero_point: int) -> None:
        """Subtract the zero point from the images, not from the padding."""
        (ph, pw), (height, width), data = self.window.padding, self.extent, self.data
        rows = data[:, ph * self.pitch + pw :].reshape(len(data), self.batch, self.image // self.pitch, self.pitch)
        rows[:, :, :height, :width] -= np.asarray(zero_point, data.dtype)

    def spread(self) -> Matrix:
        """Fill lane j with the frame moved left by j·dw and return the lanes: the taps of one kernel row.

        A channel's last elements come from the next channel; no output position reads them.
        """
        flat = self.lanes.reshape(len(self.lanes), -1)
        for lane in range(1, len(flat)):
            stop = max(flat.shape[1] - lane * self.window.dilation[1], 0)
            flat[lane, :stop] = flat[0, flat.shape[1] - stop :]
            flat[lane, stop:] = 0
        return self.lanes

    def gather(self) -> Matrix:
        """Return the view (C, KH, KW, *positions) of all kernel taps at the output positions."""
        (dh, dw), item, (shape, strides) = self.window.dilation, self.data.itemsize, self.positions
        steps = (dh * self.pitch, dw, *strides)
        return as_strided(
            self.data,
            (self.data.shape[0], *self.window.kernel, *shape),
            (self.data.strides[0], *(step * item for step in steps)),
            writeable=False,
        )

    def scatter(self, columns: Matrix) -> npt.NDArray[Any]:
        """View results (R, M) at the output positions, each row contiguous, as (N, R, OH, OW)."""
        (oh, ow), item = self.size, columns.itemsize
        flat = self.window.stride == (1, 1)
        image, pitch = (self.image, self.pitch) if flat else (oh * ow, ow)
        return as_strided(
            columns,
            (self.batch, columns.shape[0], oh, ow),
            (image * item, columns.strides[0], pitch * item, item),
            writeable=False,
        )


def make_frame(shape: tuple[int, ...], window: Window, lanes: int, dtype: type[np.generic]) -> Frame:
    """Return a frame with arbitrary contents for images of shape (N, C, H, W)."""
    (batch, channels, height, width), (ph, pw) = shape, window.padding
    rows, pitch = height + ph, width + pw
    return Frame(
        lanes=scratch("frame", (lanes, channels, (batch * rows + ph) * pitch + pw), dtype),
        pitch=pitch,
        image=rows * pitch,
        window=window,
        batch=batch,
        extent=(height, width),
        size=window.output_size(height, width),
    )
