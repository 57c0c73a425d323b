"""A small package with the block of a vision transformer: every kind of node that such a network needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.lut import exp_table, gelu, interpolated_table, pointwise_table, sigmoid
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.interpolate import Interpolate
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.softmax import Softmax
from t2c.golden.nodes.transpose import Transpose

HEADS, DEPTH, TOKENS = 2, 4, 5
CHANNELS = HEADS * DEPTH
IMAGE = (3, 4, 4)
STREAM: dict[str, Any] = {"bits": 12, "signed": True}
"""Format of the residual stream."""


class NetBuilder:
    """A graph that grows node by node, with the values of its samples, from which constants are chosen.

    modes: roundings that its nodes take in turns.
    """

    def __init__(self, seed: int, modes: Sequence[Rounding] = tuple(Rounding)) -> None:
        self.rng, self.modes = np.random.default_rng(seed), modes
        self.edges: dict[str, TensorSpec] = {}
        self.nodes: list[Node] = []
        self.values: dict[str, IntArray] = {}

    def edge(self, name: str, shape: tuple[int, ...], **reading: Any) -> TensorSpec:
        """A tensor of 8 bits, signed, unless said otherwise."""
        self.edges[name] = TensorSpec(name=name, shape=shape, **{"bits": 8, "signed": True, **reading})
        return self.edges[name]

    def run(self, node: Node) -> str:
        """Append a node and run it; return its output's name."""
        inputs = [self.edges[name] for name in node.inputs]
        self.nodes.append(node)
        found = node.forward([self.values[name] for name in node.inputs], inputs)
        self.values[node.output] = np.asarray(found, np.int64)
        return node.output

    def sums(self, kind: type[AccumulatingNode], name: str, inputs: Sequence[str], channels: int, **fields: Any) -> str:
        """Append an accumulating node whose results spread over its output's format."""
        output, shift = self.edges[name], 14
        common: dict[str, Any] = {"name": name, "inputs": tuple(inputs), "output": name, **fields}

        def made(multiplier: IntArray, bias: IntArray) -> AccumulatingNode:
            quant = MulQuant(
                multiplier=multiplier,
                bias=bias,
                shift=np.full(len(multiplier), shift),
                rounding=self.modes[len(self.nodes) % len(self.modes)],
                zero_point=output.zero_point,
                lo=output.format.lo,
                hi=output.format.hi,
            )
            return kind(**common, mulquant=quant)

        blank = made(np.array([1]), np.array([0]))
        specs = [self.edges[each] for each in inputs]
        acc = blank.accumulate([self.values[each] for each in inputs], specs)
        unit = (1 << shift + output.bits - 1) / max(2.5 * float(acc.std()), 1.0)
        multiplier = np.rint(unit * self.rng.uniform(0.5, 1.0, channels)).astype(np.int64).clip(1, (1 << 15) - 1)
        return self.run(made(multiplier, self.rng.integers(-3, 4, channels) << shift))

    def dense(self, name: str, source: str, outputs: int, bits: int = 8) -> str:
        """A linear layer on tokens: a convolution of kernel 1x1."""
        inner, *pixels = self.edges[source].shape
        self.edge(name, (outputs, *pixels), zero_point=int(self.rng.integers(-9, 9)))
        half = 1 << bits - 1
        weight = self.rng.integers(-half, half, (outputs, inner, 1, 1))
        return self.sums(Conv2d, name, (source,), outputs, weight=weight, weight_bits=bits)

    def norm(self, name: str, source: str, **norm: Any) -> str:
        """LayerNorm over the channels, to 8 bits."""
        self.edge(name, self.edges[source].shape, zero_point=3)
        fields = {"norm": RowNorm(**{"epsilon": 77, **norm})}
        return self.sums(LayerNorm, name, (source,), self.edges[source].shape[0], **fields)

    def view(self, kind: Any, name: str, source: str, **fields: Any) -> str:
        """A node that moves no number."""
        node = kind(name=name, inputs=(source,), output=name, **fields)
        like = self.edges[source]
        reading = {"bits": like.bits, "signed": like.signed, "zero_point": like.zero_point, "scale": like.scale}
        self.edge(name, node.output_shape([like]), **reading)
        return self.run(node)

    def adding(self, **numbers: int) -> AddQuant:
        """Constants of a sum in the residual stream."""
        return AddQuant(**{"multiplier_b": 900, "bias": 700, "shift": 10, "lo": -2048, "hi": 2047, **numbers})  # type: ignore[arg-type]


def _embed(net: NetBuilder) -> str:
    """Image to tokens: patches, the class token, positions."""
    net.edge("patches", (CHANNELS, 2, 2), zero_point=5)
    weight = net.rng.integers(-128, 128, (CHANNELS, IMAGE[0], 2, 2))
    net.sums(Conv2d, "patches", ("image",), CHANNELS, weight=weight, weight_bits=8, stride=(2, 2))
    tokens = net.view(Reshape, "row", "patches", shape=(CHANNELS, TOKENS - 1, 1))
    token = ConstantOperand(values=net.rng.integers(-128, 128, (CHANNELS, 1, 1)), format=net.edges["row"].format)
    net.view(ConcatConstant, "tokens", tokens, axis=1, first=True, constant=token)
    place = IntFormat(bits=9, signed=True)
    constant = ConstantOperand(values=net.rng.integers(-256, 256, (CHANNELS, TOKENS, 1)), format=place)
    net.edge("stream0", (CHANNELS, TOKENS, 1), **STREAM, scale=0.01)
    quant = net.adding(multiplier_a=7000, multiplier_b=1300)
    return net.run(AddConstant(name="place", inputs=("tokens",), output="stream0", constant=constant, addquant=quant))


def _attention(net: NetBuilder, stream: str) -> str:
    """Norm, query, key and value, scores, softmax, the heads joined, a projection and the sum."""
    qkv = net.dense("qkv", net.norm("norm1", stream), 3 * CHANNELS)
    heads = []
    for index, letter in enumerate("qkv"):
        part = net.view(Slice, f"{letter}_part", qkv, axis=0, start=index * CHANNELS, length=CHANNELS)
        split = net.view(Reshape, f"{letter}_heads", part, shape=(HEADS, DEPTH, TOKENS))
        heads.append(split if letter == "k" else net.view(Transpose, letter, split, axes=(0, 2, 1)))
    q, k, v = heads
    scores = net.edge("scores", (HEADS, TOKENS, TOKENS), scale=0.04)
    net.sums(Matmul, "scores", (q, k), 1)
    table = SoftmaxTable(
        exp=exp_table(scale=scores.scale, depth=256, exponent_bits=12),
        exponent_bits=12,
        output_bits=8,
        reciprocal_bits=22,
        rounding=Rounding.HALF_EVEN,
    )
    net.edge("weights", scores.shape, signed=False, scale=2.0**-8)
    net.run(Softmax(name="softmax", inputs=("scores",), output="weights", softmax=table))
    net.edge("mixed", (HEADS, TOKENS, DEPTH), zero_point=-2)
    net.sums(Matmul, "mixed", ("weights", v), DEPTH)
    turned = net.view(Transpose, "turned", "mixed", axes=(0, 2, 1))
    joined = net.view(Reshape, "joined", turned, shape=(CHANNELS, TOKENS, 1))
    projected = net.dense("projection", joined, CHANNELS, bits=4)
    net.edge("stream1", (CHANNELS, TOKENS, 1), **STREAM, scale=0.01)
    quant = net.adding(multiplier_a=1000, multiplier_b=3000)
    return net.run(Add(name="sum1", inputs=(stream, projected), output="stream1", addquant=quant))


def _mlp(net: NetBuilder, stream: str) -> str:
    """Norm, two layers with GELU between them, and the sum; then the stream through an interpolated table."""
    hidden = net.edges[net.dense("hidden", net.norm("norm2", stream, root_bits=12, fraction_bits=10), 6)]
    active = net.edge("active", hidden.shape, bits=7, zero_point=-50, scale=0.05)
    table = pointwise_table(
        gelu,
        x=hidden.format,
        x_scale=0.04,
        x_zero_point=hidden.zero_point,
        y=active.format,
        y_scale=active.scale,
        y_zero_point=active.zero_point,
    )
    net.run(Pointwise(name="gelu", inputs=("hidden",), output="active", pointwise=table))
    net.edge("stream2", (CHANNELS, TOKENS, 1), **STREAM, scale=0.01)
    out = net.dense("out", "active", CHANNELS)
    quant = net.adding(multiplier_a=1000, multiplier_b=2500)
    net.run(Add(name="sum2", inputs=(stream, out), output="stream2", addquant=quant))
    gate = net.edge("gate", (CHANNELS, TOKENS, 1), signed=False, scale=2.0**-8)
    lines = interpolated_table(sigmoid, x=IntFormat(**STREAM), x_scale=0.01, y=gate.format, y_scale=gate.scale)
    net.run(Interpolate(name="sigmoid", inputs=("stream2",), output="gate", interpolate=lines))
    return "stream2"


def attention_package(seed: int = 0) -> Package:
    """Patches, class token, positions, one block with two heads, running and exact norms, a head on a token."""
    net = NetBuilder(seed)
    net.edge("image", IMAGE, signed=False, scale=1 / 255)
    samples = net.rng.integers(0, 256, (3, *IMAGE))
    net.values["image"] = samples
    stream = _mlp(net, _attention(net, _embed(net)))
    net.edge("running", (CHANNELS, TOKENS, 1), signed=False, scale=2.0**-8)
    net.sums(AveragePool2d, "running", (stream,), CHANNELS, kernel=(1, 1), stride=(1, 1))
    net.edge("both", (2 * CHANNELS, TOKENS, 1), signed=False, scale=2.0**-8)
    net.run(Concatenate(name="both", inputs=("gate", "running"), output="both", axis=0))
    token = net.view(Slice, "token", "both", axis=1, start=0, length=1)
    features = net.view(Flatten, "features", token)
    net.edge("logits", (4,))
    weight = net.rng.integers(-128, 128, (4, 2 * CHANNELS))
    net.sums(Linear, "logits", (features,), 4, weight=weight, weight_bits=8)
    graph = Graph(
        name="attention",
        widths=Widths(),
        edges=net.edges,
        nodes=tuple(net.nodes),
        input="image",
        output="logits",
    )
    return Package(graph=graph, samples=samples, labels=np.array([0, 1, 2]), description="a block", metrics={})
