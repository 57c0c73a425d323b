"""How a weight matrix is cut into ROWS x COLS tiles, and which window tap and channel each array row stands for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.activation_layout import Layout
from t2c.golden.arithmetic.formats import IntArray

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class RowPlan:
    """How window taps and channels lie on the array's rows.

    Row r reads bank r. Where a word holds copies of its channels, one tile takes several taps.

    source: layout of the input; taps: kernel elements; rows_per_tap: rows of one tap; taps_per_tile: taps side by side.
    """

    source: Layout
    taps: int
    rows_per_tap: int
    taps_per_tile: int

    @classmethod
    def of(cls, source: Layout, taps: int, span: int = 1) -> RowPlan:
        """As many taps side by side as there are copies; each begins with an element, which takes `span` rows."""
        rows_per_tap = math.lcm(source.period, span)
        together = source.copies * source.period // rows_per_tap if source.copies > 1 else 0
        if not together:
            return cls(source=source, taps=taps, rows_per_tap=source.rows, taps_per_tile=1)
        return cls(source=source, taps=taps, rows_per_tap=rows_per_tap, taps_per_tile=min(together, taps))

    @property
    def tap_groups(self) -> int:
        """Steps of the walk over the taps: ceil(taps / taps_per_tile)."""
        return -(-self.taps // self.taps_per_tile)

    def tile_rows(self, first_word: int, words: int) -> tuple[IntArray, IntArray]:
        """Return (tap, channel) of every array row of every K tile that covers channel words first_word.. .

        Returns:
            two arrays (tap_groups * words, rows) in the order in which the engine loads; tap is -1 on an idle row.
        """
        row = np.arange(self.source.rows)
        group, word = np.divmod(np.arange(self.tap_groups * words), words)
        tap = group[:, np.newaxis] * self.taps_per_tile + (row // self.rows_per_tap)[np.newaxis, :]
        channel = self.source.held[first_word + word]
        idle = (tap >= self.taps) | (channel < 0) | (row // self.rows_per_tap >= self.taps_per_tile)
        if self.source.copies > 1:
            idle |= row % self.rows_per_tap >= self.source.period  # another copy of the tap's channels
        return np.where(idle, -1, tap), np.where(idle, 0, channel)


@dataclass(frozen=True, kw_only=True)
class ColumnRun:
    """Consecutive column tiles over the same channel words; one step of the program runs them.

    keep, hold: the accumulators go on from, or are kept for, another run over other channel words. skip: tiles at the
    start that mean nothing; another run writes them again.
    """

    first_tile: int
    tiles: int
    first_word: int
    words: int
    keep: bool = False
    hold: bool = False
    skip: int = 0


def sums_of(runs: Iterable[ColumnRun]) -> tuple[tuple[ColumnRun, ...], ...]:
    """Runs in groups that add up to the same results."""
    groups: list[tuple[ColumnRun, ...]] = []
    for run in runs:
        groups.append((*groups.pop(), run) if run.keep else (run,))
    return tuple(groups)


def column_channels(target: Layout, cols: int) -> IntArray:
    """Output channel of every column of every column tile: (tiles, cols), -1 on idle columns."""
    return target.held.reshape(-1, cols)


def column_runs(
    plan: RowPlan, channels: IntArray, groups: int, out_channels: int, tiles_per_word: int
) -> tuple[ColumnRun, ...]:
    """Name the channel words that each column tile needs, and join neighbours that need the same.

    With groups, a column tile reads only the words that hold its groups' channels: the block-diagonal weight matrix is
    never visited outside its blocks' words.

    Args:
        plan: rows.
        channels: (tiles, cols), as `column_channels`.
        groups, out_channels: of the convolution.
        tiles_per_word: column tiles of one memory word of the output; a run holds whole words.
    """
    tiles, words = len(channels), plan.source.words
    if groups == 1 or words == 1:
        return (ColumnRun(first_tile=0, tiles=tiles, first_word=0, words=words),)
    per_group_out, per_group_in = out_channels // groups, plan.source.channels // groups
    word_of = words_of(plan.source.held)
    runs: list[ColumnRun] = []
    for first in range(0, tiles, tiles_per_word):
        mine = channels[first : first + tiles_per_word]
        group = np.unique(mine[mine >= 0] // per_group_out) if (mine >= 0).any() else np.zeros(1, dtype=np.int64)
        needed = (group[:, np.newaxis] * per_group_in + np.arange(per_group_in)).reshape(-1)
        word = word_of[needed]
        low, high = int(word.min()), int(word.max())
        if runs and (runs[-1].first_word, runs[-1].words) == (low, high - low + 1):
            joined = runs.pop()
            first, count = joined.first_tile, joined.tiles + tiles_per_word
        else:
            count = tiles_per_word
        runs.append(ColumnRun(first_tile=first, tiles=count, first_word=low, words=high - low + 1))
    return tuple(runs)


def words_of(held: IntArray) -> IntArray:
    """Memory word of every channel. held: (words, lanes), -1 where a lane holds none."""
    word_of = np.zeros(held.max() + 1, dtype=np.int64)
    word, lane = np.nonzero(held >= 0)
    word_of[held[word, lane]] = word
    return word_of


def tile_weights(weight: IntArray, groups: int, plan: RowPlan, run: ColumnRun, channels: IntArray) -> IntArray:
    """Lay out the weights of one column run as the engine reads them.

    Args:
        weight: (O, C / groups, taps).
        groups: of the convolution.
        plan, run: the mapping.
        channels: (tiles, cols), as `column_channels`.

    Returns:
        (run.tiles * K tiles * rows, cols) int64: weight rows in load order, 0 where a row or column is idle.
    """
    out_channels, per_group, _ = weight.shape
    cols = channels.shape[1]
    tap, channel = plan.tile_rows(run.first_word, run.words)
    out = channels[run.first_tile : run.first_tile + run.tiles].reshape(run.tiles, 1, 1, cols)
    group = np.maximum(out, 0) // (out_channels // groups)
    local = channel[np.newaxis, :, :, np.newaxis] - group * per_group
    used = (tap >= 0)[np.newaxis, :, :, np.newaxis] & (local >= 0) & (local < per_group) & (out >= 0)
    picked = weight[
        np.maximum(out, 0), np.clip(local, 0, per_group - 1), np.maximum(tap, 0)[np.newaxis, :, :, np.newaxis]
    ]
    return np.where(used, picked, 0).reshape(-1, cols)


def identity_rows(rows: int, cols: int) -> IntArray:
    """Weights that hand every bank of a word through: rows / cols tiles, (rows / cols * rows, cols)."""
    return np.eye(rows, dtype=np.int64).reshape(rows, -1, cols).transpose(1, 0, 2).reshape(-1, cols)
