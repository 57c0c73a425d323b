"""After the jobs: the random packages that failed are shrunk, on the same workers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from distributed import Client, as_completed

from t2c.common.places import ROOT
from t2c.tb.regress.execute import Task
from t2c.tb.regress.job import Job
from t2c.tb.regress.store import FAIL, JobRecord, JobStore

MOST = 6
"""How many packages are shrunk: where more fail, they mostly fail for one reason."""
Shrinking = Callable[[Task, float], str]


def to_shrink(tasks: Sequence[Task], ran: Mapping[str, JobRecord], store: JobStore) -> list[Task]:
    """The tasks whose failed packages are worth it: those made for the regression, each once, the quickest first."""
    chosen: dict[tuple[str, str], Task] = {}
    failed = [task for task in tasks if _is_random(task.job, store) and _is_failure(ran.get(task.job.id))]
    for task in sorted(failed, key=lambda task: (ran[task.job.id].seconds, task.job.id)):
        chosen.setdefault((task.job.model, task.job.layer), task)
    return list(chosen.values())[:MOST]


def _is_random(job: Job, store: JobStore) -> bool:
    """Whether the regression made the package itself."""
    return bool(job.model) and (ROOT / job.model).is_relative_to(store.folder / "packages")


def _is_failure(record: JobRecord | None) -> bool:
    """Whether a simulation failed, and not the job as such: what was compared has figures."""
    return record is not None and record.verdict == FAIL and bool(record.figures)


def shrink_failures(
    client: Client,
    shrink: Shrinking,
    tasks: Iterable[Task],
    ran: Mapping[str, JobRecord],
    seconds: float,
    store: JobStore,
) -> Iterator[JobRecord]:
    """Shrink packages, each for so many seconds at most; yield the records with what came of it, stored already."""
    futures = {
        client.submit(shrink, task, seconds, key=f"shrink-{task.job.id}-{uuid.uuid4().hex}", pure=False): task
        for task in tasks
    }
    for future in as_completed(list(futures)):
        record = ran[futures[future].job.id]
        text = future.result() if future.status == "finished" else f"not shrunk: {future.exception()}"
        record = replace(record, shrunk=text)
        store.write(record)
        yield record
