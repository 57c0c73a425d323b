"""The node reshape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.views import reshape, reshaped
from t2c.golden.graph.fields import Field, Numbers
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Reshape(PassingNode):
    """The elements in their order in another shape, docs/arithmetic.md 5; shape: of a sample."""

    op: ClassVar[str] = "reshape"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 3)
    moves_data: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = (Numbers("shape"),)

    shape: tuple[int, ...]

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return reshaped(inputs[0].shape, self.shape)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return reshape(values[0], self.shape)
