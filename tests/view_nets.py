"""Small networks with views, joins and constant operands, for tests of the mapping and of the RTL."""

from __future__ import annotations

from typing import Any

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
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from tests.core_net import Net


def image_net(*shape: int, samples: int = 2, seed: int = 3) -> Net:
    """A network of an unsigned image."""
    return Net(TensorSpec(name="x", shape=shape, bits=8, signed=False, zero_point=7), samples, seed)


def signed_edge(name: str, zero_point: int = -3) -> TensorSpec:
    """A signed tensor of 8 bits."""
    return TensorSpec(name=name, shape=(1,), bits=8, signed=True, zero_point=zero_point)


def conv(made: Net, name: str, source: str, channels: int, kernel: int = 1, **fields: Any) -> None:
    """Add a convolution of a square kernel."""
    inner = made.edges[source].shape[0] // fields.get("groups", 1)
    made.node(Conv2d, signed_edge(name), source, **made.weight(8, channels, inner, kernel, kernel), **fields)


def views_package(seed: int = 3) -> Package:
    """Slices of channels at any bank, of tokens, of a slice; reshapes; a view that several layers read differently."""
    made = image_net(3, 6, 5, seed=seed)
    conv(made, "stem", "x", 13, 3, padding=(1, 1))
    made.node(Slice, signed_edge("part"), "stem", axis=0, start=3, length=9)
    conv(made, "over", "part", 5, 3, padding=(1, 1), stride=(2, 1))
    made.node(MaxPool2d, signed_edge("peak"), "part", kernel=(2, 2), stride=(1, 1))
    made.node(Slice, signed_edge("inner"), "part", axis=0, start=5, length=3)
    conv(made, "few", "inner", 3, 2)
    conv(made, "grouped", "part", 6, 1, groups=3)
    made.node(Reshape, signed_edge("tokens"), "stem", shape=(13, 30, 1))
    conv(made, "mix", "tokens", 12)
    made.node(Slice, signed_edge("some"), "mix", axis=1, start=4, length=20)
    made.node(Add, signed_edge("sum"), "some", "some")
    made.node(Reshape, signed_edge("square"), "sum", shape=(12, 4, 5))
    made.node(AveragePool2d, signed_edge("mean"), "square", kernel=(2, 2), stride=(1, 1), channels=1)
    made.node(Slice, signed_edge("row"), "mean", axis=1, start=1, length=1)
    made.node(Slice, signed_edge("pixel"), "row", axis=2, start=2, length=1)
    made.node(Flatten, signed_edge("features"), "pixel")
    made.node(Linear, signed_edge("fc"), "features", **made.weight(8, 7, 12))
    made.node(Flatten, signed_edge("every"), "mean")
    made.node(Linear, signed_edge("wide"), "every", **made.weight(8, 6, made.edges["every"].shape[0]))
    made.node(Add, signed_edge("y"), "wide", "wide")
    return made.package("views")


def constant(made: Net, like: str, shape: tuple[int, ...]) -> ConstantOperand:
    """A random constant of a tensor's format."""
    fmt = made.edges[like].format
    return ConstantOperand(values=made.rng.integers(fmt.lo, fmt.hi + 1, shape), format=fmt)


def embedding_package(seed: int = 5) -> Package:
    """Image to tokens as a vision transformer has it: patches, the class token in front, positions; head on a token."""
    made = image_net(3, 6, 6, seed=seed)
    conv(made, "patches", "x", 10, 2, stride=(2, 2))
    made.node(Reshape, signed_edge("row"), "patches", shape=(10, 9, 1))
    made.node(
        ConcatConstant, signed_edge("tokens"), "row", axis=1, first=True, constant=constant(made, "row", (10, 1, 1))
    )
    made.node(AddConstant, signed_edge("stream"), "tokens", constant=constant(made, "tokens", (10, 10, 1)))
    conv(made, "mlp", "stream", 10)
    made.node(Add, signed_edge("sum"), "stream", "mlp")
    made.node(Slice, signed_edge("part"), "sum", axis=1, start=0, length=1)
    made.node(Flatten, signed_edge("token"), "part")
    made.node(Linear, signed_edge("y"), "token", **made.weight(8, 5, 10))
    return made.package("embedding")


def joins_package(axis: int, channels: tuple[int, ...] = (8, 5), seed: int = 5) -> Package:
    """Parts written in their places and parts copied: an operand read elsewhere, a tensor twice, a join of joins,
    a sum of a pool."""
    made = image_net(channels[0], 4, 3, seed=seed)
    conv(made, "one", "x", channels[0], 3, padding=(1, 1))
    conv(made, "two", "one", channels[-1] if axis == 0 else channels[0], 1)
    made.node(Concatenate, signed_edge("inner"), "one", "two", axis=axis)
    conv(made, "between", "inner", channels[0], 3, padding=(1, 1), stride=(2, 1) if axis == 1 else (1, 1))
    made.node(MaxPool2d, signed_edge("peak"), "one", kernel=(1, 1), stride=(1, 1))
    made.node(Add, signed_edge("sum"), "peak", "one")
    made.node(Concatenate, signed_edge("outer"), "sum", "inner", axis=axis)
    made.node(Concatenate, signed_edge("twice"), "outer", "outer", axis=axis if channels[-1] == channels[0] else 1)
    conv(made, "y", "twice", 4, 2)
    return made.package(f"joins-{axis}")
