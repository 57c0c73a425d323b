"""How a tensor lies in the activation memory, and the way there and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Layout:
    """NHWC words of `rows` channels, channel word fastest.

    Channel c lies in bank c mod rows. A tensor with few channels (C <= rows / 2) would leave most banks empty; there
    bank r holds channel r mod C, so that one word gives several window taps their operands (see `t2c.mapping.tiles`).

    channels, height, width: of the map; rows: ROWS; shape: of the tensor as the graph sees it, (C, H, W) or flattened.
    """

    channels: int
    height: int
    width: int
    rows: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], rows: int) -> Layout:
        """Layout of a tensor of shape (C, H, W) or (F,).

        Raises:
            ShapeError: another rank.
        """
        if len(shape) not in (1, 3):
            raise ShapeError(f"shape {shape}: the core holds (C, H, W) and (F,)")
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        return cls(channels=channels, height=height, width=width, rows=rows, shape=shape)

    def flattened(self) -> Layout:
        """The same words read as a vector; golden flattens C slowest."""
        size = self.channels * self.height * self.width
        return Layout(channels=self.channels, height=self.height, width=self.width, rows=self.rows, shape=(size,))

    @property
    def copies(self) -> int:
        """How often a word holds each channel: more than once for few channels."""
        return max(1, self.rows // self.channels)

    @property
    def words(self) -> int:
        """Memory words of a pixel."""
        return -(-self.channels // self.rows)

    @property
    def row_words(self) -> int:
        """Memory words of an image row."""
        return self.width * self.words

    @property
    def size(self) -> int:
        """Memory words of an image."""
        return self.height * self.row_words

    @cached_property
    def held(self) -> IntArray:
        """Channel held by (word, bank): (words, rows), -1 where a bank holds nothing."""
        lane = np.arange(self.words * self.rows, dtype=np.int64)
        if self.copies > 1:
            lane = np.where(lane < self.copies * self.channels, lane % self.channels, -1)
        return np.where(lane < self.channels, lane, -1).reshape(self.words, self.rows)

    def to_words(self, tensor: IntArray) -> IntArray:
        """Lay out a batch.

        Args:
            tensor: (N, *shape) integers.

        Returns:
            (N * size, rows), same dtype; banks without a channel hold 0.
        """
        maps = tensor.reshape(tensor.shape[0], self.channels, self.height, self.width)
        words = np.where(self.held >= 0, np.moveaxis(maps, 1, -1)[..., np.maximum(self.held, 0)], 0)
        return words.reshape(-1, self.rows)

    def kept(self) -> npt.NDArray[np.bool_]:
        """Which banks of the words of one image hold a channel: (size, rows)."""
        return np.tile(self.held >= 0, (self.height * self.width, 1))

    def coordinate(self, word: int, bank: int) -> tuple[int, int, int, int]:
        """Map coordinate (n, c, y, x) of a bank of a word of a batch."""
        n, rest = divmod(word, self.size)
        y, x, w = np.unravel_index(rest, (self.height, self.width, self.words))
        return n, int(self.held[w, bank]), int(y), int(x)

    def elements(self) -> int:
        """Values of one image's tensor."""
        return math.prod(self.shape)
