"""`SHARD=2/4`: the part of a regression that one of several machines runs. Every job is in one part, builds are in each
that needs them."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from t2c.common.errors import SettingError
from t2c.common.places import ROOT
from t2c.tb.regress.fingerprint import package_digest, sources_digest
from t2c.tb.regress.job import Job

Shard = tuple[int, int]
"""(part, parts), counted from 1."""
WHOLE: Shard = (1, 1)


@dataclass(frozen=True, kw_only=True)
class RegressionPart:
    """What a report is of. shard: which part; of: `list_digest` of all parts; jobs: how many all of them have."""

    shard: Shard = WHOLE
    of: str = ""
    jobs: int = 0


ALONE = RegressionPart()
"""Of a report that stands for itself."""


def parse_shard(text: str) -> Shard:
    """Read I/N; raise ArgumentTypeError for anything else."""
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N with I in 1..N")
    return int(match[1]), int(match[2])


def part_of(jobs: Sequence[Job], shard: Shard) -> list[Job]:
    """The jobs of one part, and the builds that they need.

    Parts are equally long by the jobs' estimates: the longest job that is left goes to the part that ends first with
    it, its build included. They depend on nothing but the jobs, so that all machines agree.

    Raises:
        SettingError: nothing is left for this part.
    """
    part, parts = shard
    if parts == 1:
        return list(jobs)
    builds = {job.id: job.estimate for job in jobs if job.is_build}
    loads, built = [0.0] * parts, [set[str]() for _ in range(parts)]
    mine = set()
    shared = [job for job in jobs if not is_brought(job, jobs)]
    for job in sorted(shared, key=lambda job: (-job.estimate, job.id)):
        needed = {} if job.is_build else {job.build_id: builds[job.build_id]}
        cost = [job.estimate + sum(needed[name] for name in needed if name not in built[i]) for i in range(parts)]
        chosen = min(range(parts), key=lambda i: (loads[i] + cost[i], i))
        loads[chosen] += cost[chosen]
        built[chosen].update(needed)
        if chosen == part - 1:
            mine.add(job.id)
    if not mine:
        text = "{shard} = {part}/{parts}: nothing is left for this part of {count} jobs; take fewer parts"
        raise SettingError(text, {"part": part, "parts": parts, "count": len(shared)})
    return [job for job in jobs if job.id in mine or job.id in built[part - 1]]


def is_brought(job: Job, jobs: Sequence[Job]) -> bool:
    """Whether it is a build that comes along with the jobs that need it; one that nobody needs is a job like any."""
    return job.is_build and any(other.build_id == job.id for other in jobs if not other.is_build)


def list_digest(jobs: Sequence[Job], made: Collection[str]) -> str:
    """What all machines must agree on: sources, jobs with all that they say, the examples' packages.

    Args:
        jobs: of all parts together.
        made: the `model` of those whose package the regression makes: it follows from the sources and the job.

    Raises:
        OSError: a package is missing.
    """
    said = [{key: value for key, value in job.to_json().items() if key != "model"} for job in jobs]
    given = dict.fromkeys(job.model for job in jobs if job.model and job.model not in made)
    packages = [package_digest(ROOT / model) for model in given]
    return hashlib.sha256(json.dumps([sources_digest(), said, packages]).encode()).hexdigest()[:16]
