"""The node add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.mulquant import AddQuant, residual_add_narrow
from t2c.golden.errors import ShapeError
from t2c.golden.graph.fields import Field
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.stages import ADDQUANT, check_stage
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Node):
    """Residual add, docs/arithmetic.md 4.4; addquant: the constants."""

    op: ClassVar[str] = "add"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 4)
    arity: ClassVar[int] = 2
    fields: ClassVar[tuple[Field, ...]] = (ADDQUANT,)
    stage_field: ClassVar[str] = ADDQUANT.name
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    addquant: AddQuant

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        if inputs[0].shape != inputs[1].shape:
            raise ShapeError(f"add: shapes {inputs[0].shape} and {inputs[1].shape} differ")
        return inputs[0].shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        zero_points = {"zero_point_a": inputs[0].zero_point, "zero_point_b": inputs[1].zero_point}
        return residual_add_narrow(values[0], values[1], self.addquant, **zero_points)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        check_stage(self.addquant, output)
