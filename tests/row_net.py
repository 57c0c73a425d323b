"""A small package with rows: layer_norm and softmax between convolutions and views, of all kinds of widths."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.softmax import Softmax
from t2c.golden.nodes.transpose import Transpose
from tests.attention_net import NetBuilder

EXP = np.array([4095, 3000, 1900, 1200, 700, 430, 260, 150, 90, 50, 30, 18, 10, 6, 3, 1])
"""Less than a page; what lies beyond counts as 0."""


def softmax(net: NetBuilder, name: str, source: str, **constants: object) -> str:
    """Append a softmax along the last axis, of 8 bits unless said otherwise."""
    made = {"exp": EXP, "exponent_bits": 12, "output_bits": 8, "reciprocal_bits": 22, **constants}
    table = SoftmaxTable(**made)  # type: ignore[arg-type]
    bits = table.output_bits
    net.edge(name, net.edges[source].shape, bits=bits, signed=False, scale=2.0**-bits)
    return net.run(Softmax(name=name, inputs=(source,), output=name, softmax=table))


def package_of(net: NetBuilder, name: str) -> Package:
    """What has grown, from its first edge to the output of its last node."""
    first, last = next(iter(net.edges)), net.nodes[-1].output
    graph = Graph(name=name, widths=Widths(), edges=net.edges, nodes=tuple(net.nodes), input=first, output=last)
    samples = net.values[first]
    return Package(graph=graph, samples=samples, labels=np.zeros(len(samples), np.int64))


def row_package(seed: int = 0, samples: int = 3) -> Package:
    """norm of few channels, of a map and of tokens; softmax of tokens, and of the first elements of rows."""
    net = NetBuilder(seed)
    net.edge("x", (3, 4, 3), zero_point=-5)
    net.values["x"] = net.rng.integers(-128, 128, (samples, 3, 4, 3))
    net.norm("few", "x")
    net.dense("wide", "few", 11)
    net.norm("map", "wide", epsilon=(1 << 40) + 7)
    net.dense("heads", "map", 16)
    net.view(Slice, "half", "heads", axis=0, start=8, length=8)
    net.view(Reshape, "tokens", "half", shape=(8, 12))
    net.view(Transpose, "turned", "tokens", axes=(1, 0))
    softmax(net, "first", "turned", rounding=Rounding.HALF_AWAY)
    net.view(Reshape, "rows", "first", shape=(2, 6, 8))
    net.view(Slice, "five", "rows", axis=2, start=0, length=5)
    softmax(net, "second", "five", exp=EXP[:8] << 4, exponent_bits=16, output_bits=7, reciprocal_bits=32)
    return package_of(net, f"rows-{seed}")
