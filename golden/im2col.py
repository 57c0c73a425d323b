"""im2col: the padded frame of a batch and the gathers that turn a convolution into matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from golden.exact import Matrix
from golden.formats import IntArray
from golden.window import Pair, Window


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """Images with zero padding, each channel in one flat row: data[c, n·image + y·pitch + x] is padded pixel (y, x).

    Neighbours share padding: the columns right of a row are those left of the next one, and the same for the rows
    between two images. At stride 1 a kernel tap of the whole batch is then one contiguous slice of data[c];
    the few positions that straddle two rows are computed and not read.

    data: (C, T) float32, float64 or int64; window: the sliding window; batch: N; size: (OH, OW).
    """

    data: Matrix
    pitch: int
    image: int
    window: Window
    batch: int
    size: Pair

    @property
    def positions(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and element strides of the output positions: one flat run at stride 1, else (N, OH, OW)."""
        (sh, sw), (oh, ow) = self.window.stride, self.size
        if self.window.stride == (1, 1):
            return ((self.batch - 1) * self.image + (oh - 1) * self.pitch + ow,), (1,)
        return (self.batch, oh, ow), (self.image, sh * self.pitch, sw)

    def images(self, start: int, stop: int) -> Frame:
        """Return the frame of images start..stop - 1, without a copy."""
        return Frame(
            data=self.data[:, start * self.image :],
            pitch=self.pitch,
            image=self.image,
            window=self.window,
            batch=min(stop, self.batch) - start,
            size=self.size,
        )

    def gather(self, taps: Pair, shape: tuple[int, ...], strides: tuple[int, ...]) -> Matrix:
        """Return the view (C, rows, columns, *shape) of `taps` kernel taps at the positions given."""
        (dh, dw), item = self.window.dilation, self.data.itemsize
        steps = (dh * self.pitch, dw, *strides)
        return as_strided(
            self.data,
            (self.data.shape[0], *taps, *shape),
            (self.data.strides[0], *(step * item for step in steps)),
            writeable=False,
        )

    def scatter(self, columns: Matrix) -> npt.NDArray[Any]:
        """View contiguous results at the output positions (R, M) as (N, R, OH, OW)."""
        (oh, ow), item = self.size, columns.itemsize
        flat = self.window.stride == (1, 1)
        image, pitch = (self.image, self.pitch) if flat else (oh * ow, ow)
        return as_strided(
            columns,
            (self.batch, columns.shape[0], oh, ow),
            (image * item, columns.strides[0], pitch * item, item),
            writeable=False,
        )


def make_frame(x: IntArray, window: Window, zero_point: int, dtype: type[np.generic]) -> Frame:
    """Lay (N, C, H, W) out in a frame of x - zp, converted to dtype; padding holds 0.

    The caller proves that the conversion is exact.
    """
    (batch, channels, height, width), (ph, pw) = x.shape, window.padding
    rows, pitch = height + ph, width + pw
    data: Matrix = np.zeros((channels, (batch * rows + ph) * pitch + pw), dtype)
    item = data.itemsize
    inside = as_strided(
        data[:, ph * pitch + pw :],
        (batch, channels, height, width),
        (rows * pitch * item, data.strides[0], pitch * item, item),
    )
    inside[...] = x
    if zero_point:
        inside -= np.asarray(zero_point, dtype)
    return Frame(
        data=data, pitch=pitch, image=rows * pitch, window=window, batch=batch, size=window.output_size(height, width)
    )
