"""What all nodes of the graph share: names, shape and range proofs, accumulators, weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat, check_format, check_int
from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage, mulquant
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS, TensorSpec


def check_rank(edge: TensorSpec, rank: int) -> None:
    """Refuse an edge of another rank; raise ShapeError."""
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
    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        """Return the shape (without batch) that the operation gives; raise ShapeError if it cannot run."""

    @abstractmethod
    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        """Run the operation on batched integers: values[i] has shape (N, *inputs[i].shape). Exact."""

    @abstractmethod
    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        """Prove that formats fit and that nothing can overflow.

        Raises:
            RangeError: a width, bound or clip range that does not hold.
        """


def check_stage(stage: OutputStage, output: TensorSpec) -> None:
    """Refuse a clip range outside the output format or another zero point; raise RangeError."""
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
    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        """Return the exact accumulators, int64, before MulQuant."""

    @abstractmethod
    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        """Largest |acc| that any legal input can produce."""

    def accumulator_bits(self, inputs: Sequence[TensorSpec]) -> int:
        """Signed bits that hold every accumulator of this node."""
        return self.worst_accumulator(inputs).bit_length() + 1

    def forward(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        acc = self.accumulate(values, inputs)
        axis = self.channel_axis if self.channel_axis > 0 else acc.ndim + self.channel_axis
        return mulquant(acc, self.mulquant, channel_axis=axis)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        check_stage(self.mulquant, output)
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

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return int(np.abs(self.weight).reshape(self.out_channels, -1).sum(axis=1).max()) * inputs[0].magnitude
