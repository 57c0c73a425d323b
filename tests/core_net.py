"""A small package with every operation that the core runs, for tests of the mapping and of the RTL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d

_LATER = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=0, hi=0)


class Net:
    """A graph that grows node by node; golden runs along, so that constants fit the sums that really occur.

    x: the input; samples: images; the last image is at one end of the format everywhere.
    """

    def __init__(self, x: TensorSpec, samples: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.edges = {x.name: x}
        self.nodes: list[Node] = []
        images = self.rng.integers(x.format.lo, x.format.hi + 1, (samples, *x.shape))
        images[-1] = x.format.hi
        self.values: dict[str, IntArray] = {x.name: images}
        self.modes = iter(list(Rounding) * 8)

    def weight(self, bits: int, *shape: int) -> dict[str, Any]:
        """Weights over a whole format, both ends included."""
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        values = self.rng.integers(low, high + 1, shape)
        values.flat[0], values.flat[-1] = low, high
        return {"weight": values, "weight_bits": bits}

    def node(self, kind: type[Node], edge: TensorSpec, *inputs: str, channels: int = 0, **fields: Any) -> None:
        """Add a node that writes `edge`; channels: how many sets of constants it has (0: one per output channel)."""
        sources = [self.edges[name] for name in inputs]
        arguments = [self.values[name] for name in inputs]
        common = {"name": edge.name, "inputs": inputs, "output": edge.name}
        if issubclass(kind, AccumulatingNode):
            node = kind(mulquant=_LATER, **common, **fields)
            acc = node.accumulate(arguments, sources)
            channels = channels or acc.shape[kind.channel_axis]
            node = replace(node, mulquant=self._mulquant(np.moveaxis(acc, kind.channel_axis, 1), edge, channels))
        elif kind.declares("addquant"):
            node = kind(addquant=self._addquant(edge), **common, **fields)
        else:
            node = kind(**common, **fields)
            edge = edge if kind.declares("pointwise") else replace(sources[0], name=edge.name)
        self.edges[edge.name] = replace(edge, shape=tuple(node.output_shape(sources)))
        self.values[edge.name] = node.forward(arguments, sources)
        self.nodes.append(node)

    def _mulquant(self, acc: IntArray, edge: TensorSpec, channels: int) -> MulQuant:
        """Constants of both signs; most results lie inside the format, some beyond either end."""
        rows = np.moveaxis(acc, 1, 0).reshape(channels, -1)
        span, centre = edge.format.hi - edge.format.lo, (edge.format.hi + edge.format.lo) // 2 - edge.zero_point
        spread = np.maximum(rows.std(axis=1), 0.5)
        scale = span / (3.4 * spread) * self.rng.uniform(0.8, 1.2, channels)
        shift = 14 - int(np.ceil(np.log2(scale.max())))
        multiplier = np.maximum(np.round(scale * 2.0**shift), 1).astype(np.int64)
        multiplier[::3] *= -1
        return MulQuant(
            multiplier=multiplier,
            bias=(centre << shift) - np.round(rows.mean(axis=1)).astype(np.int64) * multiplier,
            shift=np.full(channels, shift),
            rounding=next(self.modes),
            zero_point=edge.zero_point,
            lo=edge.format.lo,
            hi=edge.format.hi,
        )

    def _addquant(self, edge: TensorSpec) -> AddQuant:
        span = edge.format.hi - edge.format.lo
        return AddQuant(
            multiplier_a=3 * span,
            multiplier_b=-2 * span,
            bias=((edge.format.hi + edge.format.lo) // 2 - edge.zero_point) << 7,
            shift=7,
            rounding=next(self.modes),
            zero_point=edge.zero_point,
            lo=edge.format.lo,
            hi=edge.format.hi,
        )

    def package(self, name: str) -> Package:
        """The network; its output is that of the last node."""
        first = next(iter(self.edges))
        graph = Graph(
            name=name,
            widths=Widths(),
            edges=self.edges,
            nodes=tuple(self.nodes),
            input=first,
            output=self.nodes[-1].output,
        )
        samples = self.values[first]
        return Package(graph=graph, samples=samples, labels=np.arange(len(samples)) % 2)


def _edge(name: str, bits: int, signed: bool, zero_point: int) -> TensorSpec:
    return TensorSpec(name=name, shape=(1,), bits=bits, signed=signed, zero_point=zero_point)


def core_package(seed: int = 0, samples: int = 2) -> Package:
    """conv2d (dense, depthwise, grouped, strided, dilated, padded), add of two and of the same, both pools, linear."""
    net = Net(TensorSpec(name="x", shape=(3, 7, 6), bits=8, signed=False, zero_point=7), samples, seed)
    net.node(Conv2d, _edge("stem", 8, True, -3), "x", **net.weight(8, 6, 3, 3, 3), padding=(1, 1))
    net.node(
        Conv2d, _edge("depthwise", 5, False, 9), "stem", **net.weight(4, 6, 1, 3, 2), padding=(1, 1), dilation=(1, 2),
        groups=6,
    )  # fmt: skip
    net.node(Conv2d, _edge("grouped", 8, True, 11), "stem", **net.weight(8, 6, 3, 1, 1), groups=2, channels=6)
    net.node(Add, _edge("sum", 6, False, 30), "depthwise", "grouped")
    net.node(Add, _edge("twice", 7, True, -9), "sum", "sum")
    net.node(
        MaxPool2d, _edge("peak", 7, True, -9), "twice", kernel=(3, 2), stride=(2, 1), padding=(1, 1), dilation=(1, 2)
    )
    net.node(
        AveragePool2d, _edge("mean", 8, True, 20), "peak", kernel=(2, 2), stride=(2, 2), padding=(1, 0), channels=1
    )
    net.node(Conv2d, _edge("wide", 8, False, 100), "mean", **net.weight(6, 9, 6, 3, 2), stride=(2, 1), padding=(2, 0))
    net.node(AveragePool2d, _edge("means", 8, True, 0), "wide", kernel=(2, 1), stride=(1, 1))
    net.node(Flatten, _edge("flat", 8, True, 0), "means")
    net.node(Linear, _edge("fc", 8, True, -20), "flat", **net.weight(8, 11, net.edges["flat"].shape[0]))
    net.node(Linear, _edge("y", 8, True, 5), "fc", **net.weight(8, 5, 11))
    return net.package(f"every-core-op-{seed}")
