"""Spread tasks over Dask workers: builds first, then the longest; a task whose worker dies is run again."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from distributed import Client, Future, LocalCluster, wait

from t2c.common.errors import SettingError, UserError
from t2c.common.interrupts import unseen_by_children
from t2c.common.time_limit import scaled
from t2c.tb.regress.artifacts import keep_log, keep_report
from t2c.tb.regress.execute import Task
from t2c.tb.regress.store import DIED, FAIL, JobRecord, JobStore

RETRIES = 2
"""How often a task is run again after its worker or its process died."""
_ANSWER_S, _WORKERS_S, _CHECK_S = 10, 60, 5
"""Until nobody answers, until no worker comes (both on a quiet machine); between two looks whether there is one."""
Execute = Callable[[Task], JobRecord]


@contextlib.contextmanager
def connect(scheduler: str, workers: int, scratch: Path) -> Iterator[Client]:
    """A client of the user's own cluster, or of one on this machine's loopback that ends with the block.

    Args:
        scheduler: address of the user's cluster; empty for a local one.
        workers: processes of a local cluster.
        scratch: folder for files of local workers.

    Raises:
        SettingError: nobody answers at the address, or no worker joins.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is in the records
    if scheduler:
        try:
            client = Client(scheduler, timeout=scaled(_ANSWER_S))
        except (OSError, ValueError) as error:
            text = "{scheduler} = {address!r}: no Dask scheduler answers ({error})"
            raise SettingError(text, {"address": scheduler, "error": error}) from error
        with client:
            limit = scaled(_WORKERS_S)
            try:
                client.wait_for_workers(1, timeout=limit)
            except TimeoutError:
                text = "{scheduler} = {address!r}: no worker joined within {limit:.0f} s"
                raise SettingError(text, {"address": scheduler, "limit": limit}) from None
            yield client
        return
    with contextlib.ExitStack() as opened:
        with unseen_by_children():
            cluster = opened.enter_context(_local(workers, scratch))
            client = opened.enter_context(Client(cluster))
        yield client


def _local(workers: int, scratch: Path) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        memory_limit=0,
        local_directory=str(scratch),
        silence_logs=logging.CRITICAL,
        scheduler_kwargs={"allowed_failures": RETRIES, "dashboard_address": "127.0.0.1:0"},
    )


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
        future = _first_finished(client, running)
        task = running.pop(future)
        record = _outcome(future, task, store)
        if task.job.is_build:
            unbuilt.discard(task.job.id)
            if not record.passed:
                broken.add(task.job.id)
        yield record


def _first_finished(client: Client, running: Iterable[Future[JobRecord]]) -> Future[JobRecord]:
    """Wait for one of the futures.

    Raises:
        UserError: no worker has been there for a while.
    """
    last_seen = time.monotonic()
    while True:
        with contextlib.suppress(TimeoutError):
            done: set[Future[JobRecord]] = wait(list(running), timeout=_CHECK_S, return_when="FIRST_COMPLETED").done
            return done.pop()
        workers = len(client.nthreads())
        _replace_lost_workers(client, workers)
        if workers:
            last_seen = time.monotonic()
        elif time.monotonic() - last_seen > (limit := scaled(_WORKERS_S)):
            raise UserError(f"no worker for {limit:.0f} s; finished results are kept: run the same command to continue")


def _replace_lost_workers(client: Client, workers: int) -> None:
    """Have a local cluster start what is missing: Dask gives up a worker that dies again while it restarts."""
    cluster = client.cluster
    if cluster is not None and workers < len(cluster.worker_spec):
        cluster.scale(len(cluster.worker_spec))


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
