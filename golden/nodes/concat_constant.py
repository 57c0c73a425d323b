"""The node concat_constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.views import MAX_AXES, concatenate, joined
from t2c.golden.errors import RangeError
from t2c.golden.graph.fields import Boolean, Field, Integer
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode
from t2c.golden.graph.operand import OPERAND, ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class ConcatConstant(PassingNode):
    """A tensor and a constant of its format, such as a class token, joined along one axis, docs/arithmetic.md 5.

    first: the constant comes before the tensor; it is read with the tensor's scale and zero point.
    """

    op: ClassVar[str] = "concat_constant"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 7)
    fields: ClassVar[tuple[Field, ...]] = (Integer("axis", limits=(0, MAX_AXES - 1)), Boolean("first"), OPERAND)

    axis: int
    first: bool
    constant: ConstantOperand

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return joined([inputs[0].shape, self.constant.values.shape], self.axis)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        constant = self.constant.values.astype(values[0].dtype)
        both = (values[0], np.broadcast_to(constant, (len(values[0]), *constant.shape)))
        return concatenate(both[::-1] if self.first else both, axis=self.axis)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        super().check_numbers(inputs, output)
        if self.constant.format != inputs[0].format:
            raise RangeError(f"constant: it is {self.constant.format}, input {inputs[0].name!r} is {inputs[0].format}")
