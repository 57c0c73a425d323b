"""A random network under construction: adds a node, runs golden on the samples, and chooses constants from the sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS, TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.tb.random_models.calibrate import addquant_for, mulquant_for

SAMPLES = 3
ANY: Mapping[str, Any] = {}
"""A format of which all is left to chance."""


class RandomBuilder:
    """Grows a graph from its input. Each method adds one node and returns the name of its output edge."""

    def __init__(self, rng: np.random.Generator, input_shape: tuple[int, ...]) -> None:
        self.rng = rng
        self._edges: dict[str, TensorSpec] = {}
        self._nodes: list[Node] = []
        self._values: dict[str, IntArray] = {}
        edge = self._edge("input", input_shape)
        images = rng.integers(edge.format.lo, edge.format.hi + 1, (SAMPLES, *input_shape))
        extremes = rng.choice((edge.format.lo, edge.format.hi), input_shape)
        images[-1] = np.where(rng.integers(2, size=input_shape), images[-1], extremes)
        self._values["input"] = images

    def shape(self, edge: str) -> tuple[int, ...]:
        return self._edges[edge].shape

    def package(self, name: str) -> Package:
        """The network so far; its output is that of the last node."""
        graph = Graph(
            name=name,
            widths=Widths(),
            edges=self._edges,
            nodes=tuple(self._nodes),
            input="input",
            output=self._nodes[-1].output,
        )
        return Package(graph=graph, samples=self._values["input"], labels=np.arange(SAMPLES), description="random")

    def conv2d(self, source: str, out: int, window: Window, groups: int = 1, reading: Mapping[str, Any] = ANY) -> str:
        weight, bits = self._weight(out, self.shape(source)[0] // groups, *window.kernel)
        return self._accumulating(
            Conv2d(
                **self._names("conv", source),
                weight=weight,
                weight_bits=bits,
                stride=window.stride,
                padding=window.padding,
                dilation=window.dilation,
                groups=groups,
                mulquant=UNDECIDED,
            ),
            reading,
        )

    def linear(self, source: str, out: int) -> str:
        weight, bits = self._weight(out, *self.shape(source))
        names = self._names("linear", source)
        return self._accumulating(Linear(**names, weight=weight, weight_bits=bits, mulquant=UNDECIDED))

    def average_pool2d(self, source: str, window: Window) -> str:
        names = self._names("average_pool", source)
        return self._accumulating(
            AveragePool2d(
                **names, kernel=window.kernel, stride=window.stride, padding=window.padding, mulquant=UNDECIDED
            )
        )

    def max_pool2d(self, source: str, window: Window) -> str:
        names = self._names("max_pool", source)
        return self._passing(
            MaxPool2d(
                **names,
                kernel=window.kernel,
                stride=window.stride,
                padding=window.padding,
                dilation=window.dilation,
            )
        )

    def flatten(self, source: str) -> str:
        return self._passing(Flatten(**self._names("flatten", source)))

    def add(self, left: str, right: str) -> str:
        names = self._names("add", left, right)
        edge = self._edge(names["output"], self.shape(left))
        a, b = (self._values[name] - self._edges[name].zero_point for name in (left, right))
        return self._run(Add(**names, addquant=addquant_for(self.rng, a, b, edge)))

    def _names(self, kind: str, *inputs: str) -> dict[str, Any]:
        name = f"{kind}{len(self._nodes) + 1}"
        return {"name": name, "inputs": inputs, "output": name}

    def _edge(self, name: str, shape: tuple[int, ...], reading: Mapping[str, Any] = ANY) -> TensorSpec:
        """A new edge. reading: what of bits, signed, zero_point and scale is not left to chance."""
        bits = int(self.rng.integers(MIN_OPERAND_BITS, MAX_OPERAND_BITS + 1))
        signed = bool(self.rng.integers(2))
        fmt = IntFormat(bits=reading.get("bits", bits), signed=reading.get("signed", signed))
        zero_point = int(self.rng.integers(fmt.lo, fmt.hi + 1)) if self.rng.integers(4) else 0
        drawn = {"bits": bits, "signed": signed, "zero_point": zero_point}
        self._edges[name] = TensorSpec(name=name, shape=shape, **{**drawn, **reading})
        return self._edges[name]

    def _weight(self, *shape: int) -> tuple[IntArray, int]:
        """Weights over the whole of a random width, both ends included."""
        bits = int(self.rng.integers(MIN_OPERAND_BITS, MAX_OPERAND_BITS + 1))
        fmt = IntFormat(bits=bits, signed=True)
        weight = self.rng.integers(fmt.lo, fmt.hi + 1, shape)
        weight.flat[0], weight.flat[-1] = fmt.lo, fmt.hi
        return weight, bits

    def _accumulating(self, node: AccumulatingNode, reading: Mapping[str, Any] = ANY) -> str:
        inputs = [self._edges[name] for name in node.inputs]
        edge = self._edge(node.output, node.output_shape(inputs), reading)
        acc = node.accumulate([self._values[name] for name in node.inputs], inputs)
        return self._run(replace(node, mulquant=mulquant_for(self.rng, acc, edge, axis=node.channel_axis)))

    def _passing(self, node: Node) -> str:
        sources = [self._edges[name] for name in node.inputs]
        self._edges[node.output] = replace(sources[0], name=node.output, shape=node.output_shape(sources))
        return self._run(node)

    def _run(self, node: Node) -> str:
        inputs = [self._edges[name] for name in node.inputs]
        result = node.forward([self._values[name] for name in node.inputs], inputs)
        self._values[node.output] = result.astype(np.int64)  # golden keeps tensors narrow, where a - zero_point wraps
        self._nodes.append(node)
        return node.output


UNDECIDED = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=0, hi=0)
"""Stands in until the accumulators are known."""


def random_window(
    rng: np.random.Generator, size: tuple[int, ...], *, pool: bool = False, dilated: bool = True
) -> Window:
    """A window that fits an image of that height and width, every second padded as much on both sides of an axis.

    For pools it never holds padding only.
    """

    uneven = bool(rng.integers(2))

    def axis(extent: int) -> tuple[int, int, int, int, int]:
        kernel = int(rng.integers(2 if pool else 1, 4))
        stride = int(rng.integers(1, 3))
        before, after = (int(side) for side in rng.integers(0, kernel // 2 + 1 if pool else 3, 2))
        dilation = int(rng.integers(1, 3)) if dilated else 1
        kernel = min(kernel, extent)
        dilation = min(dilation, max((extent - 1) // max(kernel - 1, 1), 1))
        most = kernel // 2 if pool else before + after
        return kernel, stride, dilation, min(before, most), min(after if uneven else before, most)

    axes = (axis(size[0]), axis(size[1]))
    kernel, stride, dilation = ((axes[0][index], axes[1][index]) for index in range(3))
    padding = (*axes[0][3:], *axes[1][3:])
    return Window(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
