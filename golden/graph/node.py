"""What all nodes of the graph share: declared fields, shape and range proofs, accumulators, weights."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat, IntTensor, check_format, check_int
from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage, Widths, mulquant_narrow
from t2c.golden.arithmetic.pooling import pooled_size
from t2c.golden.arithmetic.window import Window
from t2c.golden.elements.element import Element
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.constant import Constant, Storage
from t2c.golden.graph.fields import Field, Integer, Tensor, signed_limits
from t2c.golden.graph.stages import MULQUANT, WIDE_MULQUANT, check_stage
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, MIN_OPERAND_BITS, TensorSpec


def check_rank(edge: TensorSpec, rank: int) -> None:
    """Refuse an edge of another rank; raise ShapeError."""
    if len(edge.shape) != rank:
        raise ShapeError(f"input {edge.name!r} has shape {edge.shape}; {rank} axes are wanted")


def pooled_shape(edge: TensorSpec, window: Window) -> tuple[int, ...]:
    """The shape that pooling gives of a map; raise ShapeError if it cannot run."""
    check_rank(edge, 3)
    channels, height, width = edge.shape
    return (channels, *pooled_size(height, width, window))


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """Weights of a node. values: (O, ...), channel O first; bits: signed, 2..8; groups: of the channels."""

    values: IntArray
    bits: int
    groups: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Node(ABC):
    """One operation. name: unique, as a user names a layer; inputs, output: names of edges.

    A kind of node is a subclass that `t2c.golden.graph.kinds.register_node` makes known. What it does not override, it
    does not have: a reader asks a node for its window or its weights, not for its class.

    op: what graph.json calls it; section: of docs/arithmetic.md; arity: number of inputs, the least where it is
    variadic; fields: what it holds besides name, inputs and output, in JSON's order; stage_field: which of them is its
    output stage; weight_axes: a letter for each axis of its weight, empty without one;
    channel_axis: of the batched output, along which constants per channel lie; moves_data: its output
    holds other words than its input; narrow: `forward` widens where its arithmetic needs it and takes operands in the
    dtype of their edge, such as int8 or uint8; without it they come as int64; widest_input, widest_output: bits that
    its edges may have, 8 or 16.
    """

    op: ClassVar[str]
    section: ClassVar[tuple[int, ...]] = ()
    arity: ClassVar[int] = 1
    variadic: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = ()
    stage_field: ClassVar[str] = ""
    weight_axes: ClassVar[str] = ""
    channel_axis: ClassVar[int] = 1
    moves_data: ClassVar[bool] = True
    narrow: ClassVar[bool] = False
    widest_input: ClassVar[int] = MAX_OPERAND_BITS
    widest_output: ClassVar[int] = MAX_OPERAND_BITS

    name: str
    inputs: tuple[str, ...]
    output: str

    @abstractmethod
    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        """Return the shape (without batch) that the operation gives; raise ShapeError if it cannot run."""

    @abstractmethod
    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        """Run the operation on batched integers: values[i] has shape (N, *inputs[i].shape). Exact.

        The result may have any integer dtype; `Graph` narrows it to that of the output's format.
        """

    @abstractmethod
    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        """Prove that formats fit and that nothing can overflow.

        Raises:
            RangeError: a width, bound or clip range that does not hold.
        """

    @classmethod
    def declares(cls, field: str) -> bool:
        """True if this kind of node has such a field."""
        return any(declared.name == field for declared in cls.fields)

    @property
    def constants(self) -> tuple[Constant, ...]:
        """What memories hold of the node, at declared widths."""
        held = tuple(c for field in self.fields for c in field.constants(self, getattr(self, field.name)))
        if len({constant.name for constant in held}) < len(held):
            raise TypeError(
                f"{self.op}: two constants have one name in {[c.name for c in held]}; give a record a prefix"
            )
        return held

    @property
    def stage(self) -> OutputStage | None:
        """The requantisation that the node ends with."""
        stage: OutputStage | None = getattr(self, self.stage_field) if self.stage_field else None
        return stage

    @property
    def widths(self) -> Widths | None:
        """The hardware widths that its constants rest on; None if they rest on none."""
        return getattr(self.stage, "widths", None)

    @property
    def window(self) -> Window | None:
        """What slides over an image, checked; None if nothing does."""
        return None

    @property
    def weights(self) -> Weights | None:
        """Constant factors of the activations."""
        return None

    @property
    def products(self) -> Element | None:
        """The element of the array whose sums its products are; None if they are exact, or there are none."""
        return None

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray | None:
        """Return the exact accumulators, int64 of the output's shape, before the output stage; None without them."""
        return None

    def accumulator_bits(self, inputs: Sequence[TensorSpec]) -> int | None:
        """Signed bits that hold every accumulator of this node; None without accumulators."""
        return None

    def macs(self, inputs: Sequence[TensorSpec]) -> int:
        """Multiplications of an activation by a weight or by another activation per image, taps on padding included."""
        return 0


@dataclass(frozen=True, kw_only=True, eq=False)
class AccumulatingNode(Node):
    """A node that sums products into an accumulator and requantises it; mulquant: the constants."""

    fields: ClassVar[tuple[Field, ...]] = (MULQUANT,)
    stage_field: ClassVar[str] = MULQUANT.name

    mulquant: MulQuant

    @abstractmethod
    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        """Return the exact accumulators, int64, before MulQuant."""

    @abstractmethod
    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        """Largest |acc| that any legal input can produce."""

    def accumulator_bits(self, inputs: Sequence[TensorSpec]) -> int:
        """Signed bits that hold every accumulator of this node."""
        return self.worst_accumulator(inputs).bit_length() + 1

    def sums(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        """Return the accumulators in any integer dtype; for nodes that have them narrower than `accumulate` says."""
        return self.accumulate(values, inputs)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        acc = self.sums(values, inputs)
        axis = self.channel_axis if self.channel_axis > 0 else acc.ndim + self.channel_axis
        return mulquant_narrow(acc, self.mulquant, channel_axis=axis)

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

    fields: ClassVar[tuple[Field, ...]] = (
        Integer("weight_bits", limits=(MIN_OPERAND_BITS, MAX_OPERAND_BITS)),
        Tensor(
            "weight",
            lambda node: Storage(bits=node.weight_bits, signed=True, axes=node.weight_axes, packed=True),
            limits=signed_limits(MAX_OPERAND_BITS),
        ),
        WIDE_MULQUANT,
    )
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    weight: IntArray
    weight_bits: int

    def __post_init__(self) -> None:
        check_int("weight_bits", self.weight_bits, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        weight = check_format("weight", self.weight, IntFormat(bits=self.weight_bits, signed=True))
        rank = len(self.weight_axes)
        if weight.ndim != rank or not weight.size:
            raise ShapeError(f"weight: shape {weight.shape} does not have {rank} non-empty axes")
        weight = weight.copy()
        weight.setflags(write=False)  # a constant: proofs and prepared kernels rest on it
        object.__setattr__(self, "weight", weight)

    @property
    def weights(self) -> Weights:
        return Weights(values=self.weight, bits=self.weight_bits)

    @property
    def out_channels(self) -> int:
        return int(self.weight.shape[0])

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return int(np.abs(self.weight).reshape(self.out_channels, -1).sum(axis=1).max()) * inputs[0].magnitude

    def macs(self, inputs: Sequence[TensorSpec]) -> int:
        # Every output takes the weights of its channel once.
        return math.prod(self.output_shape(inputs)) * int(self.weight[0].size)


@dataclass(frozen=True, kw_only=True, eq=False)
class PassingNode(Node):
    """A node that moves integers without changing how they are read; several inputs are read alike."""

    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        for edge in inputs:
            if not output.same_reading(edge):
                which = "the input's" if len(inputs) == 1 else f"those of input {edge.name!r}"
                raise RangeError(f"output {output.name!r}: bits, sign, zero point and scale must equal {which}")
