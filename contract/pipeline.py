"""Latencies of the core, in cycles; every schedule, bench and page takes them from here."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.field_kinds import RECIPROCAL
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation


@dataclass(frozen=True, kw_only=True)
class Cycles:
    """fixed + rows * ROWS + elements * ROWS / SPAN + cols * COLS cycles; SPAN: rows that an element takes."""

    fixed: int = 0
    rows: int = 0
    elements: int = 0
    cols: int = 0

    def __add__(self, other: Cycles) -> Cycles:
        return Cycles(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    def of(self, hardware: Hardware) -> int:
        """The number on an array of that size."""
        sizes = self.rows * hardware.rows + self.elements * hardware.tile_words + self.cols * hardware.cols
        return self.fixed + sizes

    def __str__(self) -> str:
        """As Verilog, C and the pages write it: ROWS + COLS - 1."""
        sizes = ((self.rows, "ROWS"), (self.elements, "ROWS / SPAN"), (self.cols, "COLS"))
        terms = [name if times == 1 else f"{times} * {name}" for times, name in sizes if times]
        text = " + ".join(terms)
        if not terms or self.fixed > 0:
            return f"{text} + {self.fixed}" if terms else str(self.fixed)
        return f"{text} - {-self.fixed}" if self.fixed else text


# ---------------------------------------------------------------- units of the engine, from their input to their output
MEMORY = Cycles(fixed=1)
"""Every memory: from address to word."""
ISSUE = Cycles(fixed=1)
"""layer_engine: from a pixel's issue to the window rows."""
ADDRESS = ISSUE + Cycles(fixed=1)
"""window_row: from a pixel's issue to the address of its bank."""
WINDOW = ADDRESS + MEMORY + Cycles(fixed=1)
"""window_row: from a pixel's issue to its operand."""
ARRAY = Cycles(fixed=1, elements=1, cols=1)
"""systolic_array: from operands to column sums."""
ACCUMULATOR = Cycles(fixed=1)
"""accumulator: from a column sum to the sum over K tiles; the parameter word comes in the same cycle."""
APART = 4
"""accumulator: from a sum to the next one of the same word, at the earliest; so no K tile follows its predecessor
sooner."""
MULQUANT = Cycles(fixed=7)
"""mulquant: from a complete sum to its result."""
TABLE = MEMORY
"""table_lanes: from a result of the engine to the word that is written, whether it passes a table or not."""

# ---------------------------------------------------------------- a pixel, from its issue
COLUMN_SUM = WINDOW + ARRAY
SUM = COLUMN_SUM + ACCUMULATOR
RESULT = SUM + MULQUANT
WRITTEN = RESULT + TABLE

PIXEL = {
    "bank address": ADDRESS,
    "operand": WINDOW,
    "column sum": COLUMN_SUM,
    "accumulator, parameters": SUM,
    "result": RESULT,
    "word in the activation memory": WRITTEN,
}
"""Signals of a pixel, by name, in cycles after its issue."""


def partial_sum(row: int, column: int) -> Cycles:
    """From a pixel's issue to the partial sum that leaves PE (row, column): the last row's are the column sums."""
    return WINDOW + Cycles(fixed=row + column + 3)


# ---------------------------------------------------------------- steps
FIRST_PIXEL = Cycles(fixed=1, rows=1)
"""From a RUN's start to the issue of its first pixel: the first tile's weights, and one."""
ENGINE_DONE = RESULT
"""What layer_engine takes beyond a RUN's weight-stationary count, whose last cycle issues the last pixel: done comes
with its result."""
DONE = WRITTEN
"""What a RUN takes beyond that count: the core's done comes with the last word."""
LOAD = 1
"""What a LOAD, WEIGHTS, PARAMS or TABLES takes beyond its beats, from its start to its done."""
STORE_FIRST = 3
"""From a STORE's start to its first word."""
STORE = 3
"""What a STORE takes beyond its words, from its start to its done."""
MOVE = Cycles(fixed=2)
"""What a MOVE takes beyond its weight rows, from its start to its done, which comes with the last one."""
TRANSPOSED = Cycles(cols=1)
"""What it takes besides if it transposes: the first tile's tokens."""
END = 1
"""From END's start to the end of the program."""
TURN = 1
"""From a step's done to the next step's start, if that is fetched."""

# ---------------------------------------------------------------- row_engine
ROOT_BITS, FRACTION_BITS = 16, 12
"""Of LayerNorm in the core: bits of the root, fraction bits of a normalised element."""


@dataclass(frozen=True, kw_only=True)
class RowCycles:
    """passes * B + fixed + (R - 1) * max(B, least) cycles, for R rows of B beats of ROW_LANES elements."""

    passes: int
    fixed: int
    least: int

    def of(self, rows: int, beats: int) -> int:
        """The number for that many rows."""
        return self.passes * beats + self.fixed + (rows - 1) * max(beats, self.least)

    def __str__(self) -> str:
        """As the pages write it: 2 B + 59 + (R - 1) max(B, 45)."""
        return f"{self.passes} B + {self.fixed} + (R - 1) max(B, {self.least})"


_ROW_ENDS = 2
"""Activation memory before the unit, the last group of results after it: a beat each, besides the unit's own."""
ROWS = {
    Operation.SOFTMAX: RowCycles(passes=3, fixed=_ROW_ENDS + RECIPROCAL.high + 11, least=RECIPROCAL.high + 2),
    Operation.LAYER_NORM: RowCycles(
        passes=2, fixed=_ROW_ENDS + 2 * ROOT_BITS + 18 + MULQUANT.fixed, least=2 * ROOT_BITS + 13
    ),
}
"""From a row step's start to its done, which comes with its last result."""

# ---------------------------------------------------------------- program_sequencer
FETCHED = DESCRIPTOR_WORDS + 1
"""From a step's start until its successor is fetched."""
FETCH = FETCHED + TURN
"""From a step's start to the next one's, at the earliest; also from busy to the first step's start."""
FIRST_STEP = FETCH + 1
"""From the start of the program to its first step: busy comes one cycle after start."""
