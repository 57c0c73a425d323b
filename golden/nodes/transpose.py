"""The node transpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.views import MAX_AXES, transpose, transposed
from t2c.golden.graph.fields import Field, Numbers
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Transpose(PassingNode):
    """The axes in another order, docs/arithmetic.md 5; axes: which axis of the input each of the output is."""

    op: ClassVar[str] = "transpose"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 4)
    moves_data: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = (Numbers("axes", limits=(0, MAX_AXES - 1)),)

    axes: tuple[int, ...]

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return transposed(inputs[0].shape, self.axes)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return transpose(values[0], self.axes)
