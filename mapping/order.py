"""The order in which a layer's results leave the engine, and the way back to tensor coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from golden.formats import IntArray


@dataclass(frozen=True, kw_only=True)
class OutputOrder:
    """Words of `cols` channels: column tile slowest, then image, y, x.

    channels, height, width: of the output tensor; cols: lanes of a word.
    """

    channels: int
    height: int
    width: int
    cols: int

    @property
    def col_tiles(self) -> int:
        """ceil(channels / cols)."""
        return -(-self.channels // self.cols)

    def words(self, images: int) -> int:
        """Words for so many images."""
        return self.col_tiles * images * self.height * self.width

    def to_words(self, output: IntArray) -> IntArray:
        """Lay out a tensor in this order.

        Args:
            output: (N, channels, height, width), or (N, channels) if height = width = 1.

        Returns:
            (words, cols) int64; lanes without a channel hold 0.
        """
        maps = output.reshape(output.shape[0], self.channels, self.height, self.width)
        spare = self.col_tiles * self.cols - self.channels
        padded = np.pad(maps, ((0, 0), (0, spare), (0, 0), (0, 0)))
        lanes = padded.reshape(maps.shape[0], self.col_tiles, self.cols, self.height, self.width)
        return lanes.transpose(1, 0, 3, 4, 2).reshape(-1, self.cols)

    def kept(self, images: int) -> npt.NDArray[np.bool_]:
        """Which lanes are real channels: (words, cols)."""
        real = np.arange(self.col_tiles * self.cols) < self.channels
        return np.repeat(real.reshape(self.col_tiles, self.cols), images * self.height * self.width, axis=0)

    def coordinate(self, word: int, lane: int, images: int) -> tuple[int, int, int, int]:
        """Tensor coordinate (n, c, y, x) of a lane of a word."""
        tile, n, y, x = np.unravel_index(word, (self.col_tiles, images, self.height, self.width))
        return int(n), int(tile) * self.cols + lane, int(y), int(x)
