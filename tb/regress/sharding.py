"""`SHARD=2/4`: the part of a regression that one of several machines runs. Every job is in one part, builds are in each
that needs them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from t2c.tb.regress.job import Job

Shard = tuple[int, int]
"""(part, parts), counted from 1."""
WHOLE: Shard = (1, 1)


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
    """
    part, parts = shard
    if parts == 1:
        return list(jobs)
    builds = {job.id: job.estimate for job in jobs if job.is_build}
    loads, built = [0.0] * parts, [set[str]() for _ in range(parts)]
    mine = set()
    for job in sorted((job for job in jobs if not job.is_build), key=lambda job: (-job.estimate, job.id)):
        cost = [job.estimate + (0.0 if job.build_id in built[i] else builds[job.build_id]) for i in range(parts)]
        chosen = min(range(parts), key=lambda i: (loads[i] + cost[i], i))
        loads[chosen] += cost[chosen]
        built[chosen].add(job.build_id)
        if chosen == part - 1:
            mine.add(job.id)
    return [job for job in jobs if job.id in (built[part - 1] if job.is_build else mine)]
