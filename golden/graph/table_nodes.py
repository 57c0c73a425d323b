"""The nodes of the graph that look up tables: docs/arithmetic.md section 7."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable, pointwise
from t2c.golden.arithmetic.softmax import SoftmaxTable, softmax
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Node):
    """softmax along the last axis, docs/arithmetic.md 7.1; softmax: the constants."""

    op: ClassVar[str] = "softmax"

    softmax: SoftmaxTable

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return softmax(values[0], self.softmax)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        table = self.softmax
        if table.depth > 1 << inputs[0].bits:
            raise ShapeError(f"exp: {table.depth} entries for an input of {inputs[0].bits} bits")
        fmt, step = IntFormat(bits=table.output_bits, signed=False), math.ldexp(1.0, -table.output_bits)
        if (output.format, output.zero_point, output.scale) != (fmt, 0, step):
            raise RangeError(f"output {output.name!r}: it is not {fmt} with zero point 0 and scale 2^-{fmt.bits}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pointwise(Node):
    """A function of every element, docs/arithmetic.md 7.2; pointwise: its table, requantisation included."""

    op: ClassVar[str] = "pointwise"

    pointwise: PointwiseTable

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return pointwise(values[0], self.pointwise, signed=inputs[0].signed)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        if self.pointwise.input_bits != inputs[0].bits:
            entries = self.pointwise.entries.size
            raise ShapeError(f"table: {entries} entries for an input of {inputs[0].bits} bits")
        if self.pointwise.output != output.format:
            raise RangeError(f"table: results are {self.pointwise.output}, output {output.name!r} is {output.format}")
