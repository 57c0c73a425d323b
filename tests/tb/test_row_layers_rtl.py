"""Layers of rows on the RTL: layer_norm and softmax, alone and in networks, every tensor, every cycle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.tb.components.stalls import PROFILES
from t2c.tb.cosim.cosimulation import cosimulate, prepare
from t2c.tb.cosim.on_model import BACKEND, run_on_model
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.row_net import row_package

pytestmark = pytest.mark.slow

DEPTHS = {"act_depth": 1 << 9, "wgt_depth": 1 << 8, "par_depth": 32, "acc_depth": 32, "prg_depth": 1 << 12}
SIZES = {
    f"{rows}x{cols}": Hardware(rows=rows, cols=cols, row_lanes=lanes, tbl_depth=512, **DEPTHS)
    for rows, cols, lanes in ((4, 4, 4), (8, 4, 2), (8, 8, 8))
}
"""One build of each serves all."""
ROW_LAYERS = ("few", "map", "first", "second")


@pytest.fixture(scope="module")
def net() -> Package:
    return row_package()


def run_on(package: Package, output: Path, hardware: Hardware, simulator: str, **request: Any) -> RunResult:
    return cosimulate(package, package.name, RunRequest(**request), hardware, find_simulator(simulator), output)


def assert_right(result: RunResult) -> None:
    assert result.passed, result.reasons
    for layer in result.figures["layers"]:
        assert layer["cycles"] == layer["expected_cycles"], layer
        if layer["layer"] in ROW_LAYERS:
            assert layer["compared"] > 0
            assert layer["accumulators"] == layer["macs"] == 0


@pytest.mark.parametrize(("size", "simulator"), crossed(SIZES, SIMULATORS, every=6))
def test_a_network(size: str, simulator: str, net: Package, sim_output: Path) -> None:
    tests = (MAIN_TEST, RESET_TEST, ERROR_TEST)
    assert_right(run_on(net, sim_output, SIZES[size], simulator, images=2, tests=tests))


@pytest.mark.sample(3)
@pytest.mark.parametrize("layer", ROW_LAYERS)
def test_a_layer_alone_several_images_at_once(layer: str, net: Package, sim_output: Path) -> None:
    result = run_on(net, sim_output, SIZES["8x4"], "icarus", layer=layer, images=3)
    assert_right(result)
    assert result.figures["batch"] == 3


@pytest.mark.sample(3)
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_host_that_stalls(profile: str, net: Package, sim_output: Path) -> None:
    """Tensors at the host, parameters and tables brought by the program, behind every kind of stalls."""
    small = replace(SIZES["4x4"], act_depth=40, par_depth=8, wgt_depth=36)
    program = compile_program(net.graph, "all", small)
    assert program.spilled
    assert Operation.PARAMS in {step.op for step in program.steps}
    result = run_on(net, sim_output, small, "verilator", images=1, stall=profile)
    assert result.passed, result.reasons


def test_one_page(net: Package, sim_output: Path) -> None:
    """Two softmaxes, each with a table of its own, where there is one page: the program brings them."""
    small = replace(SIZES["4x4"], tbl_depth=256)
    program = compile_program(net.graph, "all", small)
    assert sum(step.op is Operation.TABLES for step in program.steps) == 2
    assert_right(run_on(net, sim_output, small, "icarus", images=1))


@pytest.mark.parametrize("size", SIZES)
def test_on_the_model(size: str, net: Package, tmp_path: Path) -> None:
    """BACKEND=model has the same verdict, and the same cycles."""
    job = prepare(net, net.name, RunRequest(images=2), SIZES[size], BACKEND, tmp_path)
    assert_right(run_on_model(job))
    assert {step.op for step in job.program.steps} >= set(ROW_STEPS)
