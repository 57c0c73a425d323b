"""Where trials run: in this process, or on the workers of a Dask cluster, the regression's kind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from t2c.flows.errors import EXPECTED, FlowError, PlacedFlowError, one_line

if TYPE_CHECKING:
    from distributed import Client, Future

Job = dict[str, Any]
Work = Callable[[Job], Job]
"""A function at module level, on plain JSON."""


class Workers(Protocol):
    """width: how many jobs run at once."""

    width: int

    def run(self, work: Work, jobs: Sequence[Job]) -> list[Job]:
        """Do all jobs and return what came of each, in their order; raise FlowError for the first that fails."""


class Inline:
    """This process, a job after the other: where there is one worker, and in what already runs on a worker."""

    width = 1

    def run(self, work: Work, jobs: Sequence[Job]) -> list[Job]:
        """As `Workers.run`."""
        return [work(job) for job in jobs]


def _answered(work: Work, job: Job) -> Job:
    """On the worker: exceptions of ours and of others do not all survive the way back, so a line goes instead."""
    try:
        return {"result": work(job)}
    except PlacedFlowError as error:
        return {"placed": str(error)}
    except EXPECTED as error:
        return {"error": one_line(error)}


class OnCluster:
    """Workers of a cluster, to which `connected` connects at the first call."""

    def __init__(self, connected: Callable[[], Client], width: int) -> None:
        self._connected, self.width = connected, width

    def run(self, work: Work, jobs: Sequence[Job]) -> list[Job]:
        """As `Workers.run`."""
        from t2c.tb.regress.cluster import first_finished

        if not jobs:
            return []
        client = self._connected()
        futures = [client.submit(partial(_answered, work), job, pure=False) for job in jobs]
        try:
            waiting = set(futures)
            while waiting:
                waiting.discard(first_finished(client, waiting))
            return [_result(future) for future in futures]
        finally:
            client.cancel(futures)


def _result(future: Future[Job]) -> Job:
    """What came of a job; raise what it raised."""
    if future.status not in ("finished", "error"):
        raise FlowError("the Dask scheduler is gone; what is finished is kept: run the same command to continue")
    try:
        answer: Job = future.result()
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "distributed":
            raise FlowError(f"no attempt of a trial came to its end: {one_line(error)}") from error
        raise
    if "placed" in answer:
        raise PlacedFlowError(answer["placed"])
    if "error" in answer:
        raise FlowError(answer["error"])
    return dict(answer["result"])


@contextlib.contextmanager
def open_workers(scheduler: str, workers: int, scratch: Path) -> Iterator[Workers]:
    """Workers for a flow; those of a cluster of ours end with the block.

    Args:
        scheduler: address of the user's Dask scheduler; "" for processes on this machine, started for the first job.
        workers: how many of these; with one, trials run in this process.
        scratch: folder for files of local workers.

    Raises:
        SettingError: nobody answers at the address, or no worker joins.
    """
    if not scheduler and workers == 1:
        yield Inline()
        return
    with contextlib.ExitStack() as opened:
        clients: list[Client] = []

        def connected() -> Client:
            from t2c.common.interrupts import INTERRUPTS
            from t2c.tb.regress.cluster import connect

            if not clients:
                with INTERRUPTS.held():
                    clients.append(opened.enter_context(connect(scheduler, workers, scratch)))
            return clients[0]

        if scheduler:
            connected()  # before anything runs
        yield OnCluster(connected, max(workers, 2))
