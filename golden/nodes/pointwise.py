"""The node pointwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from t2c.golden.arithmetic.formats import IntArray, IntFormat, IntTensor
from t2c.golden.arithmetic.pointwise import MAX_BITS, MIN_BITS, PointwiseTable, pointwise
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.constant import Storage
from t2c.golden.graph.fields import Boolean, Field, Integer, Record, Tensor, signed_limits
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec


def _make(bits: int, signed: bool, table: IntArray) -> PointwiseTable:
    return PointwiseTable(output=IntFormat(bits=bits, signed=signed), entries=table)


def _part(made: PointwiseTable, member: str) -> Any:
    return made.entries if member == "table" else getattr(made.output, member)


POINTWISE = Record(
    name="pointwise",
    members=(
        Integer("bits", limits=(MIN_BITS, MAX_BITS)),
        Boolean("signed"),
        Tensor(
            "table",
            lambda made: Storage(bits=made.output.bits, signed=made.output.signed, axes="X"),
            limits=(signed_limits(MAX_BITS)[0], (1 << MAX_BITS) - 1),
        ),
    ),
    make=_make,
    part=_part,
)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Pointwise(Node):
    """A function of every element, docs/arithmetic.md 7.2; pointwise: its table, requantisation included."""

    op: ClassVar[str] = "pointwise"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (7, 2)
    fields: ClassVar[tuple[Field, ...]] = (POINTWISE,)
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    pointwise: PointwiseTable

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return pointwise(values[0], self.pointwise, signed=inputs[0].signed)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        if self.pointwise.input_bits != inputs[0].bits:
            entries = self.pointwise.entries.size
            raise ShapeError(f"table: {entries} entries for an input of {inputs[0].bits} bits")
        if self.pointwise.output != output.format:
            raise RangeError(f"table: results are {self.pointwise.output}, output {output.name!r} is {output.format}")
