"""How a tensor lies in the activation memory, and the way there and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from t2c.contract.strides import Axis, Stride, axis_of, merged
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where each element of a tensor lies: NHWC words of `rows` channels, channel word fastest.

    The element at index i has channel `channel` + sum i_k * channels_k in bank channel mod rows, at the address
    `word` + channel // rows + sum i_k * words_k from the image's first word. So a tensor has words of its own (`of`,
    `of_rows`, `of_heads`), or is a view of another one's words: `t2c.mapping.views`.

    A tensor with few channels (C <= rows / 2) would leave most banks empty; there bank r holds channel r mod C, so that
    one word gives several window taps their operands (see `t2c.mapping.tiles`).

    shape: of the tensor as the graph sees it; rows: ROWS; axes: of the shape; size: memory words of an image of the
    tensor that has the words; channel, word: of the first element; copies: how often a word holds each channel, more
    than once for few channels; period: banks from copy to copy; lanes: of each channel of the tensor that has the
    words, in place of its number above, where the array gives them in another order (`t2c.mapping.column_order`).
    """

    shape: tuple[int, ...]
    rows: int
    axes: tuple[Axis, ...]
    size: int
    channel: int = 0
    word: int = 0
    copies: int = 1
    period: int = 0
    lanes: tuple[int, ...] = ()

    # ------------------------------------------------------------------ tensors with words of their own
    @classmethod
    def of(cls, shape: tuple[int, ...], rows: int, *, copies: int | None = None) -> Self:
        """Layout of a map (C, H, W) or of a vector (F,). copies: as many as find room, unless said.

        Raises:
            ShapeError: another rank.
        """
        if len(shape) not in (1, 3):
            raise ShapeError(f"shape {shape}: the core holds (C, H, W) and (F,)")
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        copies = max(1, rows // channels) if copies is None else copies
        return cls._own(shape, rows, (0, 1, 2)[: len(shape)], (channels, height, width), copies=copies)

    @classmethod
    def of_lanes(cls, shape: tuple[int, ...], rows: int, lanes: tuple[int, ...]) -> Self:
        """Layout of a map (C, H, W) or a vector (F,) with each channel in a lane of its own choice. No copies."""
        grid = (shape[0], *(shape[1:] or (1, 1)))
        return cls._own(shape, rows, (0, 1, 2)[: len(shape)], grid, lanes=lanes)

    @classmethod
    def of_rows(cls, shape: tuple[int, ...], rows: int) -> Self:
        """Layout of rows (..., S): S are the channels, what comes before them are pixels. There are no copies."""
        *before, channels = shape
        made = cls._own((channels, math.prod(before), 1), rows, (0, 1, 2), (channels, math.prod(before), 1))
        steps = [math.prod(before[axis + 1 :]) * made.words for axis in range(len(before))]
        axes = (*(axis_of(extent, words=step) for extent, step in zip(before, steps, strict=True)), made.axes[0])
        return cls(shape=shape, rows=rows, axes=axes, size=made.size)

    @classmethod
    def of_heads(cls, shape: tuple[int, ...], rows: int) -> Self:
        """Layout of heads (H, T, D) side by side, as the map (H * D, T, 1): head h has channels h * D.. . No copies.

        Raises:
            ShapeError: another rank.
        """
        if len(shape) != 3:
            raise ShapeError(f"shape {shape}: heads are (H, T, D)")
        heads, tokens, depth = shape
        made = cls._own((heads * depth, tokens, 1), rows, (0, 1, 2), (heads * depth, tokens, 1))
        axes = (axis_of(heads, channels=depth), made.axes[1], axis_of(depth, channels=1))
        return cls(shape=shape, rows=rows, axes=axes, size=made.size)

    @classmethod
    def of_parts(cls, shape: tuple[int, ...], rows: int, *, part: int) -> Self:
        """Layout of a map whose every `part` channels begin with a memory word of their own. No copies."""
        channels, height, width = shape
        lanes = -(-part // rows) * rows
        grid = (channels // part * lanes, height, width)
        made = cls._own(grid, rows, (0, 1, 2), grid)
        axis = (*axis_of(channels // part, channels=lanes), *axis_of(part, channels=1))
        return cls(shape=shape, rows=rows, axes=(axis, *made.axes[1:]), size=made.size)

    @classmethod
    def lanewise(cls, shape: tuple[int, ...], sources: Sequence[Layout]) -> Self:
        """Layout of what a step makes of maps bank by bank: the channels stay in the banks of the first source.

        Raises:
            ShapeError: a source is not a map.
        """
        first = sources[0]
        alike = len({(source.copies, source.period) for source in sources}) == 1
        copies, period = (first.copies, first.period) if alike else (1, 0)
        order = (0, 1, 2)[: len(shape)]
        grid = (shape[0], *(shape[1:] or (1, 1)))
        lanes = first.lanes if all(source.lanes == first.lanes for source in sources) else ()
        return cls._own(shape, first.rows, order, grid, bank=first.bank, copies=copies, period=period, lanes=lanes)

    @classmethod
    def _own(
        cls,
        shape: tuple[int, ...],
        rows: int,
        order: Sequence[int],
        grid: Sequence[int],
        *,
        bank: int = 0,
        copies: int = 1,
        period: int = 0,
        lanes: tuple[int, ...] = (),
    ) -> Self:
        """A tensor whose axes are those of a grid (C, H, W), in that order, with the first channel in `bank`."""
        channels, height, width = grid
        words = -(-(max(lanes) + 1 if lanes else bank + channels) // rows)
        axes = (
            axis_of(channels, channels=1),
            axis_of(height, words=width * words),
            axis_of(width, words=words),
        )
        return cls(
            shape=shape,
            rows=rows,
            axes=tuple(axes[axis] for axis in order),
            size=height * width * words,
            channel=bank,
            copies=copies,
            period=(period or channels) if copies > 1 else 0,
            lanes=lanes,
        )

    # ------------------------------------------------------------------ element by element
    def elements(self) -> int:
        """Values of one image's tensor."""
        return math.prod(self.shape)

    @cached_property
    def places(self) -> tuple[IntArray, IntArray]:
        """Word of an image, and bank, of every element in golden's order: of its first copy."""
        channel, word = np.array(self.channel), np.array(self.word)
        for stride in (factor for axis in self.axes for factor in axis):
            index = np.arange(stride.extent)
            channel = channel[..., np.newaxis] + index * stride.channels
            word = word[..., np.newaxis] + index * stride.words
        lane = np.array(self.lanes)[channel] if self.lanes else channel
        return (word + lane // self.rows).reshape(-1), (lane % self.rows).reshape(-1)

    def to_words(self, tensor: IntArray) -> IntArray:
        """Lay out a batch.

        Args:
            tensor: (N, *shape) integers.

        Returns:
            (N * size, rows), same dtype; banks without an element of it hold 0.
        """
        values = tensor.reshape(tensor.shape[0], -1)
        word, bank = self.places
        words = np.zeros((len(values), self.size, self.rows), dtype=tensor.dtype)
        for copy in range(self.copies):
            words[:, word, bank + copy * self.period] = values
        return words.reshape(-1, self.rows)

    @cached_property
    def _index(self) -> IntArray:
        """Number of the element in every bank of every word of an image, -1 where there is none."""
        return self.to_words(np.arange(1, 1 + self.elements())[np.newaxis]) - 1

    def kept(self) -> npt.NDArray[np.bool_]:
        """Which banks of the words of one image hold an element: (size, rows)."""
        return self._index >= 0

    def first_copies(self) -> npt.NDArray[np.bool_]:
        """Of `kept`, the first copy of each element."""
        found = np.zeros((self.size, self.rows), dtype=np.bool_)
        found[self.places] = True
        return found

    def coordinate(self, word: int, bank: int) -> tuple[int, ...]:
        """Image, then index in golden's tensor, of a bank of a word of a batch, which must hold an element."""
        n, rest = divmod(word, self.size)
        return n, *(int(index) for index in np.unravel_index(self._index[rest, bank], self.shape))

    @property
    def extent(self) -> int:
        """Memory words from the one with the first element to the one with the last."""
        strides = [stride for axis in self.axes for stride in axis]
        channel, word = (
            sum((each.extent - 1) * step for each, step in zip(strides, steps, strict=True))
            for steps in ([each.channels for each in strides], [each.words for each in strides])
        )
        last = max(self.lanes) if self.lanes else self.bank + channel
        return word + last // self.rows + 1

    # ------------------------------------------------------------------ as the engine walks it
    @cached_property
    def _map(self) -> tuple[Stride, Stride, Stride]:
        """Steps of channels, image rows and pixels.

        A map (C, H, W) has them on its axes. A vector is what is left of a flattened map: C slowest, then H, then W.
        """
        axes = [merged(axis) for axis in self.axes]
        if len(axes) == 1:
            channels = [stride for stride in self.axes[0] if stride.channels]
            pixels = self.axes[0][len(channels) :]
            pixels = pixels if len(pixels) == 2 else merged(pixels)
            axes = [merged(channels), pixels[:1], pixels[1:]]
        if len(axes) == 3 and all(len(axis) <= 1 for axis in axes):
            depth, height, width = (axis[0] if axis else Stride(extent=1) for axis in axes)
            even = depth.extent == 1 or (depth.channels, depth.words) == (1, 0)
            even &= not self.lanes or (self.channel == 0 and depth.extent == len(self.lanes))
            if even and not height.channels and not width.channels:
                return depth, height, width
        raise ShapeError(f"shape {self.shape} does not lie as a map (C, H, W) or its vector in memory")

    @property
    def is_map(self) -> bool:
        """Whether the engine can walk it: as a map (C, H, W), or as the vector of one."""
        try:
            return bool(self._map)
        except ShapeError:
            return False

    @property
    def channels(self) -> int:
        """Of the map; as all that follows, raises ShapeError if the tensor does not lie as one."""
        return self._map[0].extent

    @property
    def height(self) -> int:
        """Of the map."""
        return self._map[1].extent

    @property
    def width(self) -> int:
        """Of the map."""
        return self._map[2].extent

    @property
    def bank(self) -> int:
        """Of the first channel."""
        return self.channel % self.rows

    @property
    def start(self) -> int:
        """Word with the first element, from the first one of the tensor that has the words."""
        return self.word + self.channel // self.rows

    @property
    def words(self) -> int:
        """Memory words that hold a pixel's channels."""
        return -(-(max(self.lanes) + 1 if self.lanes else self.bank + self.channels) // self.rows)

    @property
    def pixel_words(self) -> int:
        """Memory words from a pixel to the next one of its row."""
        _, rows, pixels = self._map
        return pixels.words or rows.words or self.words

    @property
    def row_words(self) -> int:
        """Memory words from an image row to the next."""
        _, rows, pixels = self._map
        return rows.words or pixels.extent * self.pixel_words

    @property
    def rows_follow(self) -> bool:
        """Whether an image row begins where the one before it would have its next pixel."""
        return self.row_words == self.width * self.pixel_words

    @property
    def dense(self) -> bool:
        """Whether the words of the pixels follow one another without gaps."""
        return self.rows_follow and self.pixel_words == self.words

    def same_places(self, other: Layout) -> bool:
        """Whether each element lies where the other layout, of the same tensor's words, has the one of that number."""
        if (self.size, self.copies, self.period) != (other.size, other.copies, other.period):
            return False
        return all(np.array_equal(mine, its) for mine, its in zip(self.places, other.places, strict=True))

    def beside(self) -> Self:
        """Layout of a tensor of its own whose words lie to one another as those of this map."""
        return replace(self, size=self.span(self.height), channel=self.bank, word=0)

    def lies_over(self, other: Layout) -> bool:
        """Whether each element lies in banks in which the other map has the channel of that number."""
        copied = self.copies == 1 or (self.copies <= other.copies and self.period == other.period)
        return copied and (self.bank, self.channels, self.lanes) == (other.bank, other.channels, other.lanes)

    def span(self, rows: int) -> int:
        """Memory words from the first to the last one of so many image rows."""
        return (rows - 1) * self.row_words + (self.width - 1) * self.pixel_words + self.words

    @cached_property
    def held(self) -> IntArray:
        """Channel of the map held by (channel word, bank): (words, rows), -1 where a bank holds none."""
        if self.lanes:
            channels = np.full(self.words * self.rows, -1, dtype=np.int64)
            channels[list(self.lanes)] = np.arange(len(self.lanes))
            return channels.reshape(self.words, self.rows)
        lane = np.arange(self.words * self.rows, dtype=np.int64)
        if self.copies > 1:
            lane = np.where(lane < self.copies * self.period, lane % self.period, -1)
        channel = lane - self.bank
        return np.where((channel >= 0) & (channel < self.channels), channel, -1).reshape(self.words, self.rows)
