"""The weight rows of rtl/operand_mover.v in closed form: from the number of a row to the activations it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from t2c.contract import pipeline


@dataclass(frozen=True, kw_only=True)
class MoveStep:
    """The part of a descriptor that the mover reads, and the array: ROWS, COLS. col_step is signed."""

    base: int
    origin: int
    col_step: int
    tokens: int
    ch_words: int
    k_tiles: int
    col_tiles: int
    transpose: bool
    lane_first: int
    lane_last: int
    x_signed: bool
    rows: int
    cols: int

    @cached_property
    def moved(self) -> int:
        """Weight rows that it writes."""
        return self.col_tiles * self.k_tiles * self.rows

    @cached_property
    def first(self) -> int:
        """Cycles from the start to the first row."""
        cycles = pipeline.MOVE + pipeline.TRANSPOSED if self.transpose else pipeline.MOVE
        return cycles.fixed + cycles.rows * self.rows + cycles.cols * self.cols + 1


@dataclass(frozen=True, kw_only=True)
class WeightSource:
    """Which activation a weight is. address: before the modulo of the memory's size; exists: else the weight is 0."""

    token: int
    word: int
    bank: int
    address: int
    exists: bool


@dataclass(frozen=True, kw_only=True)
class MovedRow:
    """A weight row."""

    step: MoveStep
    col_tile: int
    k_tile: int
    row: int

    @property
    def address(self) -> int:
        """In the weight memory, before the modulo of its size."""
        tile = self.col_tile * self.step.k_tiles + self.k_tile
        return self.step.base + tile * self.step.rows + self.row

    @property
    def word(self) -> int:
        """The channel word, the same for all columns."""
        step = self.step
        return self.k_tile if step.transpose else self.col_tile // (step.rows // step.cols)

    @cached_property
    def sources(self) -> tuple[WeightSource, ...]:
        """One a column."""
        return tuple(self._source(column) for column in range(self.step.cols))

    def _source(self, column: int) -> WeightSource:
        step, word = self.step, self.word
        if step.transpose:
            token, bank = self.col_tile * step.cols + column, self.row
        else:
            token, bank = self.k_tile * step.rows + self.row, self.col_tile * step.cols % step.rows + column
        before = word == 0 and bank < step.lane_first
        behind = word == step.ch_words - 1 and bank > step.lane_last
        exists = token < step.tokens and not before and not behind
        address = step.origin + token * step.col_step + word
        return WeightSource(token=token, word=word, bank=bank, address=address, exists=exists)

    def __str__(self) -> str:
        return f"column tile {self.col_tile}, K tile {self.k_tile}, row {self.row}"


def row(step: MoveStep, number: int) -> MovedRow:
    """The row that is written as the number-th, from 0 on."""
    tile, index = divmod(number, step.rows)
    col_tile, k_tile = divmod(tile, step.k_tiles)
    return MovedRow(step=step, col_tile=col_tile, k_tile=k_tile, row=index)
