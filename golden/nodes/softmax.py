"""The node softmax."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntFormat, IntTensor
from t2c.golden.arithmetic.softmax import (
    EXPONENT_BITS,
    MAX_RECIPROCAL_BITS,
    OUTPUT_BITS,
    SoftmaxTable,
    softmax_narrow,
)
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.constant import Storage
from t2c.golden.graph.fields import Field, Integer, Record, RoundingMode, Tensor
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec

SOFTMAX = Record(
    name="softmax",
    members=(
        Integer("exponent_bits", limits=EXPONENT_BITS),
        Integer("output_bits", limits=OUTPUT_BITS),
        Integer("reciprocal_bits", limits=(EXPONENT_BITS[0] + OUTPUT_BITS[0], MAX_RECIPROCAL_BITS)),
        RoundingMode("rounding"),
        Tensor(
            "exp",
            lambda table: Storage(bits=table.exponent_bits, signed=False, axes="X"),
            limits=(0, (1 << EXPONENT_BITS[1]) - 1),
        ),
    ),
    make=SoftmaxTable,
)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(Node):
    """softmax along the last axis, docs/arithmetic.md 7.1; softmax: the constants."""

    op: ClassVar[str] = "softmax"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (7, 1)
    fields: ClassVar[tuple[Field, ...]] = (SOFTMAX,)
    widest_input: ClassVar[int] = MAX_EDGE_BITS

    softmax: SoftmaxTable

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return softmax_narrow(values[0], self.softmax)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        table = self.softmax
        if table.depth > 1 << inputs[0].bits:
            raise ShapeError(f"exp: {table.depth} entries for an input of {inputs[0].bits} bits")
        fmt, step = IntFormat(bits=table.output_bits, signed=False), math.ldexp(1.0, -table.output_bits)
        if (output.format, output.zero_point, output.scale) != (fmt, 0, step):
            raise RangeError(f"output {output.name!r}: it is not {fmt} with zero point 0 and scale 2^-{fmt.bits}")
