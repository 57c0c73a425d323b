"""The node interpolate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor, check_int
from t2c.golden.arithmetic.interpolation import ENTRY, FRACTION_BITS, INPUT_BITS, InterpolatedTable, interpolate
from t2c.golden.graph.constant import Storage
from t2c.golden.graph.fields import Field, Integer, Record, Tensor
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.stages import WIDE_STAGE, check_stage
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec

INTERPOLATE = Record(
    name="interpolate",
    members=(
        *WIDE_STAGE,
        Integer("fraction_bits", limits=FRACTION_BITS),
        Tensor("entries", lambda _: Storage(bits=ENTRY.bits, signed=True, axes="X"), limits=(ENTRY.lo, ENTRY.hi)),
    ),
    make=InterpolatedTable,
)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Interpolate(Node):
    """A function of every element of 10 to 16 bits, docs/arithmetic.md 7.3; interpolate: its table and output stage."""

    op: ClassVar[str] = "interpolate"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (7, 3)
    fields: ClassVar[tuple[Field, ...]] = (INTERPOLATE,)
    stage_field: ClassVar[str] = INTERPOLATE.name
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    interpolate: InterpolatedTable

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return inputs[0].shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return interpolate(values[0], self.interpolate, inputs[0].format)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        check_int(f"bits of input {inputs[0].name!r}", inputs[0].bits, *INPUT_BITS)
        check_stage(self.interpolate, output)
