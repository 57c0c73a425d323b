"""Classes of what a systolic array multiplies: one input for each operand vector and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, cover_parameters, names

PARAMETERS = {"A_W": tuple(range(3, 10)), "W_W": tuple(range(2, 9))}
"""Values of each parameter that must be tried."""
SHAPES = ("ROWS = 2", "COLS = 1", "COLS = ROWS", "COLS < ROWS")
TIMING = (
    "first vector in the cycle after its tile's last word",
    "first vector in the cycle after the last vector of the tile before",
    "next tile's first word in the cycle of a first vector",
    "a tile's only vector ROWS cycles after that of the tile before",
)
Driven = tuple[bool, bool, bool]
"""What is driven in one cycle: a weight word, an operand vector, the first one of its tile."""
RESETS = ("reset with half a tile loaded", "reset with sums under way")


def value_range(bits: int, *, signed: bool = True) -> tuple[int, int]:
    """Least and largest integer of some bits."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def classes(
    weights: IntArray,
    operands: IntArray,
    a_range: tuple[int, int],
    w_range: tuple[int, int],
    *,
    word_gaps: bool = False,
    vector_gaps: bool = False,
) -> Classes:
    """Which column sums of a tile are in which class.

    Args:
        weights: (ROWS, COLS).
        operands: (M, ROWS).
        a_range, w_range: least and largest of their values.
        word_gaps, vector_gaps: idle cycles are among the tile's weight words or vectors.

    Returns:
        arrays of M * COLS, column fastest.
    """
    (rows, cols), vectors = weights.shape, len(operands)
    corners = [a * w for a in a_range for w in w_range]
    product = operands[:, :, np.newaxis] * weights[np.newaxis]
    matters, sums = product != 0, product.sum(axis=1)
    column, vector = np.broadcast_to(np.arange(cols), sums.shape), np.arange(vectors)[:, np.newaxis]

    def each(holds: bool | BoolArray) -> BoolArray:
        return np.broadcast_to(holds, sums.shape).reshape(-1)

    return {
        "columns": {f"column {c}": each(column == c) for c in range(cols)},
        # Operands pass from west to east, so what is wrong with one in a column is wrong in all columns after it.
        "columns from": {f"column {c} or a later one": each(column >= c) for c in range(1, cols)},
        "rows with a product": {f"row {r} with a product": each(matters[:, r]) for r in range(rows)},
        "corners with a product": {
            f"{name_r} row, {name_c} column": each(matters[:, r] & (column == c))
            for name_r, r in (("first", 0), ("last", rows - 1))
            for name_c, c in (("first", 0), ("last", cols - 1))
        },
        "operands": {
            "an operand most negative": each(((operands == a_range[0]) & (operands < 0)).any(axis=1)[:, np.newaxis]),
            "an operand largest": each((operands == a_range[1]).any(axis=1)[:, np.newaxis]),
            "all operands 0": each((operands == 0).all(axis=1)[:, np.newaxis]),
        },
        "weights": {
            "a weight most negative": each(((weights == w_range[0]) & (weights < 0)).any(axis=0)),
            "a weight largest": each((weights == w_range[1]).any(axis=0)),
            "all weights 0": each((weights == 0).all(axis=0)),
        },
        "products": {
            "product largest": each((product == max(corners)).any(axis=1)),
            "product least": each((product == min(corners)).any(axis=1)),
        },
        "column sum": {
            "column sum 0": each(sums == 0),
            "column sum positive": each(sums > 0),
            "column sum negative": each(sums < 0),
            "column sum largest": each(sums == rows * max(corners)),
            "column sum least": each(sums == rows * min(corners)),
        },
        "vectors": {
            "first vector of a tile": each(vector == 0),
            "last vector of a tile": each(vector == vectors - 1),
            "vector between": each((vector > 0) & (vector < vectors - 1)),
        },
        "tile": {
            "tile of one vector": each(vectors == 1),
            "tile of fewer than ROWS vectors": each(vectors < rows),
            "tile of ROWS vectors or more": each(vectors >= rows),
            "gaps between weight words": each(word_gaps),
            "gaps between vectors": each(vector_gaps),
        },
    }


def timing(driven: Sequence[Driven], count: int) -> dict[str, int]:
    """How often each limit of the handshake was reached, bins of the group "timing".

    driven: cycle by cycle, from a moment on at which the array is empty; count: words of a tile.
    """
    hits = dict.fromkeys(TIMING, 0)
    words = 0
    loaded = sent = False
    firsts: list[int] = []
    vectors_since = 0
    for cycle, (word, vector, first) in enumerate(driven):
        if first:
            hits[TIMING[0]] += loaded
            hits[TIMING[1]] += sent
            hits[TIMING[3]] += bool(firsts) and vectors_since == 1 and cycle - firsts[-1] == count
            firsts.append(cycle)
            vectors_since = 0
            hits[TIMING[2]] += word and words % count == 0
        vectors_since += vector
        words += word
        loaded, sent = word and words % count == 0, vector
    return hits


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of an array of this size; widths and shapes of every size."""
    rows, cols, a_w, w_w = (parameters[name] for name in ("ROWS", "COLS", "A_W", "W_W"))
    nothing = np.zeros((0, rows), dtype=np.int64)
    made = Coverage(names(classes(np.zeros((rows, cols), dtype=np.int64), nothing, value_range(a_w), value_range(w_w))))
    made.declare({"timing": TIMING, "reset": RESETS, "shape": SHAPES})
    cover_parameters(made, PARAMETERS, parameters)
    for shape, holds in zip(SHAPES, (rows == 2, cols == 1, cols == rows, cols < rows), strict=True):
        made.hit("shape", shape, int(holds))
    return made


def wrong_columns(expected: int, actual: int, cols: int, bits: int) -> list[bool]:
    """Which columns of two words of column sums differ, `bits` each, column 0 lowest."""
    differ = expected ^ actual
    return [bool(differ >> (column * bits) & ((1 << bits) - 1)) for column in range(cols)]
