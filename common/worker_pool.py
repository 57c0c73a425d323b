"""Worker processes for a campaign: they never see Ctrl-C, and nothing of theirs goes on once the campaign is left."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from t2c.common.interrupts import INTERRUPTS, unseen_by_children
from t2c.common.process_group import end_group, lead_group


class _Pool(ProcessPoolExecutor):
    """Starts its workers where Ctrl-C does not reach them."""

    def _spawn_process(self) -> None:
        with INTERRUPTS.held(), unseen_by_children():
            super()._spawn_process()  # type: ignore[misc]  # it is there, undocumented

    def end(self) -> None:
        """End all workers, with all that they started."""
        for leader, process in list((self._processes or {}).items()):
            end_group(leader)
            process.kill()  # one that leads no group yet has started nothing


@contextlib.contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that import anew what they need. An exception in the block ends them at once, in mid-task."""
    pool = _Pool(workers, mp_context=multiprocessing.get_context("spawn"), initializer=lead_group)
    try:
        yield pool
    except BaseException:
        pool.end()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
