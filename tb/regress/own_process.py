"""The worker's side of `execute`: start the process of a job, wait for its record, leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from t2c.common.places import IMPORT_ROOT
from t2c.common.process_group import end_group
from t2c.common.time_limit import scaled
from t2c.tb.regress.artifacts import keep_log
from t2c.tb.regress.execute import Task
from t2c.tb.regress.store import JobRecord

LIMIT_S = 1800.0
"""A job that takes longer, on a quiet machine, is stuck."""
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


class JobDied(Exception):
    """The process of a job ended without a record."""


def execute_in_own_process(task: Task) -> JobRecord:
    """Run a job in a new process and return its record; what it printed is in sim_build/regress/logs.

    Raises:
        JobDied: the process crashed, was killed, or took longer than LIMIT_S.
    """
    task.store.forget_failure(task.job.id)
    failed = True
    try:
        record = JobRecord.from_json(_ordered(task, None, task.store.log_path(task.job.id)))
        failed = not record.passed
        return record
    finally:
        if failed:
            keep_log(task.store, task.job.id)


def shrink_in_own_process(task: Task, seconds: float) -> str:
    """Shrink a job in a new process and return lines for the report; what it printed is in sim_build/regress/logs.

    Raises:
        JobDied: as `execute_in_own_process`.
    """
    return str(_ordered(task, seconds, task.store.log_path(f"{task.job.id}.shrink")))


def _ordered(task: Task, seconds: float | None, log: Path) -> Any:
    """What the process that `execute.main` serves answers; seconds: to shrink, None to run the job."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "t2c.tb.regress.execute"],
            env=os.environ
            | _ONE_THREAD
            | {"PYTHONPATH": os.pathsep.join(filter(None, (str(IMPORT_ROOT), os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            text=True,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        limit = threading.Timer(scaled(LIMIT_S) + (seconds or 0.0), end_group, (process.pid,))
        limit.daemon = True
        limit.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps({"task": task.to_json(), "shrink": seconds}) + "\n")
                process.stdin.flush()
            answer = process.stdout.read()
        finally:
            limit.cancel()
            # Before the leader is waited for: its number cannot have passed to another process yet.
            end_group(process.pid)
            process.wait()
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
    try:
        return json.loads(answer)
    except ValueError:
        raise JobDied(f"the process of {task.job.id} ended with status {process.returncode}; see {log}") from None
