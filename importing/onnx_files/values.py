"""What a tensor of an ONNX file is on the way: a constant, an activation on an edge, or sums not yet rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.rule import Reach

Array = npt.NDArray[Any]
Reals = npt.NDArray[np.float64]


class FileValue:
    """A tensor of the file; what it is, is its class. what: for messages."""

    what: ClassVar[str] = "nothing known"


@dataclass(frozen=True, kw_only=True, eq=False)
class FileConstant(FileValue):
    """Numbers that the file holds. values: float or int, any shape."""

    what: ClassVar[str] = "a constant"

    values: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantisedConstant(FileValue):
    """Constant integers and how they are read: (q - zero_point) scale.

    integers: int64, any shape, zero point taken off; scale: float32 of the same shape; bits: signed, as declared.
    """

    integers: IntArray
    scale: npt.NDArray[np.float32]
    bits: int

    what: ClassVar[str] = "a quantised constant"

    @property
    def reals(self) -> Array:
        """What it stands for, float32."""
        return np.asarray(self.integers.astype(np.float32) * self.scale)


def reals_held(value: FileValue) -> Array | None:
    """The numbers of a constant of either kind."""
    if isinstance(value, QuantisedConstant):
        return value.reals
    return value.values if isinstance(value, FileConstant) else None


@dataclass(frozen=True, kw_only=True)
class Move:
    """A node that moves integers: reshape, transpose, max pooling.

    make: from names (node, input, output) to the node; op: for messages; shape: of the result, without batch;
    rising: it takes the largest, so that what comes before it may be put behind it only if that never falls;
    channels: the first axis stays where it is; axes: of a transposition, which axis of the input each is.
    """

    make: Callable[[str, str, str], Node]
    op: str
    shape: tuple[int, ...]
    rising: bool = False
    channels: bool = False
    axes: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatInput(FileValue):
    """The graph's input while it is float.

    shape: now, without batch; moves: since; prepared: places of the nodes that computed with constants, which are the
    host's, and so are the moves then.
    """

    shape: tuple[int, ...]
    moves: tuple[Move, ...] = ()
    prepared: tuple[str, ...] = ()

    what: ClassVar[str] = "a float that nothing has quantised"


@dataclass(frozen=True, kw_only=True, eq=False)
class Activation(FileValue):
    """An edge of the graph. edge: its name; spec: the same; scale: as the file reads it, float32;
    real: what stands for it is scale (q - zp), not q itself."""

    spec: TensorSpec
    scale: np.float32
    real: bool

    what: ClassVar[str] = "a quantised activation"

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return self.spec.shape

    def reals(self) -> Array:
        """What each integer of its format stands for, float32, from the least to the largest."""
        fmt = self.spec.format
        integers = np.arange(fmt.lo, fmt.hi + 1)
        return (integers - self.spec.zero_point).astype(np.float32) * self.scale


Function = Callable[[Array], Array]


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped(FileValue):
    """Functions of every element of an activation, which become a table. functions: from float32 to float32."""

    source: Activation
    functions: tuple[Function, ...]

    what: ClassVar[str] = "a function of an activation that nothing has quantised"

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return self.source.shape

    def reals(self) -> Array:
        """Its values for every integer of the source's format."""
        return self.applied(self.source.reals())

    def applied(self, values: Array) -> Array:
        """All functions, one after the other."""
        for function in self.functions:
            values = function(values)
        return values


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatStep:
    """A step from sums towards their quantiser. kind: mul, add, low (no less than), high (no more than);
    values: float, (C, 1) or (1, 1)."""

    kind: str
    values: Reals


MakeSums = Callable[[str, str, MulQuant], Node]
"""From names of node and output and the constants to a node."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PendingSums(FileValue):
    """Accumulators that nothing has quantised yet.

    make: the node; operation, place: of the source, for the report; shape: now, without batch; own_shape: of the node's
    output, before it moved; channels: C, along axis `axis` of own_shape; reach: of the accumulators, by channel;
    bias: integers that are added to them, (C,); scale: float64 (C,), of one accumulator step, the exact product of two
    float32; steps: what follows, on reals; single: those are computed in float32, step by step, instead of meaning
    real numbers; formats, scales: of inputs and weights; macs: per image; moves: what moved them.
    """

    make: MakeSums
    operation: str
    place: str
    shape: tuple[int, ...]
    axis: int
    reach: Reach
    bias: IntArray
    scale: Reals
    inputs: tuple[TensorSpec, ...]
    formats: tuple[str, ...]
    scales: tuple[float, ...]
    macs: int
    steps: tuple[FloatStep, ...] = ()
    single: bool = False
    moves: tuple[Move, ...] = ()
    own_shape: tuple[int, ...] = field(default=())

    what: ClassVar[str] = "sums that nothing has quantised"

    def __post_init__(self) -> None:
        if not self.own_shape:
            object.__setattr__(self, "own_shape", self.shape)

    @property
    def channels(self) -> int:
        """C of the constants; 1 for one of the layer."""
        return int(self.scale.size)

    @property
    def channel_axis(self) -> int | None:
        """The axis of `shape` that the channels lie on, None where moves have spread them."""
        axis = self.axis
        for move in self.moves:
            if move.axes:
                axis = move.axes.index(axis)
            elif axis or not move.channels:
                return None
        return axis

    def then(self, *steps: FloatStep) -> PendingSums:
        """The same with steps behind it."""
        return replace(self, steps=(*self.steps, *steps))

    def moved(self, move: Move) -> PendingSums:
        """The same, moved."""
        return replace(self, moves=(*self.moves, move), shape=move.shape)

    def spread(self) -> PendingSums:
        """The same with constants of every channel."""
        count = self.own_shape[self.axis]
        if self.channels == count:
            return self

        def each(values: Array) -> Array:
            return np.broadcast_to(values, (count,)).copy()

        reach = Reach(lo=each(self.reach.lo), hi=each(self.reach.hi))
        steps = tuple(replace(s, values=np.broadcast_to(s.values, (count, 1)).copy()) for s in self.steps)
        return replace(self, reach=reach, bias=each(self.bias), scale=each(self.scale), steps=steps)


@dataclass(frozen=True, kw_only=True, eq=False)
class PairSum(FileValue):
    """The sum of two activations that nothing has quantised.

    operand: the integers of `right`, if it is constant; lowest, highest: reals that the sum is clipped to;
    minus: the right one is subtracted, step by step in float32, as no QLinear operator does.
    """

    left: Activation
    right: Activation
    operand: ConstantOperand | None = None
    lowest: float = -np.inf
    highest: float = np.inf
    minus: bool = False

    what: ClassVar[str] = "a sum of two activations that nothing has quantised"

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch."""
        return self.left.shape


@dataclass(frozen=True, kw_only=True, eq=False)
class PendingJoin(FileValue):
    """Activations, sums or joins to be joined once they are quantised alike. axis: without the batch; shape: of the
    join."""

    parts: tuple[FileValue, ...]
    axis: int
    shape: tuple[int, ...] = ()

    what: ClassVar[str] = "a join that nothing has quantised"


@dataclass(frozen=True, kw_only=True, eq=False)
class Unknown(FileValue):
    """The result of an operator that was refused: what it goes into says nothing more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnHost(FileValue):
    """A result that the host computes, after the core's last. source: of it; operations: place and name of each."""

    what: ClassVar[str] = "a float that the host computes"

    source: FileValue
    operations: tuple[tuple[str, str], ...]
