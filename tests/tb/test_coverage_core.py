"""Bins of a core run against definitions written out over coordinates, and against what programs really hold."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.mapping.compiler import ALL, compile_program
from t2c.tb.catalogue.unit_registry import benched_units
from t2c.tb.components.bins import Coverage
from t2c.tb.components.stalls import PROFILES
from t2c.tb.cosim.request import UNKNOWN_TEST
from t2c.tb.coverage.core_classes import EDGES, core_groups, cover_run, window_bins
from t2c.tb.coverage.coverage_runs import TIGHT, WIDE, core_runs, package_of, unit_runs
from t2c.tb.random_models.builder import RandomBuilder
from t2c.tb.random_models.joins import joined_network
from tests.core_net import core_package
from tests.product_net import attention_package

Grow = Callable[[RandomBuilder], object]


def covered(grow: Grow, shape: tuple[int, ...], hardware: Hardware = WIDE, stall: str = "none") -> set[str]:
    """Names of the bins that a small network hits."""
    builder = RandomBuilder(np.random.default_rng(4), shape)
    grow(builder)
    package = builder.package("net")
    tensors: dict[str, np.ndarray] = {}
    for node, _, result in package.graph.steps(package.samples):
        tensors[node.output] = result
    found = cover_run(compile_program(package.graph, ALL, hardware), tensors, stall)
    assert {group: tuple(bins) for group, bins in found.groups.items()} == core_groups()
    return {name for bins in found.groups.values() for name, one in bins.items() if one.hits}


@pytest.mark.sample(3)
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize(("stride", "padding", "dilation"), list(product((1, 2, 3), (0, 1, 2), (1, 2))))
def test_padding_is_used_where_a_tap_falls_outside(kernel: int, stride: int, padding: int, dilation: int) -> None:
    high, wide = 5, 6
    window = Window(kernel=(kernel, 2), stride=(stride, 1), padding=(padding, 1), dilation=(dilation, 1))
    rows, cols = window.output_size(high, wide)
    taps = [
        (y * stride - padding + i * dilation, x - 1 + j)
        for y, x, i, j in product(range(rows), range(cols), range(kernel), range(2))
    ]
    outside = {
        "top": any(y < 0 for y, _ in taps),
        "bottom": any(y >= high for y, _ in taps),
        "left": any(x < 0 for _, x in taps),
        "right": any(x >= wide for _, x in taps),
    }
    source = TensorSpec(name="x", shape=(1, high, wide), bits=4, signed=True, zero_point=3)
    found = {name for group, name in window_bins(Conv2d, window, source) if group == "padding"}
    assert {edge for edge in EDGES if f"conv2d; padding used {edge}" in found} == {e for e in EDGES if outside[e]}
    whole = any(
        all(
            not (0 <= y * stride - padding + i * dilation < high and 0 <= x - 1 + j < wide)
            for i, j in product(range(kernel), range(2))
        )
        for y, x in product(range(rows), range(cols))
    )
    assert ("a window wholly in the padding" in found) == whole
    assert "padding by a zero point other than 0" in found


def test_tiles_of_a_convolution() -> None:
    """8 rows, 4 columns. 12 channels fill one K tile and half of another; 6 outputs one N tile and half of another."""
    point = Window(kernel=(1, 1))
    found = covered(lambda net: net.conv2d("input", 6, point), (12, 3, 3))
    assert {"partial K tile", "full K tile", "several K tiles", "1 x 1", "dense", "conv2d; no padding"} <= found
    assert {"partial N tile", "full N tile", "several N tiles", "ROWS > COLS"} <= found
    assert not {"one K tile", "several taps in one tile", "grouped", "depthwise", "linear", "several blocks"} & found
    full = covered(lambda net: net.conv2d("input", 8, point), (8, 3, 3))
    assert {"full K tile", "one K tile", "full N tile", "several N tiles"} <= full
    assert not {"partial K tile", "partial N tile", "several K tiles"} & full


def test_few_channels_share_a_tile() -> None:
    found = covered(lambda net: net.conv2d("input", 4, Window(kernel=(2, 2))), (2, 4, 4))
    assert {"several taps in one tile", "full K tile", "one K tile"} <= found


@pytest.mark.parametrize(
    ("groups", "name"), [(1, "dense"), (2, "grouped"), (6, "depthwise")], ids=["dense", "grouped", "depthwise"]
)
def test_kinds_of_convolution(groups: int, name: str) -> None:
    found = covered(lambda net: net.conv2d("input", 6, Window(kernel=(3, 2)), groups), (6, 4, 4))
    assert found & {"dense", "grouped", "depthwise"} == {name}
    assert "higher than wide" in found
    assert "wider than high" not in found


def test_memories() -> None:
    def grow(net: RandomBuilder) -> None:
        edge = net.conv2d("input", 12, Window(kernel=(3, 3), padding=(1, 1)))
        net.conv2d(edge, 9, Window(kernel=(3, 3)))

    roomy, tight = covered(grow, (7, 12, 12)), covered(grow, (7, 12, 12), TIGHT)
    assert {"all tensors stay", "constants stay", "one column run for all K"} <= roomy
    assert {"a tensor passes in strips", "weights and parameters streamed", "ROWS = COLS"} <= tight
    assert "kept from one column run to the next" in tight
    assert "kept from one column run to the next" not in roomy


def test_adds_pools_and_stalls() -> None:
    def grow(net: RandomBuilder) -> None:
        edge = net.max_pool2d("input", Window(kernel=(2, 2), stride=(2, 1)))
        edge = net.average_pool2d(edge, Window(kernel=(2, 2), padding=(1, 0)))
        net.linear(net.flatten(net.add(edge, edge)), 3)

    found = covered(grow, (3, 6, 6), stall="p10,bursts")
    assert {"max_pool2d", "average_pool2d", "flatten", "linear", "add", "the same tensor twice"} <= found
    assert {"input stalls p10", "output stalls bursts", "operands of one sign"} <= found
    assert {"max_pool2d; stride above 1", "max_pool2d; stride 1", "average_pool2d; padding used top"} <= found
    assert not {"two tensors", "input stalls none", "average_pool2d; padding used left", "conv2d"} & found


PRODUCTS: dict[str, tuple[dict[str, Any], Hardware, set[str]]] = {
    "one head": ({"heads": 1, "depth": 3}, Hardware(rows=4, cols=4), {"one head", "a head in one piece"}),
    "words of their own": ({"depth": 4}, Hardware(rows=4, cols=4), {"several heads", "a head in one piece"}),
    "one word, one column tile": (
        {"depth": 3},
        Hardware(rows=8, cols=8),
        {"several heads", "a head in one piece", "heads that add up to a memory word"},
    ),
    "one word, several column tiles": (
        {"depth": 4},
        Hardware(rows=8, cols=4),
        {"several heads", "a head in one piece", "heads that write a memory word in turn"},
    ),
    "little weight memory": (
        {"heads": 1, "depth": 8},
        Hardware(rows=4, cols=4, wgt_depth=16),
        {"one head", "a head in several pieces"},
    ),
    "sums in parts": (
        {"heads": 1, "depth": 8},
        Hardware(rows=4, cols=4, wgt_depth=8),
        {"one head", "a head in several pieces", "a head's sums over several pieces"},
    ),
}


@pytest.mark.parametrize("case", PRODUCTS)
@pytest.mark.parametrize("zero_point", [0, 3])
def test_products(case: str, zero_point: int) -> None:
    net, hardware, expected = PRODUCTS[case]
    package = attention_package(**net, tokens=9, fused=False, zero_point=zero_point)
    found = cover_run(compile_program(package.graph, ALL, hardware), {}, "none")
    bins = {name for name, one in found.groups["products"].items() if one.hits}
    always = {"tokens become columns", "tokens become rows"}
    assert bins == expected | always | ({"a first operand with a zero point"} if zero_point else set())


def test_views_and_joins() -> None:
    """One network has all of them; memories so small that tensors visit the host add the last ones."""
    package = joined_network(0)

    def found(package: Package, core: Hardware) -> set[tuple[str, str]]:
        groups = cover_run(compile_program(package.graph, ALL, core), {}, "none").groups
        return {(group, name) for group in ("views", "joins") for name, one in groups[group].items() if one.hits}

    every = {(group, name) for group in ("views", "joins") for name in core_groups()[group]}
    strips = {("views", "of a tensor at the host"), ("joins", "a constant operand in strips")}
    assert found(package, WIDE) == every - strips
    assert found(package, TIGHT) == every - {("views", "channels of words with copies")}
    assert found(core_package(), WIDE) == {("views", "channels from bank 0 on")}


@pytest.mark.slow
def test_the_plan_hits_every_bin_of_the_core_without_simulating() -> None:
    """What the runs of the plan compute covers all of it, so an unhit bin in `make coverage` is a run that failed."""
    merged = Coverage()
    runs = [run for run in core_runs() if run.tests != (UNKNOWN_TEST,)]
    for run in runs:
        assert run.hardware is not None
        package = package_of(run.model, run.hardware)
        layer = run.layer or package.graph.nodes[0].name
        tensors = {node.output: result for node, _, result in package.graph.steps(package.samples[:2])}
        merged.merge(cover_run(compile_program(package.graph, layer, run.hardware), tensors, run.stall))
    # Whether several images run together is decided for the run; here each has one.
    assert merged.unhit() == [("images", "several images in one run")]
    sides = [{run.stall.split(",")[side] for run in runs} for side in (0, 1)]
    assert sides == [set(PROFILES)] * 2


def test_the_plan_has_every_unit_and_no_run_twice() -> None:
    runs = [*unit_runs(), *core_runs()]
    assert {run.part for run in runs} == {*(unit.name for unit in benched_units()), "core"}
    assert len({run.id for run in runs}) == len(runs)
    for unit in benched_units():
        assert next(run.simulator for run in runs if run.part == unit.name) == "verilator"
