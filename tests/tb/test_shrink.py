"""Shrinking comes down to the least that fails, by whatever a fault depends on, and follows no other failure."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package, load_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.random_models.builder import RandomBuilder
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_models.transformers import TransformerShape, transformer
from t2c.tb.shrink.case import VALUES, Failure, ShrinkCase, size_of
from t2c.tb.shrink.search import Search
from t2c.tb.shrink.shrinking import MOVES, shrink
from t2c.tb.simulation.simulators import find_simulator
from tests.tb.rtl_mutants import plant

Fault = Callable[[Node, list[TensorSpec], ShrinkCase], bool]
"""Whether a layer with these inputs goes wrong."""

THREE = Window(kernel=(3, 3), padding=(1, 1))


def deep() -> Package:
    """A network of twelve layers with a residual add, groups, both pools and a classifier."""
    builder = RandomBuilder(np.random.default_rng(5), (3, 12, 12))
    edge = builder.conv2d("input", 6, THREE)
    edge = builder.conv2d(builder.conv2d(edge, 6, THREE), 6, THREE)
    edge = builder.add(builder.conv2d(edge, 6, THREE), edge)
    edge = builder.conv2d(builder.conv2d(edge, 6, Window(kernel=(1, 1))), 6, THREE, 6)
    edge = builder.max_pool2d(edge, Window(kernel=(2, 2), stride=(2, 2)))
    edge = builder.conv2d(edge, 12, Window(kernel=(3, 3), padding=(2, 2), dilation=(2, 2)))
    edge = builder.average_pool2d(edge, Window(kernel=(2, 2), stride=(2, 2)))
    builder.linear(builder.flatten(edge), 10)
    return builder.package("deep")


def model_of(fault: Fault, kind: str = VALUES) -> Callable[[ShrinkCase], Failure | None]:
    """A simulator whose core has the fault; each package that it gets must be one that golden runs."""

    def attempt(case: ShrinkCase) -> Failure | None:
        graph = case.package.graph
        graph.run(case.package.samples)
        for node in graph.nodes:
            if case.alone and node.name != case.request.layer:
                continue
            inputs = [graph.edges[name] for name in node.inputs]
            if fault(node, inputs, case):
                return Failure(kind=kind, layer=node.name)
        return None

    return attempt


def shrunk(fault: Fault, package: Package, **request: object) -> Search:
    asked = RunRequest(**{"images": len(package.samples), **request})  # type: ignore[arg-type]
    case = ShrinkCase(package=package, request=asked)
    attempt = model_of(fault)
    failure = attempt(case)
    assert failure is not None
    search = Search(case=case, failure=failure, attempt=attempt, seconds=1e9)
    search.run(MOVES)
    assert attempt(search.case) is not None
    assert search.ended == "no move leaves anything smaller that fails"
    return search


def input_shape(search: Search) -> tuple[int, ...]:
    graph = search.case.package.graph
    return graph.edges[graph.input].shape


FAULTS: dict[str, tuple[Fault, tuple[str, ...], tuple[int, ...]]] = {
    "any convolution": (lambda node, _, __: node.op == "conv2d", ("conv2d",), (1, 1, 1)),
    "wide maps": (lambda node, inputs, _: len(inputs[0].shape) == 3 and inputs[0].shape[2] > 8, ("conv2d",), (1, 1, 9)),
    "many pixels": (
        lambda node, inputs, _: node.op == "conv2d" and np.prod(inputs[0].shape[1:]) >= 35, ("conv2d",), (1, 6, 6),
    ),
    "an add": (lambda node, _, __: node.op == "add", ("add",), (1, 1, 1)),
    "an add of two": (
        lambda node, _, __: node.op == "add" and len(set(node.inputs)) == 2, ("conv2d", "add"), (1, 1, 1),
    ),
    "five channels": (lambda node, inputs, _: node.op == "conv2d" and inputs[0].shape[0] >= 5, ("conv2d",), (5, 1, 1)),
    "five outputs": (lambda node, _, __: node.op == "conv2d" and len(node.weights.values) >= 5, ("conv2d",), (1, 1, 1)),
    "groups": (
        lambda node, _, __: node.weights is not None and node.weights.groups >= 2, ("conv2d",), (2, 1, 1),
    ),
    "dilation": (lambda node, _, __: node.window is not None and node.window.dilation[0] == 2, ("conv2d",), (1, 1, 1)),
    "stride": (lambda node, _, __: node.window is not None and node.window.stride[1] == 2, ("max_pool2d",), (1, 1, 1)),
    "padding": (lambda node, _, __: node.window is not None and node.window.padding[0] > 0, ("conv2d",), (1, 1, 1)),
    "a zero point": (lambda node, inputs, _: inputs[0].zero_point != 0 and node.op == "conv2d", ("conv2d",), (1, 1, 1)),
    "a classifier": (lambda node, _, __: node.op == "linear", ("linear",), (1,)),
    "a kernel": (
        lambda node, _, __: node.op == "conv2d" and node.window is not None and node.window.kernel[1] >= 2,
        ("conv2d",), (1, 1, 1),
    ),
    "a third layer": (
        lambda node, _, case: node is case.package.graph.nodes[-1] and len(case.package.graph.nodes) > 2,
        ("average_pool2d", "flatten", "linear"), (1, 1, 1),
    ),
}  # fmt: skip


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_what_a_fault_needs_is_all_that_is_left(name: str) -> None:
    fault, ops, shape = FAULTS[name]
    search = shrunk(fault, deep())
    assert tuple(node.op for node in search.case.package.graph.nodes) == ops
    assert input_shape(search) == shape
    assert (len(search.case.package.samples), search.case.request.images) == (1, 1)
    assert search.tries < 120


TRANSFORMER = TransformerShape(heads=2, depth=8, tokens=6, patches=True, constants=1)
ROW_FAULTS: dict[str, tuple[Fault, tuple[str, ...], tuple[int, ...]]] = {
    "any softmax": (lambda node, _, __: node.op == "softmax", ("softmax",), (1, 1, 1)),
    "a softmax of three": (
        lambda node, inputs, _: node.op == "softmax" and inputs[0].shape[-1] >= 3, ("softmax",), (1, 1, 3),
    ),
    "a table": (lambda node, _, __: node.op == "pointwise", ("pointwise",), (1, 1, 1)),
    "a row norm": (
        lambda node, inputs, _: node.op == "layer_norm" and inputs[0].shape[0] >= 5, ("layer_norm",), (5, 1, 1),
    ),
    "a constant that is added": (lambda node, _, __: node.op == "add_constant", ("add_constant",), (1, 1, 1)),
    "a constant that is joined": (lambda node, _, __: node.op == "concat_constant", ("concat_constant",), (1, 1, 1)),
    "keys of two tokens": (
        lambda node, inputs, _: node.op == "matmul" and inputs[1].shape[2] >= 2 == inputs[1].shape[0],
        ("slice", "slice", "reshape", "reshape", "transpose", "matmul"), (32, 2, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROW_FAULTS)
def test_a_transformer_comes_down_to_what_a_fault_needs(name: str) -> None:
    fault, ops, shape = ROW_FAULTS[name]
    search = shrunk(fault, transformer("small", TRANSFORMER, np.random.default_rng(3)))
    assert tuple(node.op for node in search.case.package.graph.nodes) == ops
    assert input_shape(search) == shape


def test_what_is_left_depends_on_nothing_else() -> None:
    """Kernel, stride, constants and values are as simple as they can be."""
    search = shrunk(FAULTS["any convolution"][0], deep())
    (node,) = search.case.package.graph.nodes
    assert node.window == Window(kernel=(1, 1))
    assert size_of(search.case)[-2:] == (1, 0), "one set of constants, all of them simple; all values 0"


def test_values_that_a_fault_needs_stay() -> None:
    def fault(node: Node, inputs: list[TensorSpec], case: ShrinkCase) -> bool:
        del inputs
        return node.op == "conv2d" and int(node.weights.values.min()) < -5 and int(case.package.samples.max()) > 20

    search = shrunk(fault, deep())
    (node,) = search.case.package.graph.nodes
    assert node.weights is not None
    assert (np.count_nonzero(node.weights.values), np.count_nonzero(search.case.package.samples)) == (1, 1)


def test_images_that_a_fault_needs_stay() -> None:
    search = shrunk(lambda node, _, case: node.op == "add" and case.request.images >= 2, deep())
    assert (search.case.request.images, len(search.case.package.samples)) == (2, 2)


def test_back_pressure_goes_unless_it_is_needed() -> None:
    assert shrunk(lambda *_: True, deep(), stall="p50,bursts").case.request.stall == "none"
    held = shrunk(lambda *rest: rest[2].request.stall != "none", deep(), stall="p50,bursts").case.request.stall
    assert held == "p50,bursts"


@pytest.mark.parametrize("name", ["conv1", "add5", "max_pool8", "linear12"])
def test_a_layer_that_runs_alone_stays_alone(name: str) -> None:
    package = deep()
    search = shrunk(lambda *_: True, package, layer=name)
    assert search.case.request.layer == name
    assert name in [node.name for node in search.case.package.graph.nodes]
    assert len(search.case.package.graph.nodes) <= 2


def test_another_failure_is_not_followed() -> None:
    """A smaller package that fails otherwise is no smaller case of this one."""
    first = ShrinkCase(package=deep(), request=RunRequest(images=3))

    def attempt(case: ShrinkCase) -> Failure:
        layers = len(case.package.graph.nodes)
        return Failure(kind=VALUES if layers >= 5 else "run #: not done after # cycles", layer="conv9")

    search = Search(case=first, failure=attempt(first), attempt=attempt, seconds=1e9)
    search.run(MOVES)
    assert len(search.case.package.graph.nodes) >= 5
    assert search.failure.kind == VALUES


def test_a_search_stops_with_what_it_has() -> None:
    clock = itertools.count().__next__
    first = ShrinkCase(package=deep(), request=RunRequest(images=3))
    attempt = model_of(lambda *_: True)
    search = Search(case=first, failure=Failure(kind=VALUES), attempt=attempt, seconds=4, clock=lambda: float(clock()))
    search.run(MOVES)
    assert search.ended == "the 4 s were over"
    assert 1 <= search.tries <= 4
    assert size_of(search.case) < size_of(first)


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_random_package_comes_down_to_one_layer(seed: int) -> None:
    assert len(shrunk(lambda *_: True, random_network(seed)).case.package.graph.nodes) == 1
    layer = random_layer(seed)
    assert len(shrunk(lambda *_: True, layer, layer=layer.graph.nodes[0].name).case.package.graph.nodes) == 1


# On the RTL

RTL_FAULTS = {
    "accumulator": (
        "accumulator.v",
        "keep ? stored_q : base + wide",
        "keep ? stored_q : base + wide + ((base[5:0] == 6'd33) ? 32'sd4096 : 32'sd0)",
    ),
    "second operand of the residual add": (
        "mulquant.v",
        "addend = partial_q ? p_q :",
        "addend = partial_q ? p_q + 1000000 :",
    ),
    "padding": ("window_row.v", "(iy < in_h_i)", "(iy <= in_h_i)"),
    "wide maps": ("window_row.v", "px_base_i + offset;", "px_base_i + offset + (ix == 16'd3);"),
}
"""Each with one place. The first one runs in make test, the others in make faults."""


@pytest.mark.campaign
@pytest.mark.slow
@pytest.mark.parametrize("name", RTL_FAULTS)
def test_a_fault_in_the_rtl_comes_down_to_a_layer_of_few_pixels(name: str, tmp_path: Path, sim_output: Path) -> None:
    """Twelve layers to at most two, on 4 x 4 pixels at most, in as many runs as a minute has on a quiet machine."""
    request, hardware = RunRequest(images=3, rtl=plant(tmp_path, *RTL_FAULTS[name])), Hardware(rows=8, cols=8)
    simulator, target = find_simulator("icarus"), tmp_path / "small"
    found = shrink(deep(), request, hardware, simulator, sim_output, target, 1e9, moves=MOVES[:6])
    assert found is not None
    graph = load_package(target).graph
    assert len(graph.nodes) <= 2
    assert max(graph.edges[graph.input].shape[1:]) <= 4
    assert found.tries <= 60
    result = cosimulate(load_package(target), str(target), found.case.request, hardware, simulator, sim_output)
    assert result.first is not None
    assert f"sim {target} --layer all" in found.replay
