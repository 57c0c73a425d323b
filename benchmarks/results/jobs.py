"""Figures that are made once: jobs with a digest each, several at a time, every result kept as it comes."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from t2c.common.atomic import write_atomic

Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """Figures to be made. name: unique, fit for a file; call(*arguments) makes them; digest: of all they depend on."""

    name: str
    call: Callable[..., Figures]
    arguments: tuple[Any, ...]
    digest: str

    @property
    def file(self) -> str:
        """What the kept figures are called, without ending."""
        return f"{self.name}-{self.digest}"


class Kept:
    """Finished figures as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, job: Job) -> Figures | None:
        """The figures of a job with this digest, None if there are none."""
        path = self.folder / f"{job.file}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def save(self, job: Job, figures: Mapping[str, Any]) -> None:
        """Keep figures, whole or not at all."""
        write_atomic(self.folder / f"{job.file}.json", json.dumps(figures, indent=2) + "\n")


def make(pool: Executor, kept: Kept, jobs: Sequence[Job]) -> dict[str, str]:
    """Run the jobs that are not kept yet; return what went wrong, a line by the job's name. The others go on."""
    missing = [job for job in jobs if kept.load(job) is None]
    futures = {pool.submit(job.call, *job.arguments): job for job in missing}
    wrong = {}
    with tqdm(total=len(jobs), initial=len(jobs) - len(missing), unit="row") as bar:
        for future in as_completed(futures):
            job, error = futures[future], future.exception()
            if error is not None:
                wrong[job.name] = f"{type(error).__name__}: {error}"
                tqdm.write(f"{job.name}: {wrong[job.name]}")
            else:
                figures = future.result()
                kept.save(job, figures)
                tqdm.write(f"{job.name}: {figures['seconds']:.0f} s")
            bar.update()
    return wrong


def workers(count: int) -> ProcessPoolExecutor:
    """Processes that share nothing with this one."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
