"""Results on disk: one file a finished job, written whole or not at all, and the attempts of jobs under way."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from t2c.common.atomic import PENDING, write_atomic
from t2c.common.errors import UserError

PASS, FAIL, DIED = "PASS", "FAIL", "DIED"
"""Verdicts: a proven match; a run that is none; no run that came to its end."""
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """What became of a job.

    id: of the job; verdict: PASS, FAIL or DIED; reasons: why not PASS; replay: the command that runs it again;
    figures: of the run; seconds: wall time of the last attempt; attempts: how often it was started;
    fingerprint: of everything that the result depends on.
    """

    id: str
    verdict: str
    reasons: tuple[str, ...] = ()
    replay: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    attempts: int = 1
    fingerprint: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.verdict == PASS

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> JobRecord:
        """Rebuild a record; raise TypeError or ValueError if the data is none."""
        record = cls(**{**data, "reasons": tuple(data["reasons"])})
        if record.verdict not in (PASS, FAIL, DIED) or (record.passed and record.reasons):
            raise ValueError(f"{record.id}: no verdict")
        return record


@dataclass(frozen=True)
class JobStore:
    """The folder of a regression (sim_build/regress); every process that knows the path may write."""

    folder: Path

    def result_path(self, job_id: str) -> Path:
        """Where the result of a job is kept; raise ValueError if the id is unfit for a file."""
        if not _ID.fullmatch(job_id):
            raise ValueError(f"job {job_id!r}: the name is unfit for a file")
        return self.folder / "results" / f"{job_id}.json"

    def _attempts_path(self, job_id: str) -> Path:
        return self.folder / "attempts" / self.result_path(job_id).stem

    def read(self, job_id: str) -> JobRecord | None:
        """The last result of a job; None where there is none or the file is damaged."""
        try:
            record = JobRecord.from_json(json.loads(self.result_path(job_id).read_text()))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return record if record.id == job_id else None

    def write(self, record: JobRecord) -> None:
        """Replace the result of a job in one step."""
        target = self.result_path(record.id)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, json.dumps(record.to_json(), indent=1) + "\n", durable=True)
        self._attempts_path(record.id).unlink(missing_ok=True)

    def begin(self, job_id: str) -> int:
        """Note the start of an attempt and return how many there have been since `forget`."""
        path = self._attempts_path(job_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"{time.time():.3f} process {os.getpid()}\n")
        return self.attempts(job_id)

    def attempts(self, job_id: str) -> int:
        """Attempts begun since `forget`, none of them finished."""
        path = self._attempts_path(job_id)
        return path.read_text().count("\n") if path.is_file() else 0

    def forget(self, job_id: str) -> None:
        """Drop the last result of a job and the attempts that an interruption left."""
        self.result_path(job_id).unlink(missing_ok=True)
        self._attempts_path(job_id).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other regressions out of the folder, and sweep away what a killed one left half-written.

        Raises:
            UserError: another regression is running there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(f"another regression is running in {self.folder}") from None
            for path in (self.folder / "results").glob(PENDING):
                path.unlink(missing_ok=True)
            yield
