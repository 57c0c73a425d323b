"""docs/results.json: the figures that the page and the plots were written from, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.results.jobs import Job, Kept
from t2c.common.atomic import write_atomic

NAME = "results.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """figures: by the job's name; digests: of the jobs, by name; torch: version that they were made with; earlier:
    names of jobs that were other ones when this was written."""

    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    torch: str = torch.__version__.partition("+")[0]
    earlier: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Record:
        """The record of a file; an empty one if there is none."""
        return cls(**json.loads(path.read_text())) if path.is_file() else cls()

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        write_atomic(path, json.dumps(vars(self), indent=1, sort_keys=True) + "\n")

    def to_kept(self, jobs: Sequence[Job], kept: Kept) -> None:
        """Keep what is here of jobs that are still the same, so that a fresh clone does not make it again."""
        for job in jobs:
            if self.digests.get(job.name) == job.digest and kept.load(job) is None:
                kept.save(job, self.figures[job.name])

    def renewed(self, jobs: Sequence[Job], kept: Kept, *, older: bool) -> Record:
        """A record of the jobs: what is kept of them; older: and else what is here, made from whatever code it was."""
        figures, digests, earlier = {}, {}, []
        for job in jobs:
            found = kept.load(job)
            if found is not None:
                figures[job.name], digests[job.name] = found, job.digest
            elif older and job.name in self.figures:
                figures[job.name], digests[job.name] = self.figures[job.name], self.digests[job.name]
                earlier.append(job.name)
        return Record(
            figures=figures, digests=digests, earlier=sorted(set(earlier)), **({"torch": self.torch} if older else {})
        )
