"""Jobs of the campaign of programs: steps that no compiler made, on the core beside its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from t2c.common.spelling import command
from t2c.tb.random_programs.campaign import ProgramCase, case_of, cases, run_case
from t2c.tb.random_programs.program_run import design
from t2c.tb.regress.job import BUILD, Job
from t2c.tb.simulation.runner import build
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, Simulator

SECONDS = {"fields": 30.0, "million": 18.0, "random": 10.0, "events": 12.0, "short": 6.0}
"""Roughly, by kind."""
_USUAL = 4.0
SEEDS_OF_A_LONG_CAMPAIGN = 8


def program_jobs(seed: int, *, long: bool = False) -> Iterator[Job]:
    """The campaign on both simulators; a long one has further seeds, whose directed programs would be the same."""
    for number in range(seed, seed + (SEEDS_OF_A_LONG_CAMPAIGN if long else 1)):
        for name in (VERILATOR, ICARUS):
            for case in cases(number, name):
                if number == seed or case.random:
                    yield _job(case, name)


def _job(case: ProgramCase, simulator: str) -> Job:
    estimate = SECONDS.get(case.kind, _USUAL)
    return Job(
        id=f"{case.id}.{simulator}",
        name="programs",
        program=case.id,
        simulator=simulator,
        seed=case.seed,
        estimate=estimate,
        **asdict(case.hardware),
    )


def program_replay(job: Job) -> str:
    """The command that runs a program again."""
    return command("sim", {"unit": "t2c_core", "layer": job.program, "sim": job.simulator, "seed": job.seed})


def run_program_job(job: Job, simulator: Simulator, output: Path) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Build the core for programs, or run one: the reasons against a PASS, and the figures."""
    if job.program == BUILD:
        return (), {"directory": str(build(design(job.hardware), simulator, output).directory)}
    results = run_case(case_of(job.program), simulator, output)
    figures = {"compared": sum(one.compared for one in results), "cycles": sum(one.cycles for one in results)}
    reasons = [reason for one in results for reason in one.reasons]
    if not reasons and not all(one.passed for one in results):
        reasons = ["nothing was compared"]
    return tuple(reasons), figures
