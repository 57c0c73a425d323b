"""The command line of the regression."""

from __future__ import annotations

import argparse
import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from t2c.common.command import INTERRUPTED, Parser
from t2c.common.errors import SettingError
from t2c.common.interrupts import INTERRUPTS
from t2c.common.options import add_options
from t2c.common.places import EXAMPLES
from t2c.common.spelling import setting
from t2c.tb.regress.cluster import connect
from t2c.tb.regress.dispatch import run_tasks
from t2c.tb.regress.execute import Task, make_task
from t2c.tb.regress.fingerprint import fingerprint, sources_digest
from t2c.tb.regress.job import Job
from t2c.tb.regress.jobs import Array, RegressionPlan, list_jobs
from t2c.tb.regress.junit import junit_tree, write_junit
from t2c.tb.regress.own_process import execute_in_own_process, shrink_in_own_process
from t2c.tb.regress.regression_report import Progress, is_pass, summary
from t2c.tb.regress.sharding import RegressionPart, list_digest, parse_shard, part_of
from t2c.tb.regress.shrinking import shrink_failures, to_shrink
from t2c.tb.regress.store import JobRecord, JobStore
from t2c.tb.regress.unfinished import FOLDER, JUNIT

POOL = 12
"""Random hardware of a long campaign."""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="regress", description="Run every layer and network of every package, and random ones.")
    add_options(parser, "regress", kinds={"arrays": _arrays, "shard": parse_shard})
    parser.add_argument("--list", action="store_true", help="print the job ids and run nothing")
    parser.add_argument("--examples", type=Path, default=EXAMPLES)
    return parser


def _arrays(text: str) -> list[Array]:
    found = [re.fullmatch(r"(\d+)x(\d+)", part) for part in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} is not ROWSxCOLS, or several with commas")
    return list(dict.fromkeys((int(match[1]), int(match[2])) for match in found if match))


def _check(options: argparse.Namespace) -> None:
    """Refuse numbers that make no regression; raise UserError."""
    counts = ("seed", "random_layers", "random_networks", "random_transformers", "shrink")
    for name, low in (*((count, 0) for count in counts), ("workers", 1)):
        if getattr(options, name) < low:
            raise SettingError.below(name, getattr(options, name), low)


def _plan(options: argparse.Namespace, store: JobStore) -> RegressionPlan:
    return RegressionPlan(
        examples=options.examples.resolve(),
        packages=store.folder / "packages",
        seed=options.seed,
        layers=options.random_layers,
        networks=options.random_networks,
        transformers=options.random_transformers,
        arrays=options.arrays,
        legal=options.campaign != "small",
        pool=POOL if options.campaign == "long" else 0,
    )


def _tasks(
    jobs: Sequence[Job], options: argparse.Namespace, store: JobStore
) -> tuple[list[Task], dict[str, JobRecord]]:
    """Jobs as tasks in the order in which to run them, and the results that still hold."""
    sources = sources_digest()
    tasks, expected, reused = [], {}, {}
    for job in jobs:
        task = make_task(job, options.out.resolve(), fingerprint(job, sources))
        tasks.append(task)
        if options.fresh:
            store.forget(job.id)
        record = store.read(job.id)
        expected[job.id] = record.seconds if record else job.estimate
        if record and record.passed and record.fingerprint == task.fingerprint:
            reused[job.id] = record
    tasks.sort(key=lambda task: (not task.job.is_build, -expected[task.job.id]))
    return tasks, reused


def main() -> int:
    """Return 0 if every job passed, 1 if one did not, 130 if interrupted."""
    options = _parser().parse_args()
    _check(options)
    store = JobStore(options.out.resolve() / FOLDER)
    listed = list_jobs(_plan(options, store), options.only)
    jobs = part_of(listed.jobs, options.shard)
    if options.list:
        print("\n".join(job.id for job in jobs))
        return 0
    with store.locked():
        listed.write_packages(jobs)
        tasks, reused = _tasks(jobs, options, store)
        part = RegressionPart(shard=options.shard, of=list_digest(listed.jobs, listed.packages), jobs=len(listed.jobs))
        return _regress(options, store, tasks, reused, part)


def _regress(
    options: argparse.Namespace,
    store: JobStore,
    tasks: list[Task],
    reused: dict[str, JobRecord],
    part: RegressionPart,
) -> int:
    junit = store.folder / JUNIT
    started = time.perf_counter()
    waiting = [task for task in tasks if task.job.id not in reused]
    ran: dict[str, JobRecord] = {}
    print(f"{len(tasks)} jobs, {len(reused)} of them passed before and are reused", flush=True)
    progress = Progress(len(waiting), store)
    interrupted = False
    try:
        with contextlib.ExitStack() as opened:
            if waiting:
                with INTERRUPTS.held():
                    cluster = connect(options.scheduler, options.workers, store.folder / "dask")
                    client = opened.enter_context(cluster)
                for record in run_tasks(client, execute_in_own_process, waiting, store):
                    ran[record.id] = record
                    progress.add(record)
                if options.shrink and (failed := to_shrink(waiting, ran, store)):
                    progress.say(f"shrinking {len(failed)} packages, for at most {options.shrink} s each")
                    for record in shrink_failures(client, shrink_in_own_process, failed, ran, options.shrink, store):
                        ran[record.id] = record
                        progress.say(f"{record.id}\n{record.shrunk}")
            INTERRUPTS.over()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        INTERRUPTS.over()
        progress.close()
        seconds = time.perf_counter() - started
        jobs = [task.job for task in tasks]
        tree = junit_tree(jobs, ran | reused, frozenset(reused), seconds, store=store, part=part)
        write_junit(tree, junit)
    if interrupted:
        done = len(ran) + len(reused)
        how = f"the same command without {setting('fresh')}" if options.fresh else "the same command"
        print(f"interrupted: {done} of {len(tasks)} jobs are done and kept; {how} goes on from there")
        return INTERRUPTED
    where = f"cluster {options.scheduler}" if options.scheduler else f"{options.workers} workers"
    print(summary(list(ran.values()), list(reused.values()), seconds, where, store))
    print(f"{'JUnit':<12} {junit}")
    return 0 if is_pass([*ran.values(), *reused.values()]) else 1
