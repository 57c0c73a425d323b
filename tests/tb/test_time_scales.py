"""A `timescale in some files of a module and none in others, in any order, stops no run and moves no sample."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from t2c.tb import __main__ as command
from t2c.tb.dut.description import load_description
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import run_description
from tests.tb.acme import acme
from tests.tb.requants import copied

pytestmark = pytest.mark.slow

SCALES = ("1us/1us", "1s/1s", "1ps/1ps", "100ns/10ns", "1fs/1fs")
TOP, HELPER = "power_requant.v", "helper.v"
CASES = {
    f"{scale} in {' and '.join(where)}, {order[0]} first, {simulator}": (scale, where, order, simulator)
    for scale, where, order, simulator in itertools.product(
        SCALES, ((TOP,), (HELPER,), (TOP, HELPER)), ((TOP, HELPER), (HELPER, TOP)), SIMULATORS
    )
}


@pytest.mark.sample(63)
@pytest.mark.parametrize("case", CASES)
def test_a_requantiser_with_time_scales(case: str, tmp_path: Path, sim_output: Path) -> None:
    scale, where, order, simulator = CASES[case]
    path = copied("power", tmp_path, "power.yaml", f"sources: {TOP}", f"sources: [{', '.join(order)}]")
    (path.parent / HELPER).write_text("module helper(input wire a, output wire b);\nassign b = a;\nendmodule\n")
    for name in where:
        source = path.parent / name
        source.write_text(f"`timescale {scale}\n{source.read_text()}")
    found = run_description(load_description(path), find_simulator(simulator), sim_output, only=("latency",))
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]


def test_an_engine_with_a_time_scale_leaves_the_harness_its_own(tmp_path: Path, sim_output: Path) -> None:
    """What the harness waits for is in nanoseconds, and it is read after the files of the module."""
    dut = acme(tmp_path)
    source = tmp_path / "acme_mulquant.v"
    source.write_text(f"`timescale 1us/1us\n{source.read_text()}")
    given = ["--unit", "layer_engine", "--dut", str(dut), "--layer", "fc", "--images", "1", "--stall", "p50"]
    assert command.main([*given, "--out", str(sim_output)]) == 0
