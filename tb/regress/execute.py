"""One job in a process of its own: `python -m t2c.tb.regress.execute`, a task as JSON on stdin, a record on stdout.

The process leads a process group, in which the compilers and simulators that it starts stay. It kills the whole group
when its stdin closes, which happens whenever the worker that started it ends, in whatever way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.golden.graph.package import load_package
from t2c.tb.cosim.cosimulation import cosimulate, harness
from t2c.tb.cosim.request import RunRequest, Waves, replay_command
from t2c.tb.regress.fingerprint import Fingerprint, difference, fingerprint, sources_digest
from t2c.tb.regress.job import Job
from t2c.tb.regress.store import FAIL, PASS, JobRecord
from t2c.tb.simulation.runner import build
from t2c.tb.simulation.simulators import find_simulator

_EXPECTED = (UserError, ValueError, LookupError, NotImplementedError, OSError)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A job as it is sent to a worker.

    output: folder of all simulation output; fingerprint: as the coordinator saw it; replay: the command that runs the
    job again, alone and with its waveform.
    """

    job: Job
    output: str
    fingerprint: Fingerprint
    replay: str

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
    if not job.is_build:
        replay = replay_command(os.path.relpath(ROOT / job.model), _request(job), hardware, job.simulator, Waves())
    return Task(job=job, output=str(output), fingerprint=expected, replay=replay)


def _run(job: Job, output: Path) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Build or simulate; return the reasons against a PASS, and the figures."""
    simulator, hardware = find_simulator(job.simulator), job.hardware
    if job.is_build:
        built = build(harness(hardware), simulator, output)
        return (), {"directory": str(built.directory)}
    package = load_package(ROOT / job.model)
    result = cosimulate(package, job.model, _request(job), hardware, simulator, output)
    reasons = result.reasons or (() if result.passed else ("the run failed without a reason",))
    return tuple(reasons), result.figures


def execute(task: Task) -> JobRecord:
    """Run a job in this process. Every error becomes a FAIL with its message."""
    job = task.job
    started = time.perf_counter()
    figures: dict[str, Any] = {}
    try:
        reasons, figures = _run(job, Path(task.output))
        changed = difference(task.fingerprint, fingerprint(job, sources_digest()))
        reasons += (changed,) if changed else ()
    except _EXPECTED as error:
        reasons = (f"{type(error).__name__}: {error.args[0] if error.args else error}",)
        traceback.print_exc()
    except Exception:
        reasons = (traceback.format_exc().strip(),)
    return JobRecord(
        id=job.id,
        verdict=FAIL if reasons else PASS,
        reasons=reasons,
        replay=task.replay,
        figures=figures,
        seconds=time.perf_counter() - started,
        fingerprint=task.fingerprint,
    )


def _kill_group_at_end_of(stream: IO[str]) -> None:
    stream.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Serve one task."""
    # Simulators get no stdin (one that stops would wait for commands) and their words go to the log.
    commands, answer = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    task = Task.from_json(json.loads(commands.readline()))
    threading.Thread(target=_kill_group_at_end_of, args=(commands,), daemon=True).start()
    json.dump(execute(task).to_json(), answer)
    answer.close()


if __name__ == "__main__":
    if os.getpgrp() != os.getpid():
        sys.exit("error: this process is started by a worker of 'make regress', as the leader of a group of its own")
    main()
