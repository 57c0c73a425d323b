"""The node max_pool2d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.pooling import max_pool2d
from t2c.golden.arithmetic.window import LIMITS, Padding, Pair, Window
from t2c.golden.graph.fields import Field, Integers, Sides
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode, pooled_shape
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool2d(PassingNode):
    """Max pooling, docs/arithmetic.md 5; padding never wins."""

    op: ClassVar[str] = "max_pool2d"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 1)
    fields: ClassVar[tuple[Field, ...]] = (
        Integers("kernel", limits=LIMITS["kernel"]),
        Integers("stride", limits=LIMITS["stride"]),
        Sides("padding", limits=LIMITS["padding"]),
        Integers("dilation", limits=LIMITS["dilation"]),
    )

    kernel: Pair
    stride: Pair
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)

    @property
    def window(self) -> Window:
        return Window(kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return pooled_shape(inputs[0], self.window)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return max_pool2d(values[0], self.window)
