"""`make results`: make every row of the results tables, several at a time, and write docs/results.md and its plots.

A finished row is kept under sim_build/results and is not made again as long as its settings and the code that it runs
through are the same, so a run that was broken off goes on where it was. docs/results.json holds all figures of the
page. `--page` makes no rows: it writes the page of what is finished, after a change of its wording or of a run that
was broken off. `--only '*-msq-*'` makes some jobs, by their names. Where the page has figures of earlier code, it says
so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.results.jobs import Job, Kept, make, workers
from benchmarks.results.page import document, pictures
from benchmarks.results.plan import Plan
from benchmarks.results.record import NAME, Record
from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run
from t2c.common.errors import SettingError
from t2c.common.places import ROOT


def main() -> int:
    """Make what is missing and write the page; the exit status is 1 if a row failed."""
    parser = Parser(prog="results", description="Make the results tables and their plots.")
    parser.add_argument("--workers", type=int, default=2, help="rows at a time")
    parser.add_argument("--kept", type=Path, default=ROOT / "sim_build" / "results", help="folder of finished rows")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of results.md, results.json, plots")
    parser.add_argument("--page", action="store_true", help="make no rows: write the page of what is there")
    parser.add_argument("--only", nargs="+", metavar="PATTERN", help="make the jobs whose names fit one of these")
    options = parser.parse_args()
    kept, place = Kept(options.kept), options.out / NAME
    plan, record = Plan(kept.folder), Record.read(place)
    jobs = [job for stage in plan.stages() for job in stage]
    record.to_kept(jobs, kept)
    patterns = [] if options.page else options.only or ["*"]
    stages = [[job for job in stage if any(fnmatch(job.name, p) for p in patterns)] for stage in plan.stages()]
    if patterns and not any(stages):
        raise SettingError("{only} fits no job; there are such as {known}", {"known": jobs[-1].name})
    wrong = make_all(stages, kept, options.workers) if patterns else {}
    record = record.renewed(jobs, kept, older=options.page or bool(options.only))
    record.write(place)
    figures = plan.figures(record)
    write_atomic(options.out / "results.md", document(figures))
    for name, picture in pictures(figures).items():
        write_atomic(options.out / name, picture)
    print(f"{options.out / 'results.md'}; figures in {kept.folder}")
    for name, error in wrong.items():
        print(f"{name}: {error}", file=sys.stderr)
    return 1 if wrong else 0


def make_all(stages: Sequence[Sequence[Job]], kept: Kept, count: int) -> dict[str, str]:
    """Make the jobs stage by stage; return what went wrong."""
    wrong: dict[str, str] = {}
    with workers(count) as pool:
        for jobs in stages:
            wrong |= make(pool, kept, jobs)
    return wrong


if __name__ == "__main__":
    run(main)
