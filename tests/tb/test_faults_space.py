"""Faults of width and range: the edge package that is there for each notices it, and passes on the RTL as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.random_models.edges import EDGES
from t2c.tb.random_models.variants import VARIANTS
from t2c.tb.regress.legal_jobs import edge_jobs, hardware_of
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.campaign_edges import builds, large_on, space_runs
from tests.campaign import sampled
from tests.tb.rtl_mutants import plant
from tests.tb.space_faults import FAULTS

pytestmark = pytest.mark.slow

RUNS = sorted({(fault.edge, fault.build) for fault in FAULTS.values()})


def run_edge(name: str, build: str, output: Path, rtl: Path = RTL) -> RunResult:
    """On Verilator: some take hundreds of thousands of cycles."""
    edge, hardware = EDGES[name], VARIANTS[build]
    request = RunRequest(layer=edge.layer, images=edge.images, rtl=rtl)
    return cosimulate(edge.make(hardware), name, request, hardware, find_simulator("verilator"), output)


@pytest.mark.parametrize("run", sampled([f"{name}.{build}" for name, build in RUNS], 8))
def test_the_untouched_run_is_green(run: str, sim_output: Path) -> None:
    """The control of every test below."""
    name, build = run.split(".")
    result = run_edge(name, build, sim_output)
    assert result.passed, result.reasons


@pytest.mark.parametrize("name", sampled(FAULTS, len(FAULTS)))
def test_a_fault_of_width_or_range_is_noticed(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    result = run_edge(fault.edge, fault.build, tmp_path, plant(tmp_path, fault.file, fault.original, fault.mutant))
    assert not result.passed
    assert result.reasons


@pytest.mark.parametrize("name", FAULTS)
def test_each_can_be_planted(name: str) -> None:
    """Also those of which `make test` takes no sample."""
    fault = FAULTS[name]
    assert (RTL / fault.file).read_text().count(fault.original) == 1
    assert fault.original != fault.mutant


def test_the_regression_runs_what_notices_them(tmp_path: Path) -> None:
    ids = {each.job.id for each in edge_jobs(hardware_of((8, 8), 1, 0), tmp_path)}
    assert {f"edge-{name}.verilator.{build}" for name, build in RUNS} <= ids


def test_the_campaign_of_an_engine_runs_what_notices_them() -> None:
    possible = builds(VARIANTS["deep"])
    asked = next(iter(possible))
    ran = set()
    for build in {fault.build for fault in FAULTS.values()}:
        large = build == large_on(list(possible), asked)
        ran |= {(run.package.name, build) for run in space_runs(build, possible[build], 1, large=large)}
    for fault in FAULTS.values():
        assert fault.outside or (f"edge-{fault.edge}", fault.build) in ran
