"""The node linear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.linear import linear
from t2c.golden.elements.products import element_linear
from t2c.golden.errors import ShapeError
from t2c.golden.graph.element_node import ElementNode
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import check_rank
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(ElementNode):
    """linear, docs/arithmetic.md 4.2. weight: (O, K)."""

    op: ClassVar[str] = "linear"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 2)
    weight_axes: ClassVar[str] = "OI"

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 1)
        if inputs[0].shape[0] != self.weight.shape[1]:
            raise ShapeError(f"weight: shape {self.weight.shape} does not fit {inputs[0].shape[0]} input features")
        return (self.out_channels,)

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        zero_point = inputs[0].zero_point
        if self.products:
            return element_linear(values[0], self.weight, element=self.products, zero_point=zero_point)
        return linear(values[0], self.weight, zero_point=zero_point)
