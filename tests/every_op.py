"""A small package with one node of each operation, for tests of the graph and of the package on disk."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.max_pool2d import MaxPool2d


def constants(rng: np.random.Generator, edge: TensorSpec, channels: int, shift: int, rounding: Rounding) -> MulQuant:
    """Constants of both signs whose results spread over the edge's format."""
    return MulQuant(
        multiplier=rng.integers(1, 60, channels) * rng.choice((-1, 1), channels),
        bias=rng.integers(-3, 4, channels) << shift,
        shift=np.full(channels, shift),
        rounding=rounding,
        zero_point=edge.zero_point,
        lo=edge.format.lo,
        hi=edge.format.hi,
    )


def every_op_package(seed: int = 0) -> Package:
    """conv2d (grouped, strided, dilated, padded), add, max_pool2d, average_pool2d, matmul, flatten, linear."""
    rng = np.random.default_rng(seed)
    edges = {
        edge.name: edge
        for edge in (
            TensorSpec(name="x", shape=(2, 5, 5), bits=8, signed=False, zero_point=7, scale=0.125),
            TensorSpec(name="left", shape=(4, 4, 4), bits=5, signed=True, zero_point=-3, scale=0.5),
            TensorSpec(name="right", shape=(4, 4, 4), bits=8, signed=True, zero_point=11),
            TensorSpec(name="sum", shape=(4, 4, 4), bits=6, signed=False, zero_point=30),
            TensorSpec(name="peak", shape=(4, 2, 2), bits=6, signed=False, zero_point=30),
            TensorSpec(name="mean", shape=(4, 2, 2), bits=8, signed=True, zero_point=-5),
            TensorSpec(name="product", shape=(4, 2, 2), bits=7, signed=True, zero_point=2),
            TensorSpec(name="flat", shape=(16,), bits=7, signed=True, zero_point=2),
            TensorSpec(name="y", shape=(3,), bits=8, signed=True),
        )
    }
    nodes = (
        Conv2d(
            name="left",
            inputs=("x",),
            output="left",
            weight=rng.integers(-8, 8, (4, 1, 2, 2)),
            weight_bits=4,
            groups=2,
            mulquant=constants(rng, edges["left"], 4, 13, Rounding.HALF_EVEN),
        ),
        Conv2d(
            name="right",
            inputs=("x",),
            output="right",
            weight=rng.integers(-64, 64, (4, 2, 2, 2)),
            weight_bits=7,
            padding=(2, 1),
            stride=(2, 1),
            dilation=(2, 3),
            mulquant=constants(rng, edges["right"], 4, 14, Rounding.FLOOR),
        ),
        Add(
            name="sum",
            inputs=("left", "right"),
            output="sum",
            addquant=AddQuant(
                multiplier_a=300, multiplier_b=-40, bias=1000, shift=8, zero_point=30, lo=4, hi=60, rounding="half_away"
            ),
        ),
        MaxPool2d(name="peak", inputs=("sum",), output="peak", kernel=(2, 2), stride=(1, 2), dilation=(2, 1)),
        AveragePool2d(
            name="mean",
            inputs=("right",),
            output="mean",
            kernel=(3, 2),
            stride=(2, 2),
            padding=(1, 0),
            mulquant=constants(rng, edges["mean"], 1, 7, Rounding.HALF_AWAY),
        ),
        Matmul(
            name="product",
            inputs=("peak", "mean"),
            output="product",
            mulquant=constants(rng, edges["product"], 2, 10, Rounding.HALF_UP),
        ),
        Flatten(name="flat", inputs=("product",), output="flat"),
        Linear(
            name="fc",
            inputs=("flat",),
            output="y",
            weight=rng.integers(-128, 128, (3, 16)),
            weight_bits=8,
            mulquant=constants(rng, edges["y"], 3, 12, Rounding.HALF_UP),
        ),
    )
    graph = Graph(name="every-op", widths=Widths(), edges=edges, nodes=nodes, input="x", output="y")
    samples = rng.integers(0, 256, (3, 2, 5, 5))
    samples[0] = 255
    return Package(
        graph=graph, samples=samples, labels=np.array([0, 2, 1]), description="one of each", metrics={"accuracy": 0.5}
    )
