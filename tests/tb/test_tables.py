"""Tables in the core on RTL: both tensors of a pair are compared, and a fault is placed before or in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.core_model.test_tables_on_the_model import FUSED, table_package
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow

CORE = Hardware(rows=8, cols=4)
STREAMED = Hardware(rows=8, cols=4, wgt_depth=130, par_depth=8, tbl_depth=256)
"""A table comes by TABLES before each layer that has one."""


@pytest.fixture(scope="module")
def package() -> Package:
    return table_package()


def simulate(package: Package, hardware: Hardware, request: RunRequest, simulator: str, output: Path) -> RunResult:
    with locked_cosimulation(package, "tables", request, hardware, find_simulator(simulator), output) as job:
        return job.run()


@pytest.mark.parametrize(("hardware", "simulator"), crossed([CORE, STREAMED], SIMULATORS, every=6))
def test_every_tensor_is_compared(package: Package, hardware: Hardware, simulator: str, sim_output: Path) -> None:
    result = simulate(package, hardware, RunRequest(layer="all", images=2, stall="p50"), simulator, sim_output)
    assert result.passed, result.reasons
    layers = {entry["layer"]: entry for entry in result.figures["layers"]}
    for before, after in FUSED.items():
        assert layers[before]["compared"] == layers[after]["compared"] > 0
        assert (layers[before]["cycles"] > 0, layers[after]["cycles"]) == (True, 0)


FAULTS = {
    "an entry": (
        "table_lanes.v",
        "assign data_o[c*X_W+:X_W] = entry[X_W-1:0];",
        "assign data_o[c*X_W+:X_W] = entry[X_W-1:0] ^ {7'd0, page_i == 16'd2};",
        "gelu",
        "table_lanes",
        "the result is right before it",
    ),
    "a clipped result": (
        "mulquant.v",
        "q_q <= lo_i[OUT_W-1:0];",
        "q_q <= lo_i[OUT_W-1:0] + 1'b1;",
        "stem",
        "mulquant",
        "the accumulator is right, the result is not",
    ),
    "without its table": (
        "t2c_core.v",
        "with_table ? entry_data : before_data",
        "(with_table & desc[D_COMBINE*32+:2] != COMBINE_PAIR) ? entry_data : before_data",
        "after_sum",
        "table_lanes",
        "the result is right before it",
    ),
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_placed(name: str, package: Package, tmp_path: Path, sim_output: Path) -> None:
    file, original, mutant, layer, unit, text = FAULTS[name]
    request = RunRequest(layer="all", images=1, rtl=plant(tmp_path, file, original, mutant))
    with locked_cosimulation(package, "tables", request, CORE, find_simulator("icarus"), sim_output) as job:
        result = job.run()
        assert not result.passed
        assert result.first is not None
        assert result.first.layer == layer
        found = diagnose(job, result)
    assert found is not None
    assert found.finding.unit == unit
    assert text in found.finding.text


def test_the_first_wrong_tensor_of_a_pair_is_named(package: Package, tmp_path: Path, sim_output: Path) -> None:
    """What is wrong before the table is wrong behind it too; the layer before it is to blame, and not the table."""
    file, original, mutant, *_ = FAULTS["a clipped result"]
    request = RunRequest(layer="all", images=1, rtl=plant(tmp_path, file, original, mutant))
    result = simulate(package, CORE, request, "icarus", sim_output)
    wrong = {entry["layer"] for entry in result.figures["layers"] if entry["mismatches"]}
    assert {"stem", "gelu"} <= wrong
    assert "layer stem: output before the table (n=0" in result.reasons[0]
