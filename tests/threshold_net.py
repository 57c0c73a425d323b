"""A small package with staircases: sums of 16 bits as they are, then thresholds per channel and per tensor."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.multi_threshold import Thresholds
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.multi_threshold import MultiThreshold

AS_IT_IS = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=-(1 << 15), hi=(1 << 15) - 1)
"""Of sums that fit 16 bits."""


def threshold_package(seed: int = 0) -> Package:
    """conv2d, a staircase a channel with uneven steps, flatten, linear, one staircase for all."""
    rng = np.random.default_rng(seed)
    edges = {
        edge.name: edge
        for edge in (
            TensorSpec(name="x", shape=(2, 5, 5), bits=4, signed=True),
            TensorSpec(name="sums", shape=(3, 3, 3), bits=16, signed=True),
            TensorSpec(name="steps", shape=(3, 3, 3), bits=3, signed=True, zero_point=-1),
            TensorSpec(name="flat", shape=(27,), bits=3, signed=True, zero_point=-1),
            TensorSpec(name="scores", shape=(4,), bits=16, signed=True),
            TensorSpec(name="y", shape=(4,), bits=2, signed=False),
        )
    }
    uneven = np.sort(rng.integers(-150, 150, (3, 7)), axis=1)
    uneven[0, 3] = uneven[0, 4]
    uneven[1, -1] = 1 << 16
    nodes = (
        Conv2d(
            name="sums",
            inputs=("x",),
            output="sums",
            weight=rng.integers(-4, 4, (3, 2, 3, 3)),
            weight_bits=3,
            mulquant=AS_IT_IS,
        ),
        MultiThreshold(
            name="steps", inputs=("sums",), output="steps", multi_threshold=Thresholds(thresholds=uneven, base=-4)
        ),
        Flatten(name="flat", inputs=("steps",), output="flat"),
        Linear(
            name="scores",
            inputs=("flat",),
            output="scores",
            weight=rng.integers(-2, 2, (4, 27)),
            weight_bits=2,
            mulquant=AS_IT_IS,
        ),
        MultiThreshold(
            name="y",
            inputs=("scores",),
            output="y",
            multi_threshold=Thresholds(thresholds=np.array([[-3, 0, 5]])),
        ),
    )
    graph = Graph(name="staircases", widths=Widths(), edges=edges, nodes=nodes, input="x", output="y")
    samples = rng.integers(-8, 8, (6, 2, 5, 5))
    return Package(graph=graph, samples=samples, labels=np.arange(6), description="integer comparisons")
