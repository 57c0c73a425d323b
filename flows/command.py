"""Run the flow of a yaml: what `t2c flow` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from t2c.common.errors import SettingError
from t2c.flows.bench import Workshop
from t2c.flows.engine import Finished, run_flow
from t2c.flows.flow_file import read_flow
from t2c.flows.metamodel import Metamodel
from t2c.flows.outcome import is_verified, table, write_result
from t2c.flows.report.page_file import PAGE, write_page
from t2c.flows.store import FlowStore
from t2c.flows.workers import open_workers

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Sums of floats depend on how many threads share them: one, here as on a worker."""


def run_file(path: Path, out: Path, workers: int = 2, scheduler: str = "") -> tuple[Finished, Path]:
    """Read, check and run a flow, or go on with it, and write its result and the page of it.

    Args:
        path: of the yaml; out: folder for flows, each of which gets one of its name.
        workers: processes on this machine; with one, trials run in this process.
        scheduler: address of the user's Dask scheduler instead.

    Returns:
        what came of it, and the path of result.json.

    Raises:
        FlowError, YamlError: a flow that cannot run as it is; one line that names the task and the line.
        SettingError: no worker, or no scheduler at the address.
    """
    if workers < 1:
        raise SettingError.below("workers", workers, 1)
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    flow = read_flow(path)
    store = FlowStore((out / flow.name).resolve())
    with store.locked(), open_workers(scheduler, workers, store.folder / "dask") as opened:
        shop = Workshop(store=store, workers=opened, home=flow.home, progress=_say)
        finished = run_flow(flow, Metamodel(subject=flow.subject), shop)
        result = write_result(flow, finished, store)
        write_page(result)
        return finished, result


def report(finished: Finished, result: Path) -> int:
    """Print a table; return 0, or 1 if something was compared and differs."""
    shown = Path(os.path.relpath(result)) if result.is_relative_to(Path.cwd()) else result
    print(f"{table(finished)}\n\nresult  {shown}\nreport  {shown.with_name(PAGE)}")
    return 0 if is_verified(finished) else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
