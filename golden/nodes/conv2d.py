"""The node conv2d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from t2c.golden.arithmetic.conv import ConvKernel, prepare_conv2d
from t2c.golden.arithmetic.formats import IntArray, IntTensor, check_int
from t2c.golden.arithmetic.window import LIMITS, Padding, Pair, Window
from t2c.golden.elements.products import element_conv2d
from t2c.golden.errors import ShapeError
from t2c.golden.graph.element_node import ElementNode
from t2c.golden.graph.fields import Field, Integer, Integers, Sides
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Weights, check_rank
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2d(ElementNode):
    """conv2d, docs/arithmetic.md 4.1. weight: (O, C / groups, KH, KW)."""

    op: ClassVar[str] = "conv2d"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 1)
    weight_axes: ClassVar[str] = "OIHW"
    fields: ClassVar[tuple[Field, ...]] = (
        Integers("stride", limits=LIMITS["stride"]),
        Sides("padding", limits=LIMITS["padding"]),
        Integers("dilation", limits=LIMITS["dilation"]),
        Integer("groups"),
        *ElementNode.fields,
    )

    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def window(self) -> Window:
        kernel = (int(self.weight.shape[2]), int(self.weight.shape[3]))
        return Window(kernel=kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)

    @property
    def weights(self) -> Weights:
        return Weights(values=self.weight, bits=self.weight_bits, groups=self.groups)

    @cached_property
    def kernel(self) -> ConvKernel:
        """The weights, prepared on first use and kept: they are constants."""
        return prepare_conv2d(self.weight, window=self.window, groups=self.groups)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 3)
        channels, height, width = inputs[0].shape
        check_int("groups", self.groups, 1, channels)
        if channels != self.weight.shape[1] * self.groups or self.out_channels % self.groups:
            raise ShapeError(
                f"weight: shape {self.weight.shape} with groups = {self.groups} does not fit {channels} input channels"
            )
        return (self.out_channels, *self.window.output_size(height, width))

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        if self.products:
            return element_conv2d(
                values[0],
                self.weight,
                element=self.products,
                window=self.window,
                groups=self.groups,
                zero_point=inputs[0].zero_point,
            )
        return self.kernel.apply(values[0], zero_point=inputs[0].zero_point)

    def sums(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        if self.products:
            return self.accumulate(values, inputs)
        return self.kernel.sums(values[0], zero_point=inputs[0].zero_point)
