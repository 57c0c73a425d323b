"""Networks with views on the model of the core: every tensor that has words is golden's."""

from __future__ import annotations

import re

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.mapping.compiler import compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.core_net import Net
from tests.view_nets import conv, image_net, signed_edge, views_package

SIZES = ((4, 4), (8, 8), (8, 4), (6, 2))


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
    made = image_net(3, 4, 4)
    made.node(Slice, signed_edge("blue"), "x", axis=0, start=1, length=2)
    made.node(Reshape, signed_edge("line"), "blue", shape=(2, 16, 1))
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
    made = image_net(3, 4, 4)
    conv(made, "stem", "x", 6)
    made.node(Slice, signed_edge("y"), "stem", axis=1, start=0, length=2)
    package = made.package("output-is-a-view")
    program = compile_program(package.graph, "all", Hardware(rows=4, cols=4))
    assert program.output == "stem"
    run_and_hold_to_golden(package, program)


def test_what_is_no_map_is_refused_by_name() -> None:
    made = image_net(3, 4, 6)
    conv(made, "stem", "x", 6)
    made.node(Transpose, signed_edge("turned"), "stem", axes=(1, 0, 2))
    conv(made, "y", "turned", 4)
    package = made.package("turned")
    text = r"^layer 'y': shape \(4, 6, 6\) does not lie as a map \(C, H, W\) or its vector in memory$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(package.graph, "all", Hardware(rows=8, cols=8))


@pytest.mark.parametrize("axes", [(1, 2, 0), (2, 0, 1), (2, 1, 0), (0, 2, 1)], ids=str)
def test_a_vector_in_any_order_of_axes(axes: tuple[int, ...]) -> None:
    """Such as the tokens of a transformer one after the other: the weights follow the order of the memory."""
    made = image_net(3, 4, 6)
    conv(made, "stem", "x", 10)
    made.node(Slice, signed_edge("part"), "stem", axis=0, start=3, length=6)
    made.node(Transpose, signed_edge("turned"), "part", axes=axes)
    made.node(Reshape, signed_edge("flat"), "turned", shape=(144,))
    made.node(Linear, signed_edge("y"), "flat", **made.weight(8, 5, 144))
    package = made.package("flat")
    for rows, depth in ((8, 1 << 10), (4, 1 << 10), (4, 75)):
        hardware = Hardware(rows=rows, cols=4, act_depth=depth)
        run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))


def test_operands_at_unlike_places_are_refused_by_name() -> None:
    made = image_net(3, 4, 4)
    conv(made, "stem", "x", 12)
    made.node(Slice, signed_edge("low"), "stem", axis=0, start=0, length=6)
    made.node(Slice, signed_edge("high"), "stem", axis=0, start=6, length=6)
    made.node(Add, signed_edge("y"), "low", "high")
    graph = made.package("unlike").graph
    run_and_hold_to_golden(made.package("alike"), compile_program(graph, "all", Hardware(rows=6, cols=3)))
    with pytest.raises(UnsupportedError, match=r"^layer 'y': its operands begin at banks 0 and 6$"):
        compile_program(graph, "all", Hardware(rows=8, cols=8))
    made.nodes.pop()
    conv(made, "other", "x", 6)
    made.node(Add, signed_edge("y"), "low", "other")
    with pytest.raises(UnsupportedError, match=r"^layer 'y': its operands' pixels lie at unlike distances$"):
        compile_program(made.package("apart").graph, "all", Hardware(rows=6, cols=6))


def test_groups_of_a_view_visit_only_their_own_channel_words() -> None:
    made = image_net(3, 2, 2)
    conv(made, "stem", "x", 12)
    made.node(Slice, signed_edge("part"), "stem", axis=0, start=2, length=4)
    made.node(Conv2d, signed_edge("y"), "part", **made.weight(8, 8, 1, 1, 1), groups=4)
    package = made.package("groups")
    program = compile_program(package.graph, "all", Hardware(rows=4, cols=4))
    assert [step.descriptor.ch_words for step in program.steps if step.work and step.work.edge == "y"] == [1, 1]
    run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("seed", range(6))
def test_another_net(seed: int) -> None:
    rng = np.random.default_rng(seed)
    package = views_package(10 + seed)
    cols = int(rng.integers(1, 6))
    hardware = Hardware(rows=max(2, cols * int(rng.integers(1, 4))), cols=cols, acc_depth=2 * int(rng.integers(9, 40)))
    run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))


def random_chain(rng: np.random.Generator) -> Package:
    """A convolution, views one after the other, and something that reads each of them that is a map or a vector."""
    made = image_net(int(rng.integers(1, 4)), 4, 6, seed=int(rng.integers(1 << 30)))
    conv(made, "stem", "x", int(rng.choice([2, 3, 4, 6, 8, 12, 16])))
    source = "stem"
    for number in range(int(rng.integers(1, 5))):
        shape, name = made.edges[source].shape, f"view{number}"
        kind = rng.integers(3)
        if kind == 0:
            axis = int(rng.integers(len(shape)))
            start = int(rng.integers(shape[axis]))
            length = int(rng.integers(1, shape[axis] - start + 1))
            made.node(Slice, signed_edge(name), source, axis=axis, start=start, length=length)
        elif kind == 1:
            made.node(Transpose, signed_edge(name), source, axes=tuple(rng.permutation(len(shape)).tolist()))
        else:
            first = int(rng.choice([n for n in range(1, shape[0] + 1) if shape[0] % n == 0]))
            rest = int(np.prod(shape[1:]))
            wanted = [(shape[0], rest, 1), (first, shape[0] // first, rest), (shape[0] * rest,), (rest, shape[0], 1)]
            made.node(Reshape, signed_edge(name), source, shape=wanted[int(rng.integers(4))])
        source = name
        if rng.integers(2) or number == 3:
            readers(made, source, number, rng)
    readers(made, source, 9, rng)
    return made.package("chain")


def readers(made: Net, source: str, number: int, rng: np.random.Generator) -> None:
    shape = made.edges[source].shape
    if len(shape) == 1:
        made.node(Linear, signed_edge(f"fc{number}"), source, **made.weight(8, 5, *shape))
    elif rng.integers(2):
        conv(made, f"conv{number}", source, 5, 2, padding=(1, 1))
    else:
        made.node(MaxPool2d, signed_edge(f"peak{number}"), source, kernel=(2, 1), stride=(1, 1), padding=(1, 0))
        made.node(Add, signed_edge(f"sum{number}"), source, source)


@pytest.mark.slow
def test_random_chains_of_views_give_goldens_words_or_are_refused_by_name() -> None:
    ran = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        package, cols = random_chain(rng), int(rng.integers(1, 5))
        rows = max(2, cols * int(rng.integers(1, 4)))
        depth = int(rng.choice([1 << 10, 40]))
        try:
            hardware = Hardware(rows=rows, cols=cols, act_depth=depth)
            program = compile_program(package.graph, "all", hardware, batch=2 if depth > 40 else 1)
        except UnsupportedError as refusal:
            assert re.fullmatch(r"layer '(view|conv|peak|sum|fc|stem)\d*': .*", str(refusal)), refusal  # noqa: PT017
            continue
        run_and_hold_to_golden(package, program)
        ran += 1
    assert ran > 30, ran
