"""Each of the twelve kinds alone is caught by a job of the default `make regress`, by a run of
`make sim UNIT=layer_engine`, and named at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from t2c.common.places import EXAMPLES
from t2c.tb import __main__ as sim
from t2c.tb.cosim import cosimulation
from t2c.tb.cosim.localisation import rerun
from t2c.tb.cosim.request import RunRequest
from t2c.tb.dut import core_place
from t2c.tb.random_programs import program_run
from t2c.tb.random_programs.campaign import run_case
from t2c.tb.regress import execute, program_jobs
from t2c.tb.regress.execute import make_task
from t2c.tb.regress.fingerprint import fingerprint, sources_digest
from t2c.tb.regress.jobs import RegressionPlan, list_jobs
from t2c.tb.regress.store import FAIL
from t2c.tb.simulation.runner import simulate
from t2c.tb.units import core_campaign
from t2c.tb.units.campaign_edges import SpaceRun
from tests.conftest import ROOT
from tests.tb.acme import acme
from tests.tb.switched_faults import plant_all
from tests.tb.twelve_kinds import ARRAY, KINDS, Kind, table

pytestmark = pytest.mark.slow

NUMBERS = {kind.name: number for number, kind in enumerate(KINDS, 1)}
PAGE = ROOT / "docs" / "faults.md"
EACH = [pytest.param(kind, id=kind.name) for kind in KINDS]


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant_all(tmp_path_factory.mktemp("kinds"), [kind.fault for kind in KINDS])


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For all of them: one build of each core."""
    return tmp_path_factory.mktemp("output")


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Every simulation of this process has the fault of that number."""

    def chosen(number: int) -> None:
        def with_fault(*given: Any, plusargs: Any, **named: Any) -> Any:
            return simulate(*given, plusargs={**plusargs, "fault": str(number)}, **named)

        for module in (cosimulation, rerun, program_run):
            monkeypatch.setattr(module, "simulate", with_fault)

    return chosen


def plan(packages: Path) -> RegressionPlan:
    """What `make regress` runs without any variable, but for the random packages."""
    return RegressionPlan(
        examples=EXAMPLES, packages=packages, seed=1, layers=0, networks=0, arrays=((8, 8), (16, 16)), legal=True
    )


@pytest.mark.campaign
@pytest.mark.parametrize("kind", EACH)
def test_a_job_of_the_regression_catches_it(
    kind: Kind, rtl: Path, output: Path, choose: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "RunRequest", partial(RunRequest, rtl=rtl))
    monkeypatch.setattr(program_jobs, "run_case", partial(run_case, rtl=rtl))
    listed = list_jobs(plan(output / "packages"), kind.job)
    (job,) = (job for job in listed.jobs if not job.is_build)
    listed.write_packages([job])
    task = make_task(job, output, fingerprint(job, sources_digest()))
    choose(NUMBERS[kind.name])
    record = execute.execute(task)
    assert record.verdict == FAIL
    assert record.reasons[0].startswith(kind.says), record.reasons
    assert f"first wrong signal: {kind.signal}" in record.diagnosis or not kind.signal, record.diagnosis


@pytest.mark.campaign
@pytest.mark.parametrize("kind", EACH)
def test_the_campaign_of_an_engine_catches_it(
    kind: Kind,
    rtl: Path,
    output: Path,
    choose: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    choose(NUMBERS[kind.name])
    arguments = ["--unit", "layer_engine", "--out", str(output)]
    if not kind.inside:  # our own engine in a core with the fault
        monkeypatch.setattr(core_place, "RTL", rtl)
        assert sim.main([*arguments, "--layer", kind.door]) == 1
        out = capsys.readouterr().out
        assert re.search(rf"FAIL +{kind.door}: ", out), out
        assert kind.door_says in out
        return
    every = core_campaign.space_runs

    def one(*build: Any, large: bool) -> Iterator[SpaceRun]:
        return (made for made in every(*build, large=large) if made.package.name == kind.door)

    monkeypatch.setattr(core_campaign, "space_runs", one)
    monkeypatch.setattr(core_campaign, "campaign", lambda options: iter(()))
    monkeypatch.setattr(core_campaign._Campaigner, "run_programs", lambda *given: None)
    folder = output / "acme"
    folder.mkdir(exist_ok=True)
    dut = acme(folder, rtl=rtl, array=ARRAY)
    rows, cols = ARRAY
    shape = ["--rows", str(rows), "--cols", str(cols)]
    assert sim.main([*arguments, "--dut", str(dut), *shape]) == 1
    out = capsys.readouterr().out
    assert re.search(rf"FAIL +{kind.door} ", out), out
    assert f"\n  {kind.door_says}" in out, out


def test_the_page_has_them_all() -> None:
    assert table() in PAGE.read_text()
