"""What is kept of a failed job, in a folder of its own: log, report, an FST around the fault, a shrunk package."""

from __future__ import annotations

import shutil
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.common.errors import UserError
from t2c.tb.cosim.cosimulation import Cosimulation
from t2c.tb.cosim.localisation.follow_up import FollowUp, follow_up
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.regress.store import JobStore

LOG, REPORT, WAVES, SHRUNK = "log.txt", "report.txt", "waves.fst", "shrunk"
"""Names in the folder of a failed job; the last is a package."""


def files_of(store: JobStore, job_id: str) -> list[Path]:
    """The artifacts of a job that are single files; what one reads first comes first."""
    return [path for name in (REPORT, WAVES, LOG) if (path := store.failure_folder(job_id) / name).is_file()]


def keep_report(store: JobStore, job_id: str, text: str) -> None:
    """Write the report of a failed job, whole or not at all."""
    folder = store.failure_folder(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / REPORT, text.rstrip("\n") + "\n")


def keep_failure(run: Cosimulation, result: RunResult, store: JobStore, job_id: str) -> str:
    """Localise a failed run and keep its report and its waveform; return the lines that follow the table.

    What `make sim` prints on such a failure is what the report holds, the place of the waveform apart.
    """
    try:
        found = follow_up(run, result)
    except (UserError, ValueError, LookupError, NotImplementedError) as error:
        found = FollowUp(text=f"  not localised: {error}")
    text, folder = found.text, store.failure_folder(job_id)
    if found.waves is not None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found.waves, folder / WAVES)
        text = text.replace(str(found.waves), str(folder / WAVES))
    keep_report(store, job_id, f"{run_table(result)}\n{text}")
    return text


def keep_log(store: JobStore, job_id: str) -> None:
    """Put a job's log beside its other artifacts."""
    folder, log = store.failure_folder(job_id), store.log_path(job_id)
    if log.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, folder / LOG)
