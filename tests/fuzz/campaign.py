"""Workers that run cases under limits of memory and time, and what became of every case."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import time
from collections.abc import Collection, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from t2c.common.time_limit import scaled
from tests.fuzz.case import FAILED, Answer, Origins, run_case

MEMORY = 1 << 30
"""Bytes of address space that the cases of a worker get beyond what it has when it starts."""
PATIENCE = 20.0
"""Seconds a case, on a quiet machine."""
_FORK = multiprocessing.get_context("fork")


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _work(seed: int, numbers: range, origins: Origins, folder: Path, failed: Path, pipe: Connection) -> None:
    """A worker: say which case begins, run it, keep its files if it failed, say what came."""
    limit = _address_space() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in numbers:
        pipe.send(number)
        answer = run_case(seed, number, origins, folder)
        if answer.outcome == FAILED:
            _keep(folder, failed / str(number))
        pipe.send(answer)
    pipe.close()


class _Worker:
    """A process and the cases that it has still to run; begun again behind a case that it did not survive."""

    def __init__(self, seed: int, numbers: range, origins: Origins, folder: Path, failed: Path) -> None:
        self.seed, self.numbers, self.origins, self.folder, self.failed = seed, numbers, origins, folder, failed
        self._start()

    def _start(self) -> None:
        self.current = self.numbers.start
        self.pipe, end = _FORK.Pipe(duplex=False)
        work = (self.seed, self.numbers, self.origins, self.folder, self.failed, end)
        self.process: BaseProcess = _FORK.Process(target=_work, args=work, daemon=True)
        self.process.start()
        end.close()
        self.since = time.monotonic()

    def end(self, text: str) -> Answer:
        """End the process within its case, and keep the files of that."""
        self.process.kill()
        self.process.join()
        _keep(self.folder, self.failed / str(self.current))
        return Answer(number=self.current, door="?", outcome=FAILED, text=text)

    def restart(self) -> bool:
        """Go on behind the case in which the process ended; whether there are cases left."""
        self.pipe.close()
        self.numbers = range(self.current + self.numbers.step, self.numbers.stop, self.numbers.step)
        if self.numbers:
            self._start()
        return bool(self.numbers)

    def took_too_long(self) -> bool:
        return time.monotonic() - self.since > scaled(PATIENCE)


def run_campaign(seed: int, cases: int, workers: int, folder: Path, names: Collection[str] = ()) -> Iterator[Answer]:
    """Run cases 0 .. cases - 1, in any order.

    Args:
        seed: of every case.
        cases: how many.
        workers: processes.
        folder: for scratch and for what failed: failed/<number> holds the files of each failed case.
        names: of the doors; all if there are none.
    """
    origins = Origins.make(folder / "origins", names)
    running = [
        _Worker(seed, range(index, cases, workers), origins, folder / f"worker{index}", folder / "failed")
        for index in range(min(workers, cases))
    ]
    try:
        yield from _answers(running)
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()


def _answers(running: list[_Worker]) -> Iterator[Answer]:
    while running:
        for pipe in wait([worker.pipe for worker in running], timeout=1.0):
            worker = next(worker for worker in running if worker.pipe is pipe)
            try:
                message = worker.pipe.recv()
            except EOFError:
                worker.process.join()
                if worker.process.exitcode:
                    yield worker.end(f"the process ended with status {worker.process.exitcode}")
                if not worker.process.exitcode or not worker.restart():
                    running.remove(worker)
                continue
            worker.since = time.monotonic()
            if isinstance(message, int):
                worker.current = message
                continue
            worker.current += worker.numbers.step
            yield message
        for worker in [worker for worker in running if worker.took_too_long()]:
            yield worker.end(f"no answer within {scaled(PATIENCE):.0f} s")
            if not worker.restart():
                running.remove(worker)


def _keep(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        shutil.move(folder, target)
