"""The node concat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.views import MAX_AXES, concatenate, joined
from t2c.golden.graph.fields import Field, Integer
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Concatenate(PassingNode):
    """Two tensors or more that are read alike, joined along one axis, docs/arithmetic.md 5."""

    op: ClassVar[str] = "concat"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 6)
    arity: ClassVar[int] = 2
    variadic: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (Integer("axis", limits=(0, MAX_AXES - 1)),)

    axis: int

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return joined([edge.shape for edge in inputs], self.axis)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return concatenate(values, axis=self.axis)
