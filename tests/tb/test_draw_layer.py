"""Random layers of every kind of node are legal, and golden's integers are those of plain Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracle.counterpart import compute
from t2c.contract.hardware import Hardware
from t2c.golden.graph.kinds import node_kinds
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.tb.random_models.draw_layer import REFUSED, LayerDraw, draw_samples
from t2c.tb.random_models.settle import Sketch, Spread

KINDS = [kind for kind in node_kinds() if kind.op not in ("interpolate", "multi_threshold")]
"""All but those that the core does not run."""
SHAPES = ((7,), (3, 4, 4), (4, 6, 1), (2, 5, 5))


def drawn(kind: type[Node], seed: int, shape: tuple[int, ...], hardware: Hardware) -> Package:
    """One layer on that shape, with constants that follow from its sums."""
    draw = LayerDraw(rng=np.random.default_rng(seed), hardware=hardware, budget=64)
    source = draw.edge("input", shape)
    node, edge = draw.node(kind, "layer", [source] * kind.arity)
    samples = draw_samples(draw.rng, source, 2)
    edges: dict[str, TensorSpec] = {"input": source, "layer": edge}
    sketch = Sketch(name="drawn", widths=draw.widths, edges=edges, nodes=(node,), samples=samples)
    return sketch.settle({}, Spread(rng=draw.rng, widths=draw.widths))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.op)
def test_layers_of_every_kind(kind: type[Node]) -> None:
    found, differ = 0, False
    for seed in range(24):
        hardware = replace(Hardware(), x_w=(8, 5, 3)[seed % 3])
        try:
            package = drawn(kind, seed, SHAPES[seed % len(SHAPES)], hardware)
        except REFUSED:
            continue
        graph = package.graph
        assert all(edge.bits <= hardware.x_w for edge in graph.edges.values())
        for node, arguments, result in graph.steps(package.samples):
            assert np.array_equal(result, compute(node, arguments, graph.inputs_of(node))), (seed, node)
            differ |= len(np.unique(result)) > 2
        found += 1
    assert found >= 3
    assert differ
