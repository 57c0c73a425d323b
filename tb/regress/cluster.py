"""A Dask cluster: the user's own, or one on this machine whose lost workers are replaced."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from distributed import Client, Future, LocalCluster, wait

from t2c.common.errors import SettingError, UserError
from t2c.common.interrupts import unseen_by_children
from t2c.common.time_limit import scaled

RETRIES = 2
"""How often a task is run again after its worker or its process died."""
_ANSWER_S, _WORKERS_S, _CHECK_S = 10, 60, 5
"""Until nobody answers, until no worker comes (both on a quiet machine); between two looks whether there is one."""
T = TypeVar("T")


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


def first_finished(client: Client, running: Iterable[Future[T]]) -> Future[T]:
    """Wait for one of some futures, with a look now and then whether there are workers.

    Raises:
        UserError: no worker has been there for a while.
    """
    last_seen = time.monotonic()
    while True:
        with contextlib.suppress(TimeoutError):
            done: set[Future[T]] = wait(list(running), timeout=_CHECK_S, return_when="FIRST_COMPLETED").done
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
