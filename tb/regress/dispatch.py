"""Spread tasks over Dask workers: builds first, then the longest; a task whose worker dies is run again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from distributed import Client, Future

from t2c.common.errors import UserError
from t2c.tb.regress.artifacts import keep_log, keep_report
from t2c.tb.regress.cluster import RETRIES, first_finished
from t2c.tb.regress.execute import Task
from t2c.tb.regress.store import DIED, FAIL, JobRecord, JobStore

Execute = Callable[[Task], JobRecord]


def attempt(execute: Execute, task: Task, folder: str) -> JobRecord:
    """On the worker: run one task and write its result."""
    store = JobStore(Path(folder))
    attempts = store.begin(task.job.id)
    record = replace(execute(task), attempts=attempts)
    store.write(record)
    return record


def run_tasks(client: Client, execute: Execute, tasks: Sequence[Task], store: JobStore) -> Iterator[JobRecord]:
    """Run tasks and yield each record when it is there; all of them are in the store by then.

    No more tasks are handed out than there are worker threads, so the order is kept.

    Args:
        client: of a cluster whose workers see the same files.
        execute: runs one task on a worker, at module level.
        tasks: in the order in which they are wanted.
        store: where workers write results.
    """
    builds = {task.job.id for task in tasks if task.job.is_build}
    unbuilt, broken = set(builds), set()
    waiting = list(tasks)
    running: dict[Future[JobRecord], Task] = {}
    while waiting or running:
        slots = max(1, sum(client.nthreads().values()))
        for task in list(waiting):
            build = task.job.build_id
            if not task.job.is_build and build in broken:
                waiting.remove(task)
                yield _not_run(task, f"not run: {build} failed", store)
            elif len(running) < slots and (task.job.is_build or build not in unbuilt):
                waiting.remove(task)
                store.forget(task.job.id)
                future = client.submit(
                    attempt,
                    execute,
                    task,
                    str(store.folder),
                    key=f"{task.job.id}-{uuid.uuid4().hex}",
                    retries=RETRIES,
                    pure=False,
                )
                running[future] = task
        if not running:
            continue
        future = first_finished(client, running)
        task = running.pop(future)
        record = _outcome(future, task, store)
        if task.job.is_build:
            unbuilt.discard(task.job.id)
            if not record.passed:
                broken.add(task.job.id)
        yield record


def _outcome(future: Future[JobRecord], task: Task, store: JobStore) -> JobRecord:
    """The record of a finished future; a DIED one if no attempt came to its end."""
    if future.status == "finished":
        # From disk: what a worker holds in memory goes with it, and Dask would run the task again.
        return store.read(task.job.id) or future.result()
    if future.status != "error":
        raise UserError("the Dask scheduler is gone; finished results are kept: run the same command to continue")
    reason = f"no attempt came to its end; the last one: {future.exception()}"
    keep_log(store, task.job.id)
    keep_report(store, task.job.id, f"{reason}\nreplay: {task.replay}")
    record = JobRecord(
        id=task.job.id,
        verdict=DIED,
        reasons=(reason,),
        replay=task.replay,
        attempts=store.attempts(task.job.id),
        fingerprint=task.fingerprint,
    )
    store.write(record)
    return record


def _not_run(task: Task, reason: str, store: JobStore) -> JobRecord:
    store.forget(task.job.id)
    record = JobRecord(
        id=task.job.id,
        verdict=FAIL,
        reasons=(reason,),
        replay=task.replay,
        attempts=0,
        fingerprint=task.fingerprint,
    )
    store.write(record)
    return record
