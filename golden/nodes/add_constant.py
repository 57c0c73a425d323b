"""The node add_constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.mulquant import AddQuant, residual_add_narrow
from t2c.golden.errors import ShapeError
from t2c.golden.graph.fields import Field
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import OPERAND, ConstantOperand
from t2c.golden.graph.stages import ADDQUANT, check_stage
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class AddConstant(Node):
    """Add of a constant of the same shape, such as a position embedding, docs/arithmetic.md 4.6."""

    op: ClassVar[str] = "add_constant"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 6)
    fields: ClassVar[tuple[Field, ...]] = (OPERAND, ADDQUANT)
    stage_field: ClassVar[str] = ADDQUANT.name
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    constant: ConstantOperand
    addquant: AddQuant

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        if inputs[0].shape != self.constant.values.shape:
            raise ShapeError(f"add_constant: shapes {inputs[0].shape} and {self.constant.values.shape} differ")
        return inputs[0].shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        constant = np.broadcast_to(self.constant.values, values[0].shape)
        return residual_add_narrow(values[0], constant, self.addquant, zero_point_a=inputs[0].zero_point)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        check_stage(self.addquant, output)
