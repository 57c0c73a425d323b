"""The node slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor, check_int
from t2c.golden.arithmetic.views import MAX_AXES, part, sliced
from t2c.golden.graph.fields import Field, Integer
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode
from t2c.golden.graph.tensor_spec import TensorSpec

START = (0, (1 << 16) - 2)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Slice(PassingNode):
    """start .. start + length - 1 along one axis, docs/arithmetic.md 5."""

    op: ClassVar[str] = "slice"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 5)
    moves_data: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = (
        Integer("axis", limits=(0, MAX_AXES - 1)),
        Integer("start", limits=START),
        Integer("length"),
    )

    axis: int
    start: int
    length: int

    def __post_init__(self) -> None:
        check_int("start", self.start, *START)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return sliced(inputs[0].shape, self.axis, self.start, self.length)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return part(values[0], axis=self.axis, start=self.start, length=self.length)
