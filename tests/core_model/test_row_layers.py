"""Networks with layer_norm and softmax: what the compiler makes of them, on the model of the core, held to golden."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.golden.graph.package import Package
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.slice import Slice
from t2c.mapping.compiler import compile_largest_batch, compile_program
from t2c.mapping.lower import row_lanes_for
from t2c.mapping.program import Program
from tests.attention_net import NetBuilder
from tests.core_model.running import run_and_hold_to_golden
from tests.row_net import EXP, package_of, row_package, softmax

ARRAYS = [(4, 4), (8, 4), (8, 8), (8, 2)]


@pytest.fixture(scope="module")
def net() -> Package:
    return row_package()


def hardware(rows: int, cols: int, **others: Any) -> Hardware:
    return Hardware(**{"rows": rows, "cols": cols, "row_lanes": Hardware.usual_row_lanes(rows, cols), **others})


def row_steps(program: Program) -> Counter[str]:
    """How many row steps each layer has."""
    return Counter(program.layer_names[s.descriptor.layer] for s in program.steps if s.op in ROW_STEPS)


@pytest.mark.parametrize(("rows", "cols"), ARRAYS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_network(rows: int, cols: int, batch: int, net: Package) -> None:
    """A step for each layer, whatever the batch: nothing lies between the images."""
    program = compile_program(net.graph, "all", hardware(rows, cols), batch=batch)
    run_and_hold_to_golden(net, program)
    assert row_steps(program) == {"few": 1, "map": 1, "first": 1, "second": 1}


@pytest.mark.parametrize("layer", ["few", "map", "first", "second"])
@pytest.mark.parametrize(("rows", "cols"), ARRAYS[:2])
def test_a_layer_alone(layer: str, rows: int, cols: int, net: Package) -> None:
    program = compile_largest_batch(net.graph, layer, hardware(rows, cols), 3)
    assert (program.batch, row_steps(program)) == (3, {layer: 1})
    run_and_hold_to_golden(net, program)


@pytest.mark.parametrize(("axis", "length", "steps"), [(1, 3, 2), (2, 2, 8)])
def test_views_of_some_pixels(axis: int, length: int, steps: int) -> None:
    """Rows of a map, then columns of one: a step for each of two images, and for each row of each image."""
    net = NetBuilder(5)
    net.edge("x", (5, 4, 3))
    net.values["x"] = net.rng.integers(-128, 128, (2, 5, 4, 3))
    net.dense("wide", "x", 9)
    net.view(Slice, "part", "wide", axis=axis, start=1, length=length)
    net.norm("norm", "part")
    package = package_of(net, "part")
    for array in ARRAYS:
        program = compile_program(package.graph, "all", hardware(*array), batch=2)
        assert row_steps(program) == {"norm": steps}
        run_and_hold_to_golden(package, program)


@pytest.mark.parametrize("depth", [24, 30, 40])
def test_strips(depth: int, net: Package) -> None:
    """Tensors at the host pass through in rows of the map, or in rows of the softmax, whatever its axes are."""
    program = compile_program(net.graph, "all", hardware(4, 4, act_depth=depth))
    assert program.spilled
    assert max(row_steps(program).values()) > 1
    run_and_hold_to_golden(net, program)


def test_constants_that_the_program_brings(net: Package) -> None:
    """Parameters of a LayerNorm before its step; a table for each softmax, on page 0, where there is one page."""
    program = compile_program(net.graph, "all", hardware(4, 4, par_depth=4, tbl_depth=256))
    run_and_hold_to_golden(net, program)
    brought = Counter((s.op, program.layer_names[s.descriptor.layer]) for s in program.steps if s.transfer)
    for op, layer in (
        (Operation.PARAMS, "few"), (Operation.PARAMS, "map"), (Operation.TABLES, "first"), (Operation.TABLES, "second")
    ):  # fmt: skip
        assert brought[op, layer] == 1
    assert {s.descriptor.table_page for s in program.steps if s.op is Operation.SOFTMAX} == {0}
    assert len(program.tables) == 0


def test_pages() -> None:
    """Equal tables share a page; a shorter one is filled with 0."""
    net = NetBuilder(3)
    net.edge("x", (6, 5))
    net.values["x"] = net.rng.integers(-128, 128, (2, 6, 5))
    softmax(net, "a", "x")
    softmax(net, "b", "a", exp=np.append(EXP, np.zeros(16, np.int64)))
    softmax(net, "c", "b", exp=EXP[:2])
    package = package_of(net, "pages")
    program = compile_program(package.graph, "all", hardware(8, 4, tbl_depth=512))
    assert program.tables.tolist() == [*EXP, *[0] * 240, *EXP[:2], *[0] * 254]
    assert [s.descriptor.table_page for s in program.steps if s.op is Operation.SOFTMAX] == [0, 0, 1]
    run_and_hold_to_golden(package, program)


def test_vectors_and_maps_of_one_pixel() -> None:
    """LayerNorm and softmax of a vector; a flattened map of one pixel is one."""
    net = NetBuilder(4)
    net.edge("x", (13, 1, 1))
    net.values["x"] = net.rng.integers(-128, 128, (4, 13, 1, 1))
    net.norm("norm", "x")
    net.view(Flatten, "flat", "norm")
    softmax(net, "probabilities", "flat")
    package = package_of(net, "vectors")
    for batch in (1, 4):
        for array in ARRAYS:
            run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware(*array), batch=batch))


def test_lanes_of_a_network(net: Package) -> None:
    """A power of two of at least ROWS / 4, as far as it divides COLS; none where no node needs them."""
    arrays = {
        (2, 1): 1,
        (4, 4): 1,
        (6, 6): 2,
        (8, 8): 2,
        (8, 1): 1,
        (12, 6): 2,
        (16, 16): 4,
        (24, 24): 8,
        (256, 256): 64,
    }
    assert {array: row_lanes_for(net.graph, *array) for array in arrays} == arrays
    plain = replace(net.graph, nodes=net.graph.nodes[1:2], edges={n: net.graph.edges[n] for n in ("few", "wide")},
                    input="few", output="wide")  # fmt: skip
    assert row_lanes_for(plain, 8, 8) == 0
