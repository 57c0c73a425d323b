"""Networks with views on the model of the core: every tensor that has words is golden's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.compiler import compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.core_net import Net

SIZES = ((4, 4), (8, 8), (8, 4), (6, 2))


def net(*shape: int, samples: int = 2, seed: int = 3) -> Net:
    return Net(TensorSpec(name="x", shape=shape, bits=8, signed=False, zero_point=7), samples, seed)


def edge(name: str, zero_point: int = -3) -> TensorSpec:
    return TensorSpec(name=name, shape=(1,), bits=8, signed=True, zero_point=zero_point)


def conv(made: Net, name: str, source: str, channels: int, kernel: int = 1, **fields: Any) -> None:
    inner = made.edges[source].shape[0] // fields.get("groups", 1)
    made.node(Conv2d, edge(name), source, **made.weight(8, channels, inner, kernel, kernel), **fields)


def views_package(seed: int = 3) -> Package:
    """Slices of channels at any bank, of tokens, of a slice; reshapes; a view that several layers read differently."""
    made = net(3, 6, 5, seed=seed)
    conv(made, "stem", "x", 13, 3, padding=(1, 1))
    made.node(Slice, edge("part"), "stem", axis=0, start=3, length=9)
    conv(made, "over", "part", 5, 3, padding=(1, 1), stride=(2, 1))
    made.node(MaxPool2d, edge("peak"), "part", kernel=(2, 2), stride=(1, 1))
    made.node(Slice, edge("inner"), "part", axis=0, start=5, length=3)
    conv(made, "few", "inner", 3, 2)
    conv(made, "grouped", "part", 6, 1, groups=3)
    made.node(Reshape, edge("tokens"), "stem", shape=(13, 30, 1))
    conv(made, "mix", "tokens", 12)
    made.node(Slice, edge("some"), "mix", axis=1, start=4, length=20)
    made.node(Add, edge("sum"), "some", "some")
    made.node(Reshape, edge("square"), "sum", shape=(12, 4, 5))
    made.node(AveragePool2d, edge("mean"), "square", kernel=(2, 2), stride=(1, 1), channels=1)
    made.node(Slice, edge("row"), "mean", axis=1, start=1, length=1)
    made.node(Slice, edge("pixel"), "row", axis=2, start=2, length=1)
    made.node(Flatten, edge("features"), "pixel")
    made.node(Linear, edge("fc"), "features", **made.weight(8, 7, 12))
    made.node(Flatten, edge("every"), "mean")
    made.node(Linear, edge("wide"), "every", **made.weight(8, 6, made.edges["every"].shape[0]))
    made.node(Add, edge("y"), "wide", "wide")
    return made.package("views")


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_views_are_read_where_they_lie(size: tuple[int, int], batch: int) -> None:
    package = views_package()
    program = compile_program(package.graph, "all", Hardware(rows=size[0], cols=size[1]), batch=batch)
    assert {edge: root for edge, root in program.roots.items() if edge != root} == {
        "part": "stem", "inner": "stem", "tokens": "stem", "some": "mix", "square": "sum", "row": "mean",
        "pixel": "mean", "features": "mean", "every": "mean",
    }  # fmt: skip
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("depth", [250, 130, 60])
def test_views_of_tensors_at_the_host(depth: int) -> None:
    package = views_package()
    program = compile_program(package.graph, "all", Hardware(rows=8, cols=8, act_depth=depth))
    assert bool(program.spilled) == (depth < 250)
    run_and_hold_to_golden(package, program)


def test_views_of_an_input() -> None:
    made = net(3, 4, 4)
    made.node(Slice, edge("blue"), "x", axis=0, start=1, length=2)
    made.node(Reshape, edge("line"), "blue", shape=(2, 16, 1))
    conv(made, "y", "line", 4)
    package = made.package("view-of-an-input")
    for rows in (2, 4, 8, 16):  # copies of 3 channels from 6 rows on
        run_and_hold_to_golden(package, compile_program(package.graph, "all", Hardware(rows=rows, cols=2), batch=2))


def test_a_single_layer_takes_its_view_as_an_input() -> None:
    package = views_package()
    program = compile_program(package.graph, "over", Hardware(rows=8, cols=8), batch=2)
    assert [region.edge for region in program.inputs] == ["part"]
    run_and_hold_to_golden(package, program)


def test_the_output_may_be_a_view() -> None:
    made = net(3, 4, 4)
    conv(made, "stem", "x", 6)
    made.node(Slice, edge("y"), "stem", axis=1, start=0, length=2)
    package = made.package("output-is-a-view")
    program = compile_program(package.graph, "all", Hardware(rows=4, cols=4))
    assert program.output == "stem"
    run_and_hold_to_golden(package, program)


def test_what_is_no_map_is_refused_by_name() -> None:
    made = net(3, 4, 6)
    conv(made, "stem", "x", 6)
    made.node(Transpose, edge("turned"), "stem", axes=(1, 0, 2))
    conv(made, "y", "turned", 4)
    package = made.package("turned")
    text = r"^layer 'y': shape \(4, 6, 6\) does not lie as a map \(C, H, W\) or its vector in memory$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(package.graph, "all", Hardware(rows=8, cols=8))


def test_operands_at_unlike_places_are_refused_by_name() -> None:
    made = net(3, 4, 4)
    conv(made, "stem", "x", 12)
    made.node(Slice, edge("low"), "stem", axis=0, start=0, length=6)
    made.node(Slice, edge("high"), "stem", axis=0, start=6, length=6)
    made.node(Add, edge("y"), "low", "high")
    graph = made.package("unlike").graph
    run_and_hold_to_golden(made.package("alike"), compile_program(graph, "all", Hardware(rows=6, cols=3)))
    with pytest.raises(UnsupportedError, match=r"^layer 'y': its operands begin at banks 0 and 6$"):
        compile_program(graph, "all", Hardware(rows=8, cols=8))
    made.nodes.pop()
    conv(made, "other", "x", 6)
    made.node(Add, edge("y"), "low", "other")
    with pytest.raises(UnsupportedError, match=r"^layer 'y': its operands' pixels lie at unlike distances$"):
        compile_program(made.package("apart").graph, "all", Hardware(rows=6, cols=6))


@pytest.mark.parametrize("seed", range(6))
def test_another_net(seed: int) -> None:
    rng = np.random.default_rng(seed)
    package = views_package(10 + seed)
    cols = int(rng.integers(1, 6))
    hardware = Hardware(rows=max(2, cols * int(rng.integers(1, 4))), cols=cols, acc_depth=2 * int(rng.integers(9, 40)))
    run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))
