"""The typed nodes of the graph: an operation plus its frozen integer parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from golden.conv import ConvKernel, prepare_conv2d
from golden.edge import MAX_OPERAND_BITS, MIN_OPERAND_BITS, Edge
from golden.errors import RangeError, ShapeError
from golden.formats import IntArray, IntFormat, check_format, check_int
from golden.linear import flatten, linear, matmul
from golden.mulquant import AddQuant, MulQuant, OutputStage, mulquant, residual_add
from golden.pooling import average_pool2d, max_pool2d, pooled_size
from golden.window import Pair, Window


def _pooled_shape(edge: Edge, window: Window) -> tuple[int, ...]:
    _rank(edge, 3)
    channels, height, width = edge.shape
    return (channels, *pooled_size(height, width, window))


def _rank(edge: Edge, rank: int) -> None:
    if len(edge.shape) != rank:
        raise ShapeError(f"input {edge.name!r} has shape {edge.shape}; {rank} axes are wanted")


@dataclass(frozen=True, kw_only=True, eq=False)
class Node(ABC):
    """One operation. name: unique, what LAYER= takes; inputs, output: names of edges."""

    op: ClassVar[str]
    arity: ClassVar[int] = 1

    name: str
    inputs: tuple[str, ...]
    output: str

    @abstractmethod
    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        """Return the shape (without batch) that the operation gives; raise ShapeError if it cannot run."""

    @abstractmethod
    def forward(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        """Run the operation on batched integers: values[i] has shape (N, *inputs[i].shape). Exact."""

    @abstractmethod
    def check_numbers(self, inputs: Sequence[Edge], output: Edge) -> None:
        """Prove that formats fit and that nothing can overflow.

        Raises:
            RangeError: a width, bound or clip range that does not hold.
        """


def _check_stage(stage: OutputStage, output: Edge) -> None:
    fmt = output.format
    check_int("lo", stage.lo, fmt.lo, fmt.hi)
    check_int("hi", stage.hi, fmt.lo, fmt.hi)
    if stage.zero_point != output.zero_point:
        raise RangeError(f"zero_point = {stage.zero_point} differs from the output edge's {output.zero_point}")


@dataclass(frozen=True, kw_only=True, eq=False)
class AccumulatingNode(Node):
    """A node that sums products into an accumulator and requantises it; mulquant: the constants."""

    mulquant: MulQuant
    channel_axis: ClassVar[int] = 1

    @abstractmethod
    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        """Return the exact accumulators, int64, before MulQuant."""

    @abstractmethod
    def worst_accumulator(self, inputs: Sequence[Edge]) -> int:
        """Largest |acc| that any legal input can produce."""

    def accumulator_bits(self, inputs: Sequence[Edge]) -> int:
        """Signed bits that hold every accumulator of this node."""
        return self.worst_accumulator(inputs).bit_length() + 1

    def forward(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        acc = self.accumulate(values, inputs)
        axis = self.channel_axis if self.channel_axis > 0 else acc.ndim + self.channel_axis
        return mulquant(acc, self.mulquant, channel_axis=axis)

    def check_numbers(self, inputs: Sequence[Edge], output: Edge) -> None:
        _check_stage(self.mulquant, output)
        channels = output.shape[self.channel_axis - 1 if self.channel_axis > 0 else self.channel_axis]
        if self.mulquant.channels not in (1, channels):
            raise ShapeError(f"multiplier: {self.mulquant.channels} entries for {channels} output channels")
        worst, limit = self.worst_accumulator(inputs), self.mulquant.widths.acc_format.hi
        if worst > limit:
            raise RangeError(
                f"accumulator: worst case {worst} needs {self.accumulator_bits(inputs)} bits, "
                f"acc width is {self.mulquant.widths.acc}"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedNode(AccumulatingNode):
    """An accumulating node with weights; weight: signed ints of weight_bits (2..8) bits, channel O first."""

    weight: IntArray
    weight_bits: int
    weight_rank: ClassVar[int]

    def __post_init__(self) -> None:
        check_int("weight_bits", self.weight_bits, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        weight = check_format("weight", self.weight, IntFormat(bits=self.weight_bits, signed=True))
        if weight.ndim != self.weight_rank or not weight.size:
            raise ShapeError(f"weight: shape {weight.shape} does not have {self.weight_rank} non-empty axes")
        weight = weight.copy()
        weight.setflags(write=False)  # a constant: proofs and prepared kernels rest on it
        object.__setattr__(self, "weight", weight)

    @property
    def out_channels(self) -> int:
        return int(self.weight.shape[0])

    def worst_accumulator(self, inputs: Sequence[Edge]) -> int:
        return int(np.abs(self.weight).reshape(self.out_channels, -1).sum(axis=1).max()) * inputs[0].magnitude


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

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        _rank(inputs[0], 3)
        channels, height, width = inputs[0].shape
        check_int("groups", self.groups, 1, channels)
        if channels != self.weight.shape[1] * self.groups or self.out_channels % self.groups:
            raise ShapeError(
                f"weight: shape {self.weight.shape} with groups = {self.groups} does not fit {channels} input channels"
            )
        return (self.out_channels, *self.window.output_size(height, width))

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        return self.kernel.apply(values[0], zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(WeightedNode):
    """linear, docs/arithmetic.md 4.2. weight: (O, K)."""

    op: ClassVar[str] = "linear"
    weight_rank: ClassVar[int] = 2

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        _rank(inputs[0], 1)
        if inputs[0].shape[0] != self.weight.shape[1]:
            raise ShapeError(f"weight: shape {self.weight.shape} does not fit {inputs[0].shape[0]} input features")
        return (self.out_channels,)

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        return linear(values[0], self.weight, zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Matmul(AccumulatingNode):
    """Batched matmul of two activations, docs/arithmetic.md 4.3: (..., M, K) x (..., K, O)."""

    op: ClassVar[str] = "matmul"
    arity: ClassVar[int] = 2
    channel_axis: ClassVar[int] = -1

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        a, b = inputs[0].shape, inputs[1].shape
        if len(a) < 2 or len(a) != len(b) or a[:-2] != b[:-2] or a[-1] != b[-2]:
            raise ShapeError(f"matmul: shapes {a} and {b} do not multiply")
        return (*a[:-1], b[-1])

    def worst_accumulator(self, inputs: Sequence[Edge]) -> int:
        return inputs[0].shape[-1] * inputs[0].magnitude * inputs[1].magnitude

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
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

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        return _pooled_shape(inputs[0], self.window)

    def worst_accumulator(self, inputs: Sequence[Edge]) -> int:
        return self.window.taps * inputs[0].magnitude

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        return average_pool2d(values[0], self.window, zero_point=inputs[0].zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Node):
    """Residual add, docs/arithmetic.md 4.4; addquant: the constants."""

    op: ClassVar[str] = "add"
    arity: ClassVar[int] = 2

    addquant: AddQuant

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        if inputs[0].shape != inputs[1].shape:
            raise ShapeError(f"add: shapes {inputs[0].shape} and {inputs[1].shape} differ")
        return inputs[0].shape

    def forward(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        zero_points = {"zero_point_a": inputs[0].zero_point, "zero_point_b": inputs[1].zero_point}
        return residual_add(values[0], values[1], self.addquant, **zero_points)

    def check_numbers(self, inputs: Sequence[Edge], output: Edge) -> None:
        _check_stage(self.addquant, output)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Passing(Node):
    """A node that moves integers without changing how they are read."""

    def check_numbers(self, inputs: Sequence[Edge], output: Edge) -> None:
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

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        return _pooled_shape(inputs[0], self.window)

    def forward(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        return max_pool2d(values[0], self.window)


@dataclass(frozen=True, kw_only=True, eq=False)
class Flatten(_Passing):
    """(C, H, W) to C H W, C slowest."""

    op: ClassVar[str] = "flatten"

    def output_shape(self, inputs: Sequence[Edge]) -> tuple[int, ...]:
        _rank(inputs[0], 3)
        return (int(np.prod(inputs[0].shape)),)

    def forward(self, values: Sequence[IntArray], inputs: Sequence[Edge]) -> IntArray:
        return flatten(values[0])
