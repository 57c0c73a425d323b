"""The typed nodes of the graph, one for each operation of docs/arithmetic.md sections 4 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.conv import ConvKernel, prepare_conv2d
from t2c.golden.arithmetic.formats import IntArray, check_int
from t2c.golden.arithmetic.linear import flatten, linear, matmul
from t2c.golden.arithmetic.mulquant import AddQuant, residual_add
from t2c.golden.arithmetic.pooling import average_pool2d, max_pool2d, pooled_size
from t2c.golden.arithmetic.window import Pair, Window
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.node import AccumulatingNode, Node, WeightedNode, check_rank, check_stage
from t2c.golden.graph.tensor_spec import TensorSpec


def _pooled_shape(edge: TensorSpec, window: Window) -> tuple[int, ...]:
    check_rank(edge, 3)
    channels, height, width = edge.shape
    return (channels, *pooled_size(height, width, window))


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2d(WeightedNode):
    """conv2d, docs/arithmetic.md 4.1. weight: (O, C / groups, KH, KW)."""

    op: ClassVar[str] = "conv2d"
    weight_rank: ClassVar[int] = 4

    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def window(self) -> Window:
        kernel = (int(self.weight.shape[2]), int(self.weight.shape[3]))
        return Window(kernel=kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)

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
        return self.kernel.apply(values[0], zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(WeightedNode):
    """linear, docs/arithmetic.md 4.2. weight: (O, K)."""

    op: ClassVar[str] = "linear"
    weight_rank: ClassVar[int] = 2

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 1)
        if inputs[0].shape[0] != self.weight.shape[1]:
            raise ShapeError(f"weight: shape {self.weight.shape} does not fit {inputs[0].shape[0]} input features")
        return (self.out_channels,)

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return linear(values[0], self.weight, zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Matmul(AccumulatingNode):
    """Batched matmul of two activations, docs/arithmetic.md 4.3: (..., M, K) x (..., K, O)."""

    op: ClassVar[str] = "matmul"
    arity: ClassVar[int] = 2
    channel_axis: ClassVar[int] = -1

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        a, b = inputs[0].shape, inputs[1].shape
        if len(a) < 2 or len(a) != len(b) or a[:-2] != b[:-2] or a[-1] != b[-2]:
            raise ShapeError(f"matmul: shapes {a} and {b} do not multiply")
        return (*a[:-1], b[-1])

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return inputs[0].shape[-1] * inputs[0].magnitude * inputs[1].magnitude

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return matmul(values[0], values[1], zero_point_a=inputs[0].zero_point, zero_point_b=inputs[1].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool2d(AccumulatingNode):
    """Average pooling, docs/arithmetic.md 4.5: integer sum, division folded into MulQuant."""

    op: ClassVar[str] = "average_pool2d"

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)

    @property
    def window(self) -> Window:
        return Window(kernel=self.kernel, stride=self.stride, padding=self.padding)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return _pooled_shape(inputs[0], self.window)

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return self.window.taps * inputs[0].magnitude

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return average_pool2d(values[0], self.window, zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Node):
    """Residual add, docs/arithmetic.md 4.4; addquant: the constants."""

    op: ClassVar[str] = "add"
    arity: ClassVar[int] = 2

    addquant: AddQuant

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        if inputs[0].shape != inputs[1].shape:
            raise ShapeError(f"add: shapes {inputs[0].shape} and {inputs[1].shape} differ")
        return inputs[0].shape

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        zero_points = {"zero_point_a": inputs[0].zero_point, "zero_point_b": inputs[1].zero_point}
        return residual_add(values[0], values[1], self.addquant, **zero_points)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        check_stage(self.addquant, output)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Passing(Node):
    """A node that moves integers without changing how they are read."""

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        if not output.same_reading(inputs[0]):
            raise RangeError(f"output {output.name!r}: bits, sign, zero point and scale must equal the input's")


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool2d(_Passing):
    """Max pooling, docs/arithmetic.md 5; padding never wins."""

    op: ClassVar[str] = "max_pool2d"

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = field(default=(1, 1))

    @property
    def window(self) -> Window:
        return Window(kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        return _pooled_shape(inputs[0], self.window)

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return max_pool2d(values[0], self.window)


@dataclass(frozen=True, kw_only=True, eq=False)
class Flatten(_Passing):
    """(C, H, W) to C H W, C slowest."""

    op: ClassVar[str] = "flatten"

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 3)
        return (int(np.prod(inputs[0].shape)),)

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return flatten(values[0])
