"""One run of one task, kept by the digest of the task, its parameters, what it was given, and the sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from t2c.flows.bench import Bench, Workshop
from t2c.flows.errors import EXPECTED, FlowError, placed
from t2c.flows.metamodel import Metamodel
from t2c.flows.plain import digest_of
from t2c.flows.store import RUNS
from t2c.flows.task import Task
from t2c.flows.version import version


def run_task(
    name: str, kind: str, task: Task, given: Metamodel, shop: Workshop, *, path: Path | str = "", line: int = 0
) -> tuple[Metamodel, str]:
    """Run a task, unless that was done before.

    Args:
        name: of the task in the yaml; kind: as the yaml has it, such as PRUNE.
        task: with its parameters; given: what the tasks before left.
        shop: store and workers.
        path, line: of the task in the yaml, for errors.

    Returns:
        what the task left, and the entry of the store that has it.

    Raises:
        PlacedFlowError: a task that a user can mend.
    """
    stated = [name, kind, task.stated(), given.digest(), task.identity(), version()]
    entry = f"{RUNS}/{name}-{digest_of(stated)[:20]}"

    def work(folder: Path) -> dict[str, Any]:
        shop.progress(f"{name}: {kind} ...")
        bench = Bench(name, kind, task, folder, shop.store.folder / entry, shop)
        made = task.run(given, bench)
        if not isinstance(made, Metamodel):
            raise FlowError(f"run returns a {type(made).__name__}, a Metamodel is wanted")
        made = _settled(made, task, folder, entry, shop).done(bench.step())
        if missing := task.metrics.keys() - {metric.name for metric in bench.step().metrics}:
            raise FlowError(f"it declares {', '.join(sorted(missing))}, and has not measured it")
        return {"metamodel": made.to_json(), "trials": bench.entries}

    try:
        kept = shop.store.kept(entry, work)
        return Metamodel.from_json(kept["metamodel"]), entry
    except EXPECTED as error:
        raise placed(path, line, name, error) from error


def _settled(made: Metamodel, task: Task, folder: Path, entry: str, shop: Workshop) -> Metamodel:
    """The files of a metamodel relative to the store, those of the task's folder where they will lie.

    Raises:
        FlowError: one is not there or not in the store, or the task declares others.
    """
    files = {}
    for thing, written in made.files.items():
        path = Path(written)
        if path.is_relative_to(folder):
            path = Path(entry) / path.relative_to(folder)
            there = folder / path.relative_to(entry)
        else:
            path = Path(shop.store.relative(path))
            there = shop.store.path(str(path))
        if not there.exists():
            raise FlowError(f"it gives {thing}, and {written} is not there")
        files[thing] = str(path)
    if missing := set(task.gives) - files.keys():
        raise FlowError(f"it declares to give {', '.join(sorted(missing))}, and does not")
    if left := (set(task.drops) - set(task.gives)) & files.keys():
        raise FlowError(f"it declares to drop {', '.join(sorted(left))}, and does not")
    return replace(made, files=files)
