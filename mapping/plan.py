"""What one layer is to the core: its constants, and descriptors for any part of its output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import Lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.mapping.tiles import ColumnRun, sums_of

Axes = tuple[str, str, str]
"""Names of the coordinates of a result."""


def matrix_coordinate(index: Sequence[int], shape: Sequence[int]) -> tuple[int, int, int]:
    """Of an element of a tensor (..., M, O): number of its matrix, row, column."""
    *heads, row, column = (0, *index)[-max(len(index), 2) :]
    return int(np.ravel_multi_index(heads, shape[:-2])) if heads else 0, row, column


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a layer's output a step computes, and where everything lies.

    batch: images; first, last: output rows first .. last - 1; sources: address of the first word (`Layout.start`) of
    image 0 of each input; target: the same of the output; any of them may lie outside the memory where the part does
    not touch those rows; weight_base, param_base, table_page: of its constants.
    """

    batch: int
    first: int
    last: int
    sources: tuple[int, ...]
    target: int
    weight_base: int
    param_base: int
    table_page: int
    layer: int


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedOperand:
    """A constant that the host brings when the layer runs. values: of a sample; layout: of its words; in_target: they
    are a part of the output's."""

    values: IntArray
    layout: Layout
    in_target: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerPlan(ABC):
    """One layer on the core. What a plan does not override, it does not have.

    sources, target: maps that it walks; edges: how the inputs are read; params: (words, COLS) lanes, in the order of
    the column tiles; param_step: parameter words a column tile takes; table: 2^X_W entries that its steps look up, if
    they do; operands: constants among the sources, the last ones; shares_weights: plans of this kind all take the same
    ones; passes_table: its results can pass a table on their way to the memory; moves: its weights are activations,
    which its own steps bring; joins: the sources are parts of the output, which others may have written there; all of
    them stay in the memory; axes, lanes: what a report calls the coordinates of a result, and what makes it.
    """

    shares_weights: ClassVar[bool] = False
    passes_table: ClassVar[bool] = False
    moves: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    axes: ClassVar[Axes] = ("c", "y", "x")
    lanes: ClassVar[str] = "array column"

    hardware: Hardware
    node: Node
    edges: tuple[TensorSpec, ...]
    sources: tuple[Layout, ...]
    target: Layout
    params: Lanes
    param_step: int = 1
    operands: tuple[LoadedOperand, ...] = ()
    table: IntArray | None = None

    @property
    def layout(self) -> Layout:
        """How the output lies: the target, unless golden has the axes of that map in another order."""
        return self.target

    def coordinate(self, index: Sequence[int]) -> tuple[int, int, int]:
        """Coordinates, named by `axes`, of an index in golden's output."""
        c, y, x = (*index, 0, 0)[:3]
        return c, y, x

    @property
    @abstractmethod
    def runs(self) -> tuple[ColumnRun, ...]:
        """The column runs that together give the whole output."""

    @abstractmethod
    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        """The steps that compute one column run of one part of the output."""

    def weights(self, run: ColumnRun) -> IntArray:
        """Words of the weight memory of one column run: (words, COLS) codes."""
        return np.zeros((0, self.hardware.cols), dtype=np.int64)

    def weight_rows(self, run: ColumnRun) -> int:
        """How many words of the weight memory a column run takes."""
        return 0

    @property
    def least_moved(self) -> int:
        """Weight rows that it needs beside constants, if it moves activations there."""
        return 0

    def pieces(self, free: int | None = None) -> tuple[tuple[ColumnRun, ...], ...]:
        """The runs, cut so that the weights and constants of each fit the memories.

        Args:
            free: weight rows beside constants that all are in the memories; None if the program brings those of each
                piece.

        Returns:
            groups of runs; the runs of a group belong to the same outputs and add up in the accumulators (keep, hold).

        Raises:
            UnsupportedError: the constants of the smallest run do not fit; the message names the memory.
        """
        if free is None and len(self.params) > self.hardware.par_depth:
            raise UnsupportedError(
                f"layer {self.node.name!r}: PAR_DEPTH = {self.hardware.par_depth} does not hold the "
                f"{len(self.params)} words of its constants"
            )
        return sums_of(self.runs)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image, padding included; 0 where nothing is multiplied."""
        return 0

    # ------------------------------------------------------------------ rows of the tensors
    @property
    def height(self) -> int:
        """Rows of the output, into which the layer may be cut."""
        return self.target.height

    @property
    def width(self) -> int:
        """Pixels of such a row."""
        return self.target.width

    def source_words(self, source: int, first: int, last: int) -> tuple[int, int]:
        """Words of an input that output rows first .. last - 1 read: offset from its first one, count."""
        low, high = self.input_rows(first, last)
        return low * self.sources[source].row_words, self.sources[source].span(high - low)

    def target_words(self, first: int, last: int) -> tuple[int, int]:
        """Words of the output that its rows first .. last - 1 take: offset from its first one, count."""
        return first * self.target.row_words, self.target.span(last - first)

    def input_rows(self, first: int, last: int) -> tuple[int, int]:
        """Input rows that output rows first .. last - 1 read, clipped to the image but never none: (first, last)."""
        return first, last

    @property
    def has_sums(self) -> bool:
        """Whether golden has the accumulators of the layer."""
        return False

    def sums(self, inputs: Sequence[IntArray], result: IntArray) -> tuple[IntArray, ...]:
        """Golden's accumulators before requantisation, each (N, *target.shape): of each operand, if MulQuant joins two.

        Args:
            inputs: golden's, (N, *shape) int64, as the node has them.
            result: golden's output of them.
        """
        sums = self.node.accumulate(inputs, self.edges)
        assert sums is not None, "has_sums"
        return (sums,)
