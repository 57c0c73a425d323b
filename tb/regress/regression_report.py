"""What a regression says while it runs and at its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tqdm import tqdm

from t2c.tb.regress.junit import from_here
from t2c.tb.regress.store import DIED, FAIL, JobRecord, JobStore

EVERY = 10
"""Jobs from one plain line to the next where there is no terminal for a bar."""
_SLOWEST = 5
_REASONS = 3


class Progress:
    """A bar on a terminal, a plain line every so many jobs elsewhere; failures are printed when they happen."""

    def __init__(self, total: int, store: JobStore) -> None:
        self._store = store
        self.total = total
        self.done = self.failed = 0
        self._started = time.perf_counter()
        self._bar = tqdm(total=total, unit="job", disable=not sys.stdout.isatty(), file=sys.stdout, dynamic_ncols=True)

    def add(self, record: JobRecord) -> None:
        """Count one finished job."""
        self.done += 1
        self.failed += not record.passed
        if not record.passed:
            self._say(failure_text(record, self._store))
        elif record.attempts > 1:
            self._say(f"retried  {record.id}: its worker died, attempt {record.attempts} passed")
        self._bar.update()
        self._bar.set_postfix_str(f"{self.failed} failed", refresh=False)
        if self._bar.disable and (self.done % EVERY == 0 or self.done == self.total):
            seconds = time.perf_counter() - self._started
            self._say(f"{self.done}/{self.total} jobs, {self.failed} failed, {seconds:.0f} s")

    def say(self, text: str) -> None:
        """Print lines beside the bar."""
        self._say(text)

    def close(self) -> None:
        self._bar.close()

    def _say(self, text: str) -> None:
        if self._bar.disable:
            print(text, flush=True)
        else:
            self._bar.write(text)


def failure_text(record: JobRecord, store: JobStore) -> str:
    """The verdict, the first reasons, the diagnosis, where the artifacts are, and the replay command."""
    lines = [f"{record.verdict:<8} {record.id}", *(f"  {reason}" for reason in record.reasons[:_REASONS])]
    if len(record.reasons) > _REASONS:
        lines.append(f"  and {len(record.reasons) - _REASONS} more reasons")
    first = next((line.strip() for line in record.diagnosis.splitlines() if "first wrong signal" in line), "")
    lines += [f"  {first}"] if first else []
    folder = store.failure_folder(record.id)
    lines += [f"  artifacts: {from_here(folder)}"] if folder.is_dir() else []
    return "\n".join([*lines, f"  replay: {record.replay}"])


def summary(ran: Sequence[JobRecord], reused: Sequence[JobRecord], seconds: float, where: str, store: JobStore) -> str:
    """The table at the end: counts, time, slowest jobs, jobs whose worker died, failed jobs and their artifacts."""
    records = [*ran, *reused]
    counts = {verdict: sum(record.verdict == verdict for record in records) for verdict in (FAIL, DIED)}
    passed = sum(record.passed for record in records)
    died = [record for record in ran if record.attempts > 1]
    slowest = sorted(ran, key=lambda record: -record.seconds)[:_SLOWEST]
    rows = [
        ("jobs", f"{len(records)}: {passed} passed, {counts[FAIL]} failed, {counts[DIED]} died"),
        ("reused", f"{len(reused)} passed before with the same sources, package and tools"),
        ("wall time", f"{seconds:.0f} s, {where}"),
        *(("slowest" if i == 0 else "", f"{record.seconds:6.1f} s  {record.id}") for i, record in enumerate(slowest)),
        *(("worker died", f"{record.id}: {record.attempts} attempts, {record.verdict}") for record in died),
        *((record.verdict.lower(), _where(record, store)) for record in records if not record.passed),
        ("verdict", "PASS" if is_pass(records) else "FAIL"),
    ]
    return "\n".join(f"{name:<12} {value}" for name, value in rows)


def _where(record: JobRecord, store: JobStore) -> str:
    folder = store.failure_folder(record.id)
    return f"{record.id}: {from_here(folder)}" if folder.is_dir() else f"{record.id}: {record.reasons[0]}"


def is_pass(records: Sequence[JobRecord]) -> bool:
    """True only if there is a record and every one passed: nothing run proves nothing."""
    return bool(records) and all(record.passed for record in records)
