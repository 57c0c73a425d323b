"""Command line behind `make coverage`: run everything that counts bins and lines, and say what nothing reached."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.common.places import OUTPUT, RTL
from t2c.common.worker_pool import worker_pool
from t2c.tb.components.bins import Coverage
from t2c.tb.coverage.coverage_result import CoverageResult, table
from t2c.tb.coverage.coverage_runs import (
    CoverageFinding,
    CoverageRun,
    build_core,
    core_runs,
    execute,
    program_runs,
    unit_runs,
)
from t2c.tb.coverage.lines import WAIVERS, cover_files, read_waivers
from t2c.tb.coverage.page import page
from t2c.tb.coverage.register_bits import PART, cover_registers
from t2c.tb.coverage.still_bits import STILL
from t2c.tb.coverage.verilator_data import points_in, read_counts
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator

DESCRIPTION = "Run the benches and the core on Verilator with coverage, and report every bin and line that is not hit."


def run_all(runs: Sequence[CoverageRun], output: Path, workers: int) -> list[CoverageFinding]:
    """Run everything on several processes, one line of progress each; the cores are built first, then simulated.

    Raises:
        UserError: a simulator is missing or cannot build.
    """
    findings: list[CoverageFinding] = []
    waiting = {key: [run for run in runs if run.hardware == key] for key in dict.fromkeys(r.hardware for r in runs)}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with worker_pool(workers) as pool:
        ready = waiting.pop(None, [])
        builds: dict[Future[Any], Any] = {pool.submit(build_core, key, output): key for key in waiting if key}
        pending: set[Future[Any]] = {*builds, *(pool.submit(execute, one, output) for one in ready)}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                found = future.result()
                if future in builds:
                    pending |= {pool.submit(execute, one, output) for one in waiting[builds[future]]}
                else:
                    findings.append(found)
                    state = "FAIL" if found.reasons else "ok"
                    print(
                        f"[{len(findings)}/{len(runs)}] {state:4} {found.seconds:5.1f} s  {found.run.id}",
                        flush=True,
                    )
    return sorted(findings, key=lambda found: runs.index(found.run))


def put_together(
    findings: Iterable[CoverageFinding], waivers: Path, seconds: float
) -> tuple[CoverageResult, Counter[Any]]:
    """Merge the bins of all runs and the counts of their lines; also return these counts.

    Raises:
        CoverageDataError: a run left no coverage.dat that can be read.
    """
    parts: dict[str, Coverage] = {}
    raw: Counter[str] = Counter()
    failures, count = [], 0
    for found in findings:
        count += 1
        parts.setdefault(found.run.part, Coverage()).merge(Coverage.from_json(found.coverage))
        failures += [f"{found.run.id}: {found.reasons[0]}"] if found.reasons else []
        for data in found.data:
            raw.update(read_counts(Path(data)))
    points = points_in(RTL, raw)
    files, unused = cover_files(points, RTL, read_waivers(waivers))
    parts[PART], moving = cover_registers(points, RTL, STILL)
    stale = [*(waiver.complaint for waiver in unused), *moving]
    result = CoverageResult(parts=parts, files=files, stale=stale, failures=failures, runs=count, seconds=seconds)
    return result, points


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every bin and line was hit or is excused, 1 otherwise."""
    parser = Parser(prog="coverage", description=DESCRIPTION)
    add_options(parser, "coverage", {"out": OUTPUT / "coverage"})
    options = parser.parse_args(arguments)
    output = options.out.resolve()
    results = output / "result.json", output / "index.html"
    for path in results:
        path.unlink(missing_ok=True)  # those of an earlier run never stand for one that is refused or stopped
    if options.workers < 1:
        raise SettingError.below("workers", options.workers, 1)
    for simulator in SIMULATORS:
        find_simulator(simulator)
    started = time.perf_counter()
    runs = [*program_runs(), *core_runs(), *unit_runs()]
    findings = run_all(runs, output, options.workers)
    result, points = put_together(findings, WAIVERS, time.perf_counter() - started)
    for path, text in zip(
        results, (json.dumps(result.to_json(), indent=1) + "\n", page(result, points, RTL)), strict=True
    ):
        write_atomic(path, text)
    print(f"\n{table(result)}")
    print(f"page     {results[1]}")
    return 1 if result.reasons else 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
