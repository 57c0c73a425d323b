"""Faults of width and range: the edge package that is there for each notices it, and passes on the RTL as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from t2c.tb.cosim.cosimulation import STALE, Cosimulation, prepare
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.random_models.edges import EDGES
from t2c.tb.random_models.variants import VARIANTS
from t2c.tb.regress.legal_jobs import edge_jobs, hardware_of
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.campaign_edges import builds, large_on, space_runs
from tests.tb.space_faults import FAULTS, OUTSIDE
from tests.tb.switched_faults import plant_all

pytestmark = pytest.mark.slow

NUMBERS = {name: number for number, name in enumerate(FAULTS, 1)}
BY_RUN = sorted(FAULTS, key=lambda name: FAULTS[name].by)
"""Those of one run behind each other: it is prepared once."""
RUNS = sorted({fault.by for fault in FAULTS.values()})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the RTL that holds all faults; its builds serve no one else."""
    folder = tmp_path_factory.mktemp("faults")
    plant_all(folder, FAULTS.values())
    yield folder
    job_of.cache_clear()


@lru_cache(maxsize=1)
def job_of(run: str, place: Path) -> Cosimulation:
    """On Verilator: some take hundreds of thousands of cycles."""
    name, build = run.split(".")
    edge, hardware = EDGES[name], VARIANTS[build]
    request = RunRequest(layer=edge.layer, images=edge.images, rtl=place / "rtl")
    return prepare(edge.make(hardware), name, request, hardware, find_simulator("verilator"), place)


def run_edge(run: str, number: int, place: Path) -> RunResult:
    """With the fault of that number, 0 for none. Nothing is left of the run before."""
    job = job_of(run, place)
    for stale in STALE:
        (job.folder / stale).unlink(missing_ok=True)
    plusargs = {**job.prepared.plusargs, "fault": Path(str(number))}
    return replace(job, prepared=replace(job.prepared, plusargs=plusargs)).run()


@pytest.mark.campaign
@pytest.mark.parametrize("run", RUNS)
def test_no_fault_is_chosen(run: str, place: Path) -> None:
    """The control of every fault of that run."""
    result = run_edge(run, 0, place)
    assert result.passed, result.reasons


@pytest.mark.campaign
@pytest.mark.parametrize("name", BY_RUN)
def test_a_fault_of_width_or_range_is_noticed(name: str, place: Path) -> None:
    result = run_edge(FAULTS[name].by, NUMBERS[name], place)
    assert not result.passed
    assert not any("belongs to another run" in reason or "no verdict" in reason for reason in result.reasons)


def test_each_can_be_planted(tmp_path: Path) -> None:
    """Also those of which `make test` takes no sample."""
    plant_all(tmp_path, FAULTS.values())
    assert all(fault.text != fault.wrong for fault in FAULTS.values())


def test_the_regression_runs_what_notices_them(tmp_path: Path) -> None:
    ids = {each.job.id for each in edge_jobs(hardware_of((8, 8), 1, 0), tmp_path)}
    assert {"edge-{}.verilator.{}".format(*run.split(".")) for run in RUNS} <= ids


def test_the_campaign_of_an_engine_runs_what_notices_them() -> None:
    possible = builds(VARIANTS["deep"])
    asked = next(iter(possible))
    ran: set[tuple[str, str]] = set()
    runs = {tuple(fault.by.split(".")) for fault in FAULTS.values() if fault.file not in OUTSIDE}
    for build in {build for _, build in runs}:
        large = build == large_on(list(possible), asked)
        ran |= {(run.package.name, build) for run in space_runs(build, possible[build], 1, large=large)}
    assert {(f"edge-{edge}", build) for edge, build in runs} <= ran
