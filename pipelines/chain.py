"""What a pipeline is made from: edges and stages in integers of any size, of a package or made by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import ShapeError
from t2c.pipelines.requant_logic import ChannelConstants

POINT = Window(kernel=(1, 1))
"""The window of a linear layer, which is a convolution of one pixel."""


@dataclass(frozen=True, kw_only=True)
class ChainEdge:
    """A tensor between stages. shape: (C, H, W) or (C,), one pixel; bits: of an element, any number."""

    name: str
    shape: tuple[int, ...]
    bits: int
    signed: bool
    zero_point: int = 0

    @property
    def lo(self) -> int:
        """Smallest value of the format."""
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def hi(self) -> int:
        """Largest value of the format."""
        return (1 << self.bits - self.signed) - 1

    @property
    def channels(self) -> int:
        """Elements of a transfer."""
        return self.shape[0]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width); a vector is one pixel."""
        return (self.shape[1], self.shape[2]) if len(self.shape) == 3 else (1, 1)

    @property
    def pixels(self) -> int:
        """Transfers of an image."""
        return math.prod(self.shape[1:])


@dataclass(frozen=True, kw_only=True)
class ChainQuant:
    """MulQuant of a stage, docs/arithmetic.md section 3, in integers of any size.

    multiplier, bias, shift: one of each, or one a channel; zero_point: of the result; lo, hi: clip bounds, one of each
    or one a channel.
    """

    multiplier: tuple[int, ...]
    bias: tuple[int, ...]
    shift: tuple[int, ...]
    lo: tuple[int, ...]
    hi: tuple[int, ...]
    rounding: Rounding = Rounding.HALF_UP
    zero_point: int = 0

    def channel(self, number: int) -> ChannelConstants:
        """The constants of one channel."""
        fields = {name: getattr(self, name) for name in ("multiplier", "bias", "shift", "lo", "hi")}
        chosen = {name: values[number if len(values) > 1 else 0] for name, values in fields.items()}
        return ChannelConstants(rounding=self.rounding, zero_point=self.zero_point, **chosen)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainStage:
    """One stage. name: of the node; inputs, output: names of edges; accumulators: whether golden has sums of it."""

    kind: ClassVar[str]
    accumulators: ClassVar[bool] = False

    name: str
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, kw_only=True, eq=False)
class SumStage(ChainStage):
    """A convolution, a linear layer (one pixel) or an average (weights of 1).

    weight: integers (O, C / groups, KH, KW) of any size, less than 2^62 in all sums; requant: of the sums.
    """

    kind: ClassVar[str] = "sum"
    accumulators: ClassVar[bool] = True

    weight: npt.NDArray[np.int64]
    requant: ChainQuant
    window: Window = POINT
    groups: int = 1

    @cached_property
    def matrix(self) -> npt.NDArray[np.int64]:
        """(O, C, KH, KW): the weights, with zeros for what lies in other groups."""
        out, own = self.weight.shape[:2]
        full = np.zeros((out, own * self.groups, *self.weight.shape[2:]), np.int64)
        each = out // self.groups
        for group in range(self.groups):
            rows = slice(group * each, (group + 1) * each)
            full[rows, group * own : (group + 1) * own] = self.weight[rows]
        return full


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxStage(ChainStage):
    """The largest value of a window, of each channel; padding never wins."""

    kind: ClassVar[str] = "max"

    window: Window


@dataclass(frozen=True, kw_only=True, eq=False)
class VectorStage(ChainStage):
    """A map (C, H, W) as a vector of C H W elements, C slowest."""

    kind: ClassVar[str] = "vector"


@dataclass(frozen=True, kw_only=True, eq=False)
class AddStage(ChainStage):
    """A residual add, docs/arithmetic.md 4.4. first, second: multiplier of each input; requant: what comes then, of
    multiplier 1."""

    kind: ClassVar[str] = "add"

    first: int
    second: int
    requant: ChainQuant


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """Stages in their order.

    edges: by name; the input of the first stage is that of the chain, the output of the last one its result.

    Raises:
        ShapeError: a stage that takes what none before gives, or gives what none takes.
    """

    name: str
    edges: dict[str, ChainEdge]
    stages: tuple[ChainStage, ...]

    def __post_init__(self) -> None:
        there, taken = {self.stages[0].inputs[0]}, set()
        for stage in self.stages:
            for edge in stage.inputs:
                if edge not in there:
                    raise ShapeError(f"{stage.name}: no stage before it gives {edge}")
            taken |= set(stage.inputs)
            there.add(stage.output)
        last = self.stages[-1].output
        for stage in self.stages:
            if (stage.output in taken) == (stage.output == last):
                wrong = "is the result, and cannot be taken" if stage.output == last else "is not taken"
                raise ShapeError(f"{stage.name}: {stage.output} {wrong} by a stage")

    @property
    def input(self) -> ChainEdge:
        """What goes in."""
        return self.edges[self.stages[0].inputs[0]]

    @property
    def output(self) -> ChainEdge:
        """What comes out."""
        return self.edges[self.stages[-1].output]

    def around(self, stage: ChainStage) -> tuple[ChainEdge, ChainEdge]:
        """The (first) edge before a stage and that behind it."""
        return self.edges[stage.inputs[0]], self.edges[stage.output]


def linear_stage(name: str, before: str, output: str, weight: npt.ArrayLike, requant: ChainQuant) -> SumStage:
    """A linear layer by hand. weight: integers (O, K)."""
    values = np.asarray(weight, np.int64)
    return SumStage(name=name, inputs=(before,), output=output, weight=values[:, :, None, None], requant=requant)


def per_channel(values: Sequence[int]) -> tuple[int, ...]:
    """Integers of an array as Python has them."""
    return tuple(int(value) for value in values)
