"""Results on disk: one file a finished job, written whole or not at all, and the attempts of jobs under way."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from t2c.common.atomic import PENDING, write_atomic
from t2c.common.errors import UserError
from t2c.tb.regress.unfinished import JUNIT, LOCK

PASS, FAIL, DIED = "PASS", "FAIL", "DIED"
"""Verdicts: a proven match; a run that is none; no run that came to its end."""
FOLDERS = ("results", "attempts", "logs", "failures", "packages")
"""Names of folders in that of a regression."""
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """What became of a job.

    id: of the job; verdict: PASS, FAIL or DIED; reasons: why not PASS; diagnosis: the first wrong signal and its
    waveform, as lines; shrunk: what shrinking came to, as lines; replay: the command that runs it again;
    figures: of the run; seconds: wall time of the last attempt; attempts: how often it was started;
    fingerprint: of everything that the result depends on.
    """

    id: str
    verdict: str
    reasons: tuple[str, ...] = ()
    diagnosis: str = ""
    shrunk: str = ""
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
        texts = (record.id, record.diagnosis, record.shrunk, record.replay, *record.reasons)
        texts += (*record.fingerprint, *record.fingerprint.values())
        numbers = (record.seconds, record.attempts)
        if not isinstance(record.figures, dict) or not all(isinstance(text, str) for text in texts):
            raise TypeError(f"{record.id}: a text is none")
        if not all(type(number) in (int, float) and 0 <= number < math.inf for number in numbers):
            raise TypeError(f"{record.id}: a number is none")
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

    def log_path(self, job_id: str) -> Path:
        """Where all that a job printed is."""
        return self.folder / "logs" / f"{job_id}.log"

    def failure_folder(self, job_id: str) -> Path:
        """Where the artifacts of a failed job are."""
        return self.folder / "failures" / job_id

    def forget_failure(self, job_id: str) -> None:
        """Remove the artifacts of an earlier failure."""
        shutil.rmtree(self.failure_folder(job_id), ignore_errors=True)

    def _attempts_path(self, job_id: str) -> Path:
        return self.folder / "attempts" / self.result_path(job_id).stem

    def read(self, job_id: str) -> JobRecord | None:
        """The last result of a job; None where there is none or the file is damaged."""
        try:
            record = JobRecord.from_json(json.loads(self.result_path(job_id).read_text()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
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
        return path.read_bytes().count(b"\n") if path.is_file() else 0

    def forget(self, job_id: str) -> None:
        """Drop the last result of a job, the artifacts of its failure, and the attempts that an interruption left."""
        self.forget_failure(job_id)
        self.result_path(job_id).unlink(missing_ok=True)
        self._attempts_path(job_id).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other regressions out of the folder, and sweep away what a killed one left half-written.

        Raises:
            UserError: another regression is running there, or something else is in the way.
        """
        self._check()
        with (self.folder / LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(f"another regression is running in {self.folder}") from None
            for path in (*self.folder.glob(PENDING), *(self.folder / "results").glob(PENDING)):
                path.unlink(missing_ok=True)
            yield

    def _check(self) -> None:
        """Refuse a folder in which something lies where our own files go."""
        folders = [self.folder, *(self.folder / name for name in FOLDERS)]
        wrong = [path for path in folders if path.exists() and not path.is_dir()]
        files = [self.folder / LOCK, self.folder / JUNIT, *(self.folder / "results").glob("*.json")]
        files += (self.folder / "attempts").glob("*")
        wrong += [path for path in files if path.exists() and not path.is_file()]
        if wrong:
            kind = "a file where a folder goes" if wrong[0] in folders else "a folder where a file goes"
            raise UserError(f"{wrong[0]}: {kind}; move it away, and the same command goes on with what is kept")
        self.folder.mkdir(parents=True, exist_ok=True)
