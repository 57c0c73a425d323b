"""A small package with the operations by table, for tests of golden, the package, exports and refusals."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.lut import exp_table, gelu, pointwise_table
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.softmax import Softmax


def table_package(seed: int = 0) -> Package:
    """Pointwise, matmul, softmax: gelu(x) x gelu(x), then the softmax of each row."""
    rng = np.random.default_rng(seed)
    x = TensorSpec(name="x", shape=(2, 6, 6), bits=8, signed=True, zero_point=3, scale=0.03)
    g = TensorSpec(name="g", shape=(2, 6, 6), bits=6, signed=True, zero_point=-30, scale=0.05)
    scores = TensorSpec(name="scores", shape=(2, 6, 6), bits=7, signed=True, scale=0.1)
    p = TensorSpec(name="p", shape=(2, 6, 6), bits=6, signed=False, scale=2.0**-6)
    activation = pointwise_table(
        gelu,
        x=x.format,
        x_scale=x.scale,
        x_zero_point=x.zero_point,
        y=g.format,
        y_scale=g.scale,
        y_zero_point=g.zero_point,
    )
    quant = MulQuant(multiplier=np.array([300]), bias=np.array([0]), shift=np.array([13]), lo=-64, hi=63)
    table = SoftmaxTable(
        exp=exp_table(scale=scores.scale, depth=64, exponent_bits=10),
        exponent_bits=10,
        output_bits=6,
        reciprocal_bits=17,
        rounding=Rounding.HALF_AWAY,
    )
    nodes = (
        Pointwise(name="gelu", inputs=("x",), output="g", pointwise=activation),
        Matmul(name="product", inputs=("g", "g"), output="scores", mulquant=quant),
        Softmax(name="softmax", inputs=("scores",), output="p", softmax=table),
    )
    edges = {edge.name: edge for edge in (x, g, scores, p)}
    graph = Graph(name="tables", widths=Widths(), edges=edges, nodes=nodes, input="x", output="p")
    samples = rng.integers(-128, 128, (3, *x.shape))
    return Package(graph=graph, samples=samples, labels=np.array([0, 1, 2]), description="by table", metrics={})
