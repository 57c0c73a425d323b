"""Proof that the programs of steps see what they are for: each planted fault turns the campaign's program red."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from t2c.tb.random_programs.campaign import case_of, jobs_of
from t2c.tb.random_programs.program_run import ProgramJob, ProgramResult
from t2c.tb.simulation.simulators import find_simulator
from tests.tb.program_faults import ALL
from tests.tb.switched_faults import plant_all

pytestmark = pytest.mark.slow

NAMED = {fault.name: (number, fault) for number, fault in enumerate(ALL, 1)}
BUILDS = sorted({fault.by for fault in ALL}, key=lambda by: (by != "random-small", by))
"""`make test` builds one core, the first; the others belong to `make faults`."""
CASES = sorted(NAMED, key=lambda name: BUILDS.index(NAMED[name][1].by))


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant_all(tmp_path_factory.mktemp("faults"), ALL)


@cache
def made(by: str) -> tuple[ProgramJob, ...]:
    """The simulations of a case, whose programs and expectations all faults share."""
    return tuple(jobs_of(case_of(f"program-{by}-1")))


def run(rtl: Path, by: str, number: int, output: Path) -> list[ProgramResult]:
    jobs = (replace(job, rtl=rtl, plusargs={"fault": str(number)}, suffix=f"{job.suffix}.fault") for job in made(by))
    return [job.run(find_simulator("verilator"), output) for job in jobs]


@pytest.mark.sample(len(BUILDS))
@pytest.mark.parametrize("by", BUILDS)
def test_no_fault_is_chosen(by: str, rtl: Path, sim_output: Path) -> None:
    """The control of every fault that this case catches."""
    assert all(result.passed for result in run(rtl, by, 0, sim_output))


@pytest.mark.sample(len(CASES))
@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_seen(name: str, rtl: Path, sim_output: Path) -> None:
    number, fault = NAMED[name]
    results = run(rtl, fault.by, number, sim_output)
    reasons = [reason for result in results for reason in result.reasons]
    assert reasons
    hangs = any("not done after" in reason for reason in reasons)
    assert hangs or all(result.compared for result in results), f"the bench itself failed: {reasons}"
