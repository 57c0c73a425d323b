"""One job in a process of its own: `python -m t2c.tb.regress.execute`, an order as JSON on stdin, a record on stdout.

The process leads a process group, in which the compilers and simulators that it starts stay. It kills the whole group
when its stdin closes, which happens whenever the worker that started it ends, in whatever way.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.common.process_group import end_group, stay_in_group
from t2c.common.spelling import CALLER
from t2c.golden.graph.package import load_package
from t2c.tb.cosim.cosimulation import harness, locked_cosimulation
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest, replay_command
from t2c.tb.regress.artifacts import SHRUNK, keep_failure, keep_report
from t2c.tb.regress.fingerprint import Fingerprint, difference, fingerprint, sources_digest
from t2c.tb.regress.job import Job
from t2c.tb.regress.program_jobs import program_replay, run_program_job
from t2c.tb.regress.store import FAIL, PASS, JobRecord, JobStore
from t2c.tb.regress.unfinished import FOLDER
from t2c.tb.shrink.shrinking import shrink
from t2c.tb.simulation.runner import build
from t2c.tb.simulation.simulators import find_simulator

_EXPECTED = (UserError, ValueError, LookupError, NotImplementedError, OSError)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A job as it is sent to a worker.

    output: folder of all simulation output; fingerprint: as the coordinator saw it; replay: the command that runs the
    job again, alone, and says of a failure what the job's report says; caller: how messages name options.
    """

    job: Job
    output: str
    fingerprint: Fingerprint
    replay: str
    caller: str = ""

    @property
    def store(self) -> JobStore:
        """Where the regression keeps what it finds."""
        return JobStore(Path(self.output) / FOLDER)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Task:
        return cls(**{**data, "job": Job(**data["job"])})


def _request(job: Job) -> RunRequest:
    return RunRequest(layer=job.layer, images=job.images, seed=job.seed, stall=job.stall)


def make_task(job: Job, output: Path, expected: Fingerprint) -> Task:
    """Put a task together.

    Raises:
        RangeError: no hardware has these parameters.
    """
    hardware = job.hardware
    replay = f"make regress ONLY={job.id}"
    if job.program and not job.is_build:
        replay = program_replay(job)
    elif not job.is_build:
        replay = replay_command(os.path.relpath(ROOT / job.model), _request(job), hardware, job.simulator, None)
    caller = os.environ.get(CALLER, "")
    return Task(job=job, output=str(output), fingerprint=expected, replay=replay, caller=caller)


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """reasons: against a PASS; diagnosis: of a failure, as lines; figures: of the run."""

    reasons: tuple[str, ...] = ()
    diagnosis: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


def _print_file(path: Path) -> None:
    """Into the job's log."""
    if path.is_file():
        print(path.read_text(errors="replace"), flush=True)


def _run(task: Task) -> _Finding:
    """Build or simulate; keep what shows why a run failed."""
    job, output = task.job, Path(task.output)
    simulator, hardware = find_simulator(job.simulator), job.hardware
    if job.program:
        reasons, figures = run_program_job(job, simulator, output)
        print(job.program, figures, *reasons, sep="\n", flush=True)
        return _Finding(reasons=reasons, figures=figures)
    if job.is_build:
        built = build(harness(hardware, output=output), simulator, output)
        _print_file(built.directory / "build.log")
        return _Finding(figures={"directory": str(built.directory)})
    package = load_package(ROOT / job.model)
    with locked_cosimulation(package, _shown(job), _request(job), hardware, simulator, output) as run:
        result = run.run()
        print(run_table(result), flush=True)
        _print_file(Path(result.figures["log"]))
        if result.passed:
            return _Finding(figures=result.figures)
        diagnosis = keep_failure(run, result, task.store, job.id)
        print(diagnosis, flush=True)
    return _Finding(
        reasons=result.reasons or ("the run failed without a reason",), diagnosis=diagnosis, figures=result.figures
    )


def _shown(job: Job) -> str:
    """The package's path as a replay command names it."""
    return os.path.relpath(ROOT / job.model)


def execute(task: Task) -> JobRecord:
    """Run a job in this process. Every error becomes a FAIL with its message."""
    job = task.job
    started = time.perf_counter()
    found = _Finding()
    try:
        found = _run(task)
        changed = difference(task.fingerprint, fingerprint(job, sources_digest()))
        reasons = (*found.reasons, *((changed,) if changed else ()))
    except _EXPECTED as error:
        reasons = (f"{type(error).__name__}: {error.args[0] if error.args else error}",)
        traceback.print_exc()
    except Exception:
        reasons = (traceback.format_exc().strip(),)
        traceback.print_exc()
    if reasons and not found.diagnosis:
        keep_report(task.store, job.id, "\n".join([*reasons, f"replay: {task.replay}"]))
    return JobRecord(
        id=job.id,
        verdict=FAIL if reasons else PASS,
        reasons=reasons,
        diagnosis=found.diagnosis,
        replay=task.replay,
        figures=found.figures,
        seconds=time.perf_counter() - started,
        fingerprint=task.fingerprint,
    )


def shrink_job(task: Task, seconds: float) -> str:
    """Shrink the package of a failed job in this process; return lines for the report."""
    job = task.job
    try:
        found = shrink(
            load_package(ROOT / job.model),
            _request(job),
            job.hardware,
            find_simulator(job.simulator),
            Path(task.output),
            task.store.failure_folder(job.id) / SHRUNK,
            seconds,
        )
    except _EXPECTED as error:
        traceback.print_exc()
        return f"not shrunk: {error}"
    return found.text if found else "not shrunk: the same run alone passes"


def _kill_group_at_end_of(stream: IO[str]) -> None:
    stream.read()
    end_group(os.getpgrp())


def main() -> None:
    """Serve one order: {"task": ..., "shrink": null to run the job, or how many seconds to shrink it}."""
    # Simulators get no stdin (one that stops would wait for commands) and their words go to the log.
    commands, answer = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    stay_in_group()
    order = json.loads(commands.readline())
    task, seconds = Task.from_json(order["task"]), order["shrink"]
    if task.caller:
        os.environ[CALLER] = task.caller
    threading.Thread(target=_kill_group_at_end_of, args=(commands,), daemon=True).start()
    json.dump(execute(task).to_json() if seconds is None else shrink_job(task, seconds), answer)
    answer.close()


if __name__ == "__main__":
    if os.getpgrp() != os.getpid():
        sys.exit("error: this process is started by a worker of 'make regress', as the leader of a group of its own")
    main()
