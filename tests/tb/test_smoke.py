"""What `make check` simulates, on Icarus, which needs no build to speak of: one unit bench and one layer."""

from __future__ import annotations

from pathlib import Path

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import load_package
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit


def test_a_unit_matches_golden(sim_output: Path) -> None:
    outcome = run_unit("lut_pointwise", find_simulator("icarus"), sim_output)
    assert outcome.passed, outcome.log.read_text()[-3000:]


def test_a_layer_matches_golden(examples: Path, sim_output: Path) -> None:
    core = Hardware(rows=8, cols=8, act_depth=1 << 10, wgt_depth=1 << 12, par_depth=1 << 8, prg_depth=1 << 12)
    request = RunRequest(layer="fc", images=2)
    package = load_package(examples / "digits_w8a8")
    result = cosimulate(package, package.name, request, core, find_simulator("icarus"), sim_output)
    assert result.passed, result.reasons
    assert result.figures["compared"] == 20
