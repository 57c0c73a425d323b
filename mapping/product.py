"""Plan of a product of two activations: head by head, MOVE makes weights of the second operand and RUN multiplies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import ClassVar

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.errors import UnsupportedError
from t2c.mapping.layer import stage_fields
from t2c.mapping.plan import Axes, LayerPlan, Part, matrix_coordinate
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Head:
    """One product (M, K) x (K, O) of those that a node has; all three tensors are maps (channels, tokens, 1).

    a: (K, M, 1), whose words stream; b: that becomes weights, (K, O, 1) where it is transposed on the way, else
    (O, K, 1); out: (O, M, 1), whose first tile is column tile `first_tile` of the plan's constants.
    """

    a: Layout
    b: Layout
    out: Layout
    transpose: bool
    first_tile: int = 0

    @property
    def k_tiles(self) -> int:
        """Tiles along K: channel words of a."""
        return self.a.words


@dataclass(frozen=True, kw_only=True)
class HeadRun(ColumnRun):
    """Column tiles of one head, over K tiles first_word .. first_word + words - 1. head: its number."""

    head: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ProductPlan(LayerPlan):
    """A product of two activations. heads: in golden's order; stage: output stage.

    Where heads lie side by side in a memory word of results, the runs of all of them add up to it, each with weights of
    0 in the lanes of the others (ROWS = COLS); or each has column tiles of its own in it (ROWS > COLS), and those that
    it writes besides are written again.
    """

    moves: ClassVar[bool] = True
    axes: ClassVar[Axes] = ("head", "token", "column")

    heads: tuple[Head, ...]
    stage: OutputStage

    # ------------------------------------------------------------------ tensors, which are not cut into rows
    @property
    def height(self) -> int:
        return 1

    @property
    def width(self) -> int:
        return self.heads[0].a.height

    def source_words(self, source: int, first: int, last: int) -> tuple[int, int]:
        return 0, self.sources[source].extent

    def target_words(self, first: int, last: int) -> tuple[int, int]:
        return 0, self.target.extent

    def coordinate(self, index: Sequence[int]) -> tuple[int, int, int]:
        return matrix_coordinate(index, self.target.shape)

    @property
    def macs(self) -> int:
        return self.node.macs(self.edges)

    @property
    def has_sums(self) -> bool:
        return True

    # ------------------------------------------------------------------ column runs
    @property
    def runs(self) -> tuple[ColumnRun, ...]:
        return tuple(run for group in self.pieces(self.hardware.rows * self._most_tiles) for run in group)

    @property
    def _most_tiles(self) -> int:
        """Tiles of the array that the largest head has."""
        return max(head.k_tiles * head.out.words for head in self.heads) * self.hardware.groups

    @property
    def least_moved(self) -> int:
        return max(head.k_tiles for head in self.heads) * self.hardware.groups * self.hardware.rows

    def pieces(self, free: int | None = None) -> tuple[tuple[ColumnRun, ...], ...]:
        hardware, rows = self.hardware, self.hardware.wgt_depth if free is None else free
        words = hardware.par_depth // hardware.groups if free is None else hardware.par_depth
        if not words:
            text = f"PAR_DEPTH = {hardware.par_depth} holds not one word of constants"
            raise UnsupportedError(f"layer {self.node.name!r}: {text}")
        return tuple(piece for group in self._groups() for piece in self._cut(group, rows, words))

    def _groups(self) -> Iterator[tuple[HeadRun, ...]]:
        """Runs over all of K; those of a group add up to the same results."""
        if self.hardware.groups > 1:
            # The last head comes first, so that each rewrites what the one after it spoils in their common word.
            for number, (head, after) in reversed(
                list(enumerate(zip(self.heads, (*self.heads[1:], None), strict=True)))
            ):
                end = (head.out.bank + head.out.channels) // self.hardware.cols
                shares = after is not None and meet(head, after)
                tiles = end if shares else head.out.words * self.hardware.groups
                yield (replace(self._run(number, 0, tiles), skip=head.out.bank // self.hardware.cols),)
            return
        givers: dict[int, list[tuple[int, int]]] = {}
        for number, head in enumerate(self.heads):
            for tile in range(head.out.words):
                givers.setdefault(head.out.start + tile, []).append((number, tile))
        for alone, words in groupby(
            sorted(givers), lambda word: givers[word][0][0] if len(givers[word]) == 1 else None
        ):
            if alone is None:
                yield from (tuple(self._run(number, tile, 1) for number, tile in givers[word]) for word in words)
                continue
            mine = [givers[word][0][1] for word in words]
            yield (self._run(alone, mine[0], len(mine)),)

    def _run(self, number: int, first: int, tiles: int) -> HeadRun:
        head = self.heads[number]
        return HeadRun(first_tile=head.first_tile + first, tiles=tiles, first_word=0, words=head.k_tiles, head=number)

    def _cut(self, group: Sequence[HeadRun], rows: int, words: int) -> Iterator[tuple[HeadRun, ...]]:
        """Cut a group so that the weights of a run fit so many rows, and its constants so many memory words."""
        hardware, run = self.hardware, group[0]
        of_word = run.words * hardware.groups * hardware.rows
        if len(group) == 1 and of_word <= rows:
            tiles = min(rows // of_word, words) * hardware.groups
            for first in range(0, run.tiles, tiles):
                part = replace(run, first_tile=run.first_tile + first, tiles=min(tiles, run.tiles - first))
                yield (part if first == 0 else replace(part, skip=0),)
            return
        # Sums over several runs stay in the accumulators, so nothing else may run between them: one tile at a time.
        k_tiles = rows // hardware.rows if hardware.groups == 1 else 0
        if not k_tiles:
            least, what = (
                (of_word, "memory word of results") if hardware.groups > 1 else (hardware.rows, "channel word")
            )
            text = f"WGT_DEPTH = {hardware.wgt_depth} rows do not hold the {least} of one {what}"
            raise UnsupportedError(f"layer {self.node.name!r}: {text}")
        for tile in range(run.tiles):
            parts = [
                replace(
                    each, first_tile=each.first_tile + tile, tiles=1, first_word=first,
                    words=min(k_tiles, each.words - first),
                )
                for each in group
                for first in range(0, each.words, k_tiles)
            ]  # fmt: skip
            last = len(parts) - 1
            yield tuple(replace(part, keep=index > 0, hold=index < last) for index, part in enumerate(parts))

    # ------------------------------------------------------------------ golden's operand as weights
    def moved(self, run: ColumnRun) -> tuple[IntArray, IntArray]:
        """Where along K and O each weight of a run stands: (rows, COLS) each, in load order, -1 where it is 0."""
        assert isinstance(run, HeadRun)
        head, hardware = self.heads[run.head], self.hardware
        tile = np.arange(run.tiles)[:, np.newaxis, np.newaxis, np.newaxis] + run.first_tile - head.first_tile
        k_tile = np.arange(run.words)[:, np.newaxis, np.newaxis] + run.first_word
        row, column = np.arange(hardware.rows)[:, np.newaxis], np.arange(hardware.cols)
        k = k_tile * hardware.rows + row - head.a.bank + 0 * tile + 0 * column
        o = tile * hardware.cols + column - head.out.bank + 0 * k
        inner, columns = self.edges[1].shape[-2:]
        inside = (k >= 0) & (k < inner) & (o >= 0) & (o < columns)
        along_k, along_o = (np.where(inside, index, -1).reshape(-1, hardware.cols) for index in (k, o))
        return along_k, along_o

    def head_index(self, run: ColumnRun) -> tuple[int, ...]:
        """Index of a run's head among the axes before the last two."""
        assert isinstance(run, HeadRun)
        return tuple(int(each) for each in np.unravel_index(run.head, self.target.shape[:-2]))

    def moved_weights(self, run: ColumnRun, operand: IntArray) -> IntArray:
        """The weights of a run: (rows, COLS). operand: golden's second one of an image, (..., K, O)."""
        assert isinstance(run, HeadRun)
        k, o = self.moved(run)
        return np.where(k < 0, 0, operand.reshape(-1, *operand.shape[-2:])[run.head, k, o])

    # ------------------------------------------------------------------ steps
    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        assert isinstance(run, HeadRun)
        return tuple(
            step
            for image in range(part.batch)
            for step in (self._move(run, part, image), self._multiply(run, part, image))
        )

    def _address(self, part: Part, operand: int, image: int, layout: Layout) -> int:
        """First word of a head's operand in an image."""
        source = self.sources[operand]
        return part.sources[operand] + image * source.size + layout.start - source.start

    def _move(self, run: HeadRun, part: Part, image: int) -> Descriptor:
        """The weights of a run."""
        head, hardware = self.heads[run.head], self.hardware
        b, tile = head.b, run.first_tile - head.first_tile
        # What the tiles before these ones take: tokens, and channel words.
        word, past = divmod(tile, hardware.groups)
        assert past == 0, "a column run starts with a whole memory word"
        tokens, word, words = (
            (tile * hardware.cols, run.first_word, run.words)
            if head.transpose
            else (run.first_word * hardware.rows, word, -(-run.tiles // hardware.groups))
        )
        return Descriptor(
            op=Operation.MOVE,
            layer=part.layer,
            base=part.weight_base,
            origin=self._address(part, 1, image, b) + tokens * b.row_words + word,
            col_step=b.row_words,
            in_w=b.height - tokens,
            ch_words=words,
            k_tiles=run.words,
            col_tiles=run.tiles,
            transpose=int(head.transpose),
            lane_first=b.bank if word == 0 else 0,
            lane_last=(b.bank + b.channels - 1) % hardware.rows if word + words == b.words else hardware.rows - 1,
            x_signed=int(self.edges[1].signed),
        )

    def _multiply(self, run: HeadRun, part: Part, image: int) -> Descriptor:
        """The tokens of a head by those weights."""
        head, hardware = self.heads[run.head], self.hardware
        a, out, pixels = head.a, head.out, head.a.height
        word = (run.first_tile - head.first_tile) // hardware.groups
        target = part.target + image * self.target.size + out.start - self.target.start
        return Descriptor(
            op=Operation.RUN,
            layer=part.layer,
            images=1,
            out_h=1,
            out_w=pixels,
            in_h=1,
            in_w=pixels,
            origin=self._address(part, 0, image, a) + run.first_word,
            col_step=a.row_words,
            ch_words=run.words,
            rows_per_tap=hardware.rows,
            k_tiles=run.words,
            col_tiles=run.tiles,
            blocks=len(hardware.blocks(pixels)),
            weight_base=part.weight_base,
            param_base=part.param_base,
            x_signed=int(self.edges[0].signed),
            x_zero_point=self.edges[0].zero_point,
            keep=int(run.keep),
            hold=int(run.hold),
            out_base=target + word,
            out_step=out.row_words,
            out_pixels=pixels,
            **stage_fields(self.stage),
        )


def meet(first: Head, second: Head) -> bool:
    """Whether the second's results begin in the memory word in which the first one's end."""
    return first.out.start + first.out.words > second.out.start


def side_by_side(heads: Sequence[Head]) -> bool:
    """Whether results of two heads lie in one memory word."""
    return any(meet(first, second) for first, second in pairwise(heads))
