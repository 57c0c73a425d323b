"""The node average_pool2d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.pooling import average_pool2d
from t2c.golden.arithmetic.window import LIMITS, Padding, Pair, Window
from t2c.golden.graph.fields import Field, Integers, Sides
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import AccumulatingNode, pooled_shape
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool2d(AccumulatingNode):
    """Average pooling, docs/arithmetic.md 4.5: integer sum, division folded into MulQuant.

    Of kernel 1x1 it is LayerNorm with running statistics, 8.2.
    """

    op: ClassVar[str] = "average_pool2d"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 5)
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    fields: ClassVar[tuple[Field, ...]] = (
        Integers("kernel", limits=LIMITS["kernel"]),
        Integers("stride", limits=LIMITS["stride"]),
        Sides("padding", limits=LIMITS["padding"]),
        *AccumulatingNode.fields,
    )

    kernel: Pair
    stride: Pair
    padding: Padding = (0, 0)

    @property
    def window(self) -> Window:
        return Window(kernel=self.kernel, stride=self.stride, padding=self.padding)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return pooled_shape(inputs[0], self.window)

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return self.window.taps * inputs[0].magnitude

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return average_pool2d(values[0], self.window, zero_point=inputs[0].zero_point)
