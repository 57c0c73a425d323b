"""A program with an operation that the core does not have: refused with code 1, and a core that does not is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.request import RunRequest
from t2c.tb.random_models.networks import random_layer
from t2c.tb.simulation.runner import Outcome
from t2c.tb.simulation.simulators import find_simulator
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow

MUTANTS = {
    "another code": ("registers.vh", "ERROR_UNKNOWN_OPERATION = 8'd1", "ERROR_UNKNOWN_OPERATION = 8'd3"),
    "done instead of an error": (
        "program_sequencer.v",
        "if (end_q) begin",
        "if (end_q | ~(load_q | run_q | store_q)) begin",
    ),
}


def spoilt(rtl: Path, output: Path) -> Outcome:
    package = random_layer(8)
    request = RunRequest(layer=package.graph.nodes[0].name, rtl=rtl)
    hardware = Hardware(rows=4, cols=4, act_depth=1 << 10, wgt_depth=1 << 10, par_depth=16, prg_depth=256)
    with locked_cosimulation(package, package.name, request, hardware, find_simulator("icarus"), output) as job:
        return job.run_spoilt()


def test_the_core_stops_with_an_error(tmp_path: Path) -> None:
    assert spoilt(RTL, tmp_path).passed


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_core_that_does_not_is_caught(name: str, tmp_path: Path) -> None:
    outcome = spoilt(plant(tmp_path, *MUTANTS[name]), tmp_path)
    assert (outcome.passed, outcome.tests, outcome.failed) == (False, 1, 1)
