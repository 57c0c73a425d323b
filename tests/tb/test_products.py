"""Products of two activations on the RTL: networks and single nodes, every tensor and accumulator, every cycle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.product_net import attention_package, product_package

pytestmark = pytest.mark.slow

DEPTHS = {"act_depth": 1 << 11, "wgt_depth": 192, "par_depth": 64, "acc_depth": 32, "prg_depth": 1 << 12}
"""Weight rows for all constants of some of the networks here, and for those of one layer of others."""
SIZES = {f"{rows}x{cols}": Hardware(rows=rows, cols=cols, **DEPTHS) for rows, cols in ((4, 4), (8, 4), (8, 8))}
"""One build of each serves all."""
NETS: dict[str, dict[str, Any]] = {
    "one head of few channels": {"heads": 1, "depth": 3, "tokens": 9, "fused": False},
    "heads in words of their own": {"heads": 2, "depth": 16, "tokens": 17},
    "heads in one word": {"heads": 3, "depth": 4, "tokens": 7, "fused": False, "zero_point": 9},
    "slices with gaps": {"heads": 3, "depth": 4, "tokens": 7},
    "many short heads": {"heads": 4, "depth": 8, "tokens": 2, "zero_point": 0},
    "more tokens than accumulators": {"heads": 2, "depth": 8, "tokens": 35},
}


def run_on(package: Package, output: Path, hardware: Hardware, simulator: str, **request: Any) -> RunResult:
    return cosimulate(package, package.name, RunRequest(**request), hardware, find_simulator(simulator), output)


def assert_right(result: RunResult) -> None:
    assert result.passed, result.reasons
    assert result.figures["accumulators"] == result.figures["compared"] > 0
    assert [layer["cycles"] for layer in result.figures["layers"]] == [
        layer["expected_cycles"] for layer in result.figures["layers"]
    ]


def test_the_networks_here_have_what_they_are_for() -> None:
    programs = [
        compile_program(attention_package(**net).graph, "all", hardware)
        for net in NETS.values()
        for hardware in SIZES.values()
    ]
    assert {bool(len(program.weights)) for program in programs} == {False, True}
    for flag in ("transpose", "keep", "hold"):
        assert {getattr(step.descriptor, flag) for program in programs for step in program.steps} == {0, 1}
    assert {step.work.run.skip for program in programs for step in program.steps if step.work} == {0, 1}
    assert {step.descriptor.blocks for program in programs for step in program.steps if step.op is Operation.RUN} == {
        1,
        2,
    }


@pytest.mark.parametrize(("net", "size", "simulator"), crossed(NETS, SIZES, SIMULATORS, every=18))
def test_attention(net: str, size: str, simulator: str, sim_output: Path) -> None:
    package = attention_package(**NETS[net])
    assert_right(run_on(package, sim_output, SIZES[size], simulator, layer="all", images=2))


@pytest.mark.parametrize(("layer", "simulator"), crossed(["scores", "mixed"], SIMULATORS))
def test_a_product_alone(layer: str, simulator: str, sim_output: Path) -> None:
    package = attention_package(heads=2, depth=5, tokens=9)
    assert_right(run_on(package, sim_output, SIZES["8x4"], simulator, layer=layer, images=2))


@pytest.mark.sample(3)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_product_of_matrices(simulator: str, sim_output: Path) -> None:
    assert_right(run_on(product_package((), 5, 9, 7), sim_output, SIZES["4x4"], simulator, layer="y", images=2))


@pytest.mark.parametrize(("stall", "simulator"), crossed(["p50,p10", "bursts,p90"], SIMULATORS, every=6))
def test_stalls_and_resets(stall: str, simulator: str, sim_output: Path) -> None:
    """A host that stalls while the program brings constants between the moves."""
    package = attention_package(heads=2, depth=8, tokens=6)
    tests = (MAIN_TEST, RESET_TEST, ERROR_TEST)
    result = run_on(package, sim_output, SIZES["4x4"], simulator, layer="all", images=2, stall=stall, tests=tests)
    assert result.passed, result.reasons
