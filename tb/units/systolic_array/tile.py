"""What goes into an array: tiles of weights with their operand vectors, cut into the words and vectors of its pins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.units.systolic_array.style import COLUMNS, ROWS, TILE_BY_COLUMNS


@dataclass(frozen=True, kw_only=True, eq=False)
class Tile:
    """Weights (ROWS, COLS) and operand vectors (M, ROWS).

    word_gaps, vector_gaps: idle cycles before each weight word and each vector (0 = back to back).
    """

    weights: IntArray
    operands: IntArray
    word_gaps: Sequence[int] = field(default=())
    vector_gaps: Sequence[int] = field(default=())


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightWord:
    """A weight word. tile: number; index: the row (or column) that it holds; weights: as they lie, lowest first."""

    tile: int
    index: int
    weights: IntArray
    last: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class OperandVector:
    """An operand vector; first, last: of its tile."""

    tile: int
    operands: IntArray
    first: bool
    last: bool


def words_of(tiles: Sequence[Tile], kind: str, *, last_first: bool) -> Iterator[WeightWord | None]:
    """Weight words of some tiles, cycle by cycle: None is an idle one.

    Args:
        tiles: in order.
        kind: of weight words: rows, columns, tile, tile_by_columns.
        last_first: the last row (or column) comes first, or lies lowest.
    """
    for number, tile in enumerate(tiles):
        parts = tile.weights.T if kind in (COLUMNS, TILE_BY_COLUMNS) else tile.weights
        order = range(len(parts))[:: -1 if last_first else 1]
        found = [(k, parts[k]) for k in order]
        if kind not in (ROWS, COLUMNS):
            found = [(0, parts[list(order)].reshape(-1))]
        for position, (index, weights) in enumerate(found):
            yield from [None] * (tile.word_gaps[position] if tile.word_gaps else 0)
            yield WeightWord(tile=number, index=index, weights=weights, last=position == len(found) - 1)


def vectors_of(tiles: Sequence[Tile]) -> Iterator[OperandVector | None]:
    """Operand vectors of some tiles, cycle by cycle: None is an idle one."""
    for number, tile in enumerate(tiles):
        count = len(tile.operands)
        for index, operands in enumerate(tile.operands):
            yield from [None] * (tile.vector_gaps[index] if tile.vector_gaps else 0)
            yield OperandVector(tile=number, operands=operands, first=index == 0, last=index == count - 1)


def pack(values: IntArray | Sequence[int], width: int) -> int:
    """Lane k at [k*width +: width], two's complement."""
    word = 0
    for value in values[::-1]:
        word = (word << width) | (int(value) % (1 << width))
    return word
