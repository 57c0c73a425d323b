"""From layers whose constants are not chosen yet to a package: golden runs along, constants follow from the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import MAX_SHIFT, Rounding
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.stages import ADDQUANT
from t2c.golden.graph.tensor_spec import TensorSpec

_SHIFT = Dimension(owner="stage", name="shift", low=0, high=MAX_SHIFT)
_TRIES, _FEW, _SOME = 5, 2, 4096
_DRAWN = 4
"""One set of constants in so many is drawn from the whole of its range, instead of chosen so that results spread."""


class Stager(Protocol):
    """Chooses the output stage of a node: from the node, its accumulators or operands, and its output."""

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Sketch:
    """A network whose shapes and weights are chosen. nodes: with any legal output stage; samples: of the input."""

    name: str
    widths: Widths
    edges: Mapping[str, TensorSpec]
    nodes: tuple[Node, ...]
    samples: IntArray
    input: str = "input"

    @property
    def graph(self) -> Graph:
        """The network as it stands.

        Raises:
            PackageError: it is not legal.
        """
        return Graph(
            name=self.name,
            widths=self.widths,
            edges=self.edges,
            nodes=self.nodes,
            input=self.input,
            output=self.nodes[-1].output,
        )

    def settle(self, stagers: Mapping[str, Stager], usual: Stager) -> Package:
        """The package. stagers: by the node's name; usual: of all other nodes that requantise.

        Raises:
            PackageError: the network is not legal.
        """
        values: dict[str, IntArray] = {self.input: self.samples}
        nodes: list[Node] = []
        for node in self.nodes:
            inputs = [self.edges[name] for name in node.inputs]
            arguments = [values[name] for name in node.inputs]
            if node.stage_field:
                node = self._staged(node, _summed(node, arguments, inputs), stagers.get(node.name, usual))
            # golden keeps tensors narrow, where a - zero_point wraps
            values[node.output] = np.asarray(node.forward(arguments, inputs)).astype(np.int64)
            nodes.append(node)
        graph = replace(self, nodes=tuple(nodes)).graph
        labels = np.arange(len(self.samples))
        return Package(graph=graph, samples=self.samples, labels=labels, description="made from the legal space")

    def _staged(self, node: Node, sums: Sequence[IntArray], stager: Stager) -> Node:
        """The node with its stage; one whose results hardly differ, though the sums do, is chosen anew a few times."""
        tried = 0
        while True:
            stage = stager(node, sums, self.edges[node.output])
            changes: dict[str, Any] = {node.stage_field: stage}
            node, tried = replace(node, **changes), tried + 1
            some = [values.reshape(-1)[:_SOME] for values in sums]
            if tried == _TRIES or len(np.unique(some[0])) <= _FEW or isinstance(stage, MulQuant):
                return node
            p = stage.multiplier_a * some[0] + stage.multiplier_b * some[1] + stage.bias
            if len(np.unique(stage.requantise(p, stage.shift))) > _FEW:
                return node


def _summed(node: Node, arguments: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> list[IntArray]:
    """What a node's stage takes: its accumulators, or its operands around their zero points, a constant one too."""
    acc = node.accumulate(arguments, inputs)
    if acc is not None:
        return [acc]
    centred = [value - edge.zero_point for value, edge in zip(arguments, inputs, strict=True)]
    constants = [constant.values for constant in node.constants if constant.name == "operand"]
    return [*centred, *(np.broadcast_to(values, centred[0].shape) for values in constants)]


def empty_stage(kind: type[Node], output: TensorSpec, channels: int, widths: Widths) -> dict[str, Any]:
    """A legal stage that stands in until the sums are known, as a field of the node; {} if the kind has none."""
    if not kind.stage_field:
        return {}
    common: dict[str, Any] = {
        "zero_point": output.zero_point,
        "lo": output.format.lo,
        "hi": output.format.hi,
        "widths": widths,
    }
    if kind.stage_field == ADDQUANT.name:
        return {kind.stage_field: AddQuant(multiplier_a=1, multiplier_b=1, bias=0, shift=0, **common)}
    ones = np.ones(channels, dtype=np.int64)
    return {kind.stage_field: MulQuant(multiplier=ones, bias=0 * ones, shift=0 * ones, **common)}


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The usual stager: most results spread over their range, some constants come from the whole of theirs.

    drawn: false for results that always spread.
    """

    rng: np.random.Generator
    widths: Widths
    drawn: bool = True

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant:
        lo, hi = self.clip(output)
        stage: dict[str, Any] = {
            "rounding": list(Rounding)[int(self.rng.integers(len(Rounding)))],
            "zero_point": output.zero_point,
            "lo": lo,
            "hi": hi,
            "widths": self.widths,
        }
        if len(sums) == 2:
            return self._add(sums, output, stage)
        held = node.stage
        channels = held.channels if isinstance(held, MulQuant) else 1
        rows = np.moveaxis(sums[0], node.channel_axis, 0).reshape(channels, -1)
        found = [self.constants(row.astype(np.float64), output, lo, hi) for row in rows]
        multiplier, bias, shift = (np.array(column, dtype=np.int64) for column in zip(*found, strict=True))
        return MulQuant(multiplier=multiplier, bias=bias, shift=shift, **stage)

    def clip(self, output: TensorSpec) -> tuple[int, int]:
        """Bounds: the whole format, from the zero point as after a ReLU, or anything inside."""
        low, high = output.format.lo, output.format.hi
        kind = int(self.rng.integers(4))
        if kind == 0 and high - output.zero_point >= (high - low) // 2:
            return output.zero_point, high
        if kind == 1:
            edge = (high - low) // 4
            return low + int(self.rng.integers(edge + 1)), high - int(self.rng.integers(edge + 1))
        return low, high

    def constants(self, values: npt.NDArray[np.float64], output: TensorSpec, lo: int, hi: int) -> tuple[int, int, int]:
        """Multiplier, bias and shift for accumulators of one channel, legal at the widths."""
        scale_format, bias_format = self.widths.scale_format, self.widths.bias_format
        if self.drawn and self.rng.integers(_DRAWN) == 0:
            shift = _SHIFT.draw(self.rng)
            multiplier = _signed("multiplier", self.widths.scale).draw(self.rng) or 1
            target = int(self.rng.integers(lo, hi + 1)) - output.zero_point
            wanted = (target << shift) - round(float(np.median(values))) * multiplier
            return multiplier, _within(wanted, bias_format), shift
        deviation = float(values.std()) or max(abs(float(values.mean())), 1.0)
        scale: float = max(hi - lo, 1) / (self.rng.uniform(2.2, 5.0) * deviation) * self.rng.choice((-1.0, 1.0, 1.0))
        # At least two bits of magnitude where there are two, so that the rounding of the multiplier is no matter.
        bits = int(self.rng.integers(min(3, self.widths.scale - 1), self.widths.scale))
        multiplier, shift = fixed_point(scale, bits, scale_format.hi)
        middle = (lo + hi) / 2 + self.rng.uniform(-0.15, 0.15) * (hi - lo) - output.zero_point
        while True:
            bias = round(middle * 2.0**shift - float(values.mean()) * multiplier)
            if bias_format.lo <= bias <= bias_format.hi or shift == 0:
                return multiplier, _within(bias, bias_format), shift
            multiplier, shift = multiplier // 2 or 1, shift - 1

    def _add(self, sums: Sequence[IntArray], output: TensorSpec, stage: dict[str, Any]) -> AddQuant:
        sides = [values.astype(np.float64) for values in sums]
        a, _, shift = self.constants(sides[0], output, stage["lo"], stage["hi"])
        b, _, other = self.constants(sides[1], output, stage["lo"], stage["hi"])
        b = _within(round(b * 2.0 ** (shift - other)), self.widths.scale_format) or 1
        middle = float(np.median(a * sides[0] + b * sides[1]))
        bias = round(((stage["lo"] + stage["hi"]) / 2 - output.zero_point) * 2.0**shift - middle)
        bias = _within(bias, self.widths.bias_format)
        return AddQuant(multiplier_a=a, multiplier_b=b, bias=bias, shift=shift, **stage)


def fixed_point(scale: float, bits: int, limit: int) -> tuple[int, int]:
    """(multiplier, shift) with multiplier / 2^shift near the scale and a multiplier of that many bits, sign apart."""
    shift = int(np.clip(bits - 1 - np.floor(np.log2(abs(scale))), 0, MAX_SHIFT))
    top = min((1 << bits) - 1, limit)
    return int(np.clip(round(scale * 2.0**shift), -top, top)) or 1, shift


def _within(value: int, fmt: IntFormat) -> int:
    return max(min(value, fmt.hi), fmt.lo)


def _signed(name: str, bits: int) -> Dimension:
    return Dimension(owner="stage", name=name, low=-(1 << (bits - 1)), high=(1 << (bits - 1)) - 1)
