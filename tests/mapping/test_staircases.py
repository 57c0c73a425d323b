"""multi_threshold on the core: the graph that is compiled computes what the package's does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.multi_threshold import Thresholds
from t2c.golden.arithmetic.rounding import Rounding, round_integer
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.multi_threshold import MultiThreshold
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.lowering.multi_threshold import least_rounded_to
from t2c.mapping.rewriting import on_the_core
from tests.threshold_net import threshold_package

HARDWARE = Hardware(rows=4, cols=4)
WIDE = TensorSpec(name="wide", shape=(1,), bits=16, signed=True)


def staircase(
    rng: np.random.Generator, name: str, source: TensorSpec, *, channels: int
) -> tuple[MultiThreshold, TensorSpec]:
    """A node with thresholds within, at the ends of and outside the format of its input, some of them equal."""
    steps, fmt = int(rng.integers(1, 8)), source.format
    drawn = rng.integers(max(fmt.lo - 3, -(1 << 15)), min(fmt.hi + 4, 1 << 16), (channels, steps))
    drawn = np.where(rng.integers(0, 4, drawn.shape) == 0, rng.choice([fmt.lo, fmt.lo + 1, fmt.hi, fmt.hi + 1]), drawn)
    target = TensorSpec(name=name, shape=source.shape, bits=5, signed=True, zero_point=int(rng.integers(-4, 5)))
    thresholds = Thresholds(thresholds=np.sort(drawn, axis=1), base=int(rng.integers(-8, 8)))
    return MultiThreshold(name=name, inputs=(source.name,), output=name, multi_threshold=thresholds), target


def drawn_package(seed: int) -> Package:
    """conv2d or linear with any constants, one or two staircases of its wide output, and one of a staircase."""
    rng = np.random.default_rng(seed)
    flat, channels = bool(rng.integers(2)), int(rng.integers(1, 4))
    shape = (6,) if flat else (2, 4, 3)
    source = TensorSpec(name="x", shape=shape, bits=5, signed=bool(rng.integers(2)), zero_point=int(rng.integers(0, 9)))
    per_channel = channels if rng.integers(2) else 1
    zero_point = int(rng.integers(-50, 50))
    lo, hi = np.sort(rng.integers(-(1 << 15), 1 << 15, 2)).tolist() if rng.integers(2) else (-300, 400)
    common: dict[str, Any] = {
        "name": "sums",
        "inputs": ("x",),
        "output": "wide",
        "weight_bits": 4,
        "mulquant": MulQuant(
            multiplier=rng.integers(-99, 99, per_channel),
            bias=rng.integers(-9999, 9999, per_channel),
            shift=rng.integers(0, 9, per_channel),
            rounding=list(Rounding)[seed % len(Rounding)],
            zero_point=zero_point,
            lo=lo,
            hi=hi,
        ),
    }
    nodes: list[Node] = []
    if flat:
        nodes.append(Linear(weight=rng.integers(-8, 8, (channels, 6)), **common))
        out: tuple[int, ...] = (channels,)
    else:
        nodes.append(Conv2d(weight=rng.integers(-8, 8, (channels, 2, 2, 2)), padding=(1, 0, 0, 1), **common))
        out = (channels, 4, 3)
    edges = [source, replace(WIDE, shape=out, zero_point=zero_point)]
    for name, reads in (("first", 1), ("second", 1), ("third", 2)):
        if name == "second" and rng.integers(2):
            continue
        node, edge = staircase(rng, name, edges[reads], channels=channels if rng.integers(2) else 1)
        nodes.append(node)
        edges.append(edge)
    graph = Graph(
        name="drawn",
        widths=Widths(),
        edges={edge.name: edge for edge in edges},
        nodes=tuple(nodes),
        input="x",
        output="third",
    )
    samples = rng.integers(source.format.lo, source.format.hi + 1, (5, *shape))
    return Package(graph=graph, samples=samples, labels=np.arange(5))


def test_the_least_that_is_rounded_to_a_number() -> None:
    for mode in Rounding:
        for shift in (*range(9), 30, 31, 32, 33, 45, 63):
            for r in range(-9, 10):
                least = least_rounded_to(r, shift, mode)
                assert round_integer(least, shift, mode) >= r > round_integer(least - 1, shift, mode), (mode, shift, r)


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(60))
def test_the_graph_on_the_core_computes_the_same(seed: int) -> None:
    package = drawn_package(seed)
    graph = on_the_core(package.graph)
    assert {node.op for node in graph.nodes} <= {"conv2d", "linear"}
    assert "wide" not in graph.edges
    wanted, found = package.graph.run(package.samples), graph.run(package.samples)
    same = wanted.keys() & found.keys()
    assert same >= {"x", "first", "third"}
    for name in same:
        assert np.array_equal(wanted[name], found[name]), name
    assert compile_program(package.graph, ALL, HARDWARE).steps


def test_both_ends_of_every_staircase_are_among_those_drawn() -> None:
    reached = set()
    for seed in range(60):
        package = drawn_package(seed)
        tensors = package.graph.run(package.samples)
        for node in package.graph.nodes[1:]:
            stairs: Thresholds = node.multi_threshold
            counts = tensors[node.output] - stairs.base
            reached |= {(counts == 0).any() and "none", (counts == stairs.steps).any() and "all"}
            reached |= {((counts > 0) & (counts < stairs.steps)).any() and "some"}
    assert reached >= {"none", "some", "all"}


def test_a_graph_without_staircases_is_left_alone() -> None:
    graph = on_the_core(threshold_package().graph)
    assert on_the_core(graph) is graph


def test_constants_that_do_not_fit_are_refused_by_name() -> None:
    package = threshold_package()
    sums = package.graph.nodes[0]
    narrow = Widths(bias=8)
    quant = replace(sums.mulquant, widths=narrow)
    nodes = (replace(sums, mulquant=quant), *package.graph.nodes[1:])  # type: ignore[call-arg]
    nodes = (*nodes[:3], replace(nodes[3], mulquant=quant), nodes[4])  # type: ignore[call-arg]
    text = "layer 'steps': thresholds as constants of MulQuant: bias"
    graph = replace(package.graph, widths=narrow, nodes=nodes)
    for layer in (ALL, "steps"):
        with pytest.raises(UnsupportedError, match=f"^{re.escape(text)}"):
            compile_program(graph, layer, HARDWARE)
    assert compile_program(graph, "y", HARDWARE).steps, "another layer runs all the same"


def test_rows_are_refused_by_name() -> None:
    source = TensorSpec(name="x", shape=(3, 4), bits=4, signed=True)
    node, target = staircase(np.random.default_rng(1), "y", source, channels=1)
    graph = Graph(name="rows", widths=Widths(), edges={"x": source, "y": target}, nodes=(node,), input="x", output="y")
    text = r"^layer 'y': thresholds of shape \(3, 4\): the core takes \(C, H, W\), \(F,\)$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(graph, ALL, HARDWARE)
