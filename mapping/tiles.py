"""How a weight matrix is cut into ROWS x COLS tiles, and which window tap and channel each array row stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.formats import IntArray
from mapping.hardware import Hardware


@dataclass(frozen=True, kw_only=True)
class RowPlan:
    """How window taps and channels lie on the array's rows.

    Channel c lives in memory bank c mod ROWS, so row r can only ever read channels r, r + ROWS, ... A layer with few
    channels (C <= ROWS / 2) would leave most rows idle; there the banks hold copies, bank r holds channel r mod C,
    and one tile takes several taps.

    channels: C; taps: kernel elements; rows: ROWS; rows_per_tap: rows of one tap; taps_per_tile: taps side by side;
    ch_words: memory words of one pixel.
    """

    channels: int
    taps: int
    rows: int
    rows_per_tap: int
    taps_per_tile: int
    ch_words: int

    @property
    def packed(self) -> bool:
        """Several taps share a tile."""
        return self.taps_per_tile > 1

    @property
    def tap_groups(self) -> int:
        """Steps of the walk over the taps: ceil(taps / taps_per_tile)."""
        return -(-self.taps // self.taps_per_tile)

    def bank_channels(self) -> IntArray:
        """Channel held by (word, bank): (ch_words, rows), -1 where a bank holds nothing."""
        row = np.arange(self.rows)
        if self.packed:
            held = np.where(row < self.rows_per_tap * self.taps_per_tile, row % self.rows_per_tap, -1)
            return held[np.newaxis, :]
        channel = np.arange(self.ch_words)[:, np.newaxis] * self.rows + row
        return np.where(channel < self.channels, channel, -1)

    def tile_rows(self, first_word: int, words: int) -> tuple[IntArray, IntArray]:
        """Return (tap, channel) of every array row of every K tile that covers channel words first_word.. .

        Returns:
            two arrays (tap_groups * words, rows) in the order in which the engine loads; tap is -1 on an idle row.
        """
        row = np.arange(self.rows)
        group, word = np.divmod(np.arange(self.tap_groups * words), words)
        tap = group[:, np.newaxis] * self.taps_per_tile + (row // self.rows_per_tap)[np.newaxis, :]
        channel = self.bank_channels()[first_word + word]
        idle = (tap >= self.taps) | (channel < 0) | (row // self.rows_per_tap >= self.taps_per_tile)
        return np.where(idle, -1, tap), np.where(idle, 0, channel)


def plan_rows(channels: int, taps: int, hardware: Hardware) -> RowPlan:
    """Choose how taps and channels lie on the rows."""
    per_tile = min(hardware.rows // channels, taps) if channels <= hardware.rows // 2 else 1
    return RowPlan(
        channels=channels,
        taps=taps,
        rows=hardware.rows,
        rows_per_tap=channels if per_tile > 1 else hardware.rows,
        taps_per_tile=per_tile,
        ch_words=1 if per_tile > 1 else -(-channels // hardware.rows),
    )


@dataclass(frozen=True, kw_only=True)
class ColumnRun:
    """Consecutive column tiles that read the same channel words; the engine runs them with one descriptor."""

    first_tile: int
    tiles: int
    first_word: int
    words: int


def column_runs(plan: RowPlan, out_channels: int, groups: int, hardware: Hardware) -> tuple[ColumnRun, ...]:
    """Cut the output channels into column tiles and name the channel words that each needs.

    With groups, a column tile reads only the words that hold its groups' channels: the block-diagonal weight matrix is
    never visited outside its blocks' words.
    """
    tiles = -(-out_channels // hardware.cols)
    if groups == 1 or plan.ch_words == 1:
        return (ColumnRun(first_tile=0, tiles=tiles, first_word=0, words=plan.ch_words),)
    per_group_out, per_group_in = out_channels // groups, plan.channels // groups
    runs: list[ColumnRun] = []
    for tile in range(tiles):
        last_out = min((tile + 1) * hardware.cols, out_channels) - 1
        low = (tile * hardware.cols // per_group_out) * per_group_in // hardware.rows
        high = ((last_out // per_group_out + 1) * per_group_in - 1) // hardware.rows
        words = high - low + 1
        if runs and (runs[-1].first_word, runs[-1].words) == (low, words):
            runs[-1] = ColumnRun(first_tile=runs[-1].first_tile, tiles=runs[-1].tiles + 1, first_word=low, words=words)
        else:
            runs.append(ColumnRun(first_tile=tile, tiles=1, first_word=low, words=words))
    return tuple(runs)


def tile_weights(weight: IntArray, groups: int, plan: RowPlan, run: ColumnRun, cols: int) -> IntArray:
    """Lay out the weights of one column run as the engine reads them.

    Args:
        weight: (O, C / groups, taps).
        groups: of the convolution.
        plan, run: the mapping.
        cols: COLS.

    Returns:
        (run.tiles * K tiles * rows, cols) int64: weight rows in load order, 0 where a row or column is idle.
    """
    out_channels, per_group, _ = weight.shape
    tap, channel = plan.tile_rows(run.first_word, run.words)
    out = run.first_tile * cols + np.arange(run.tiles * cols)
    group = np.minimum(out, out_channels - 1) // (out_channels // groups)
    local = channel[np.newaxis, :, :, np.newaxis] - (group * per_group).reshape(run.tiles, 1, 1, cols)
    used = (
        (tap >= 0)[np.newaxis, :, :, np.newaxis]
        & (local >= 0)
        & (local < per_group)
        & (out < out_channels).reshape(run.tiles, 1, 1, cols)
    )
    source = np.minimum(out, out_channels - 1).reshape(run.tiles, 1, 1, cols)
    picked = weight[source, np.clip(local, 0, per_group - 1), np.maximum(tap, 0)[np.newaxis, :, :, np.newaxis]]
    return np.where(used, picked, 0).reshape(-1, cols)
