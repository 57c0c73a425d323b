"""Flows in a folder of their own, most of toy tasks, run in this process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from t2c.flows.bench import Workshop
from t2c.flows.engine import Finished, run_flow
from t2c.flows.flow_file import read_flow
from t2c.flows.graph import Flow
from t2c.flows.metamodel import Metamodel
from t2c.flows.store import FlowStore
from t2c.flows.workers import Inline
from tests.conftest import ROOT

TOYS = ROOT / "tests" / "flows" / "toy_tasks.py"
HERE = "# here"
"""Marks the line of a yaml that a message must name."""

FORK = """
make: {{task: toy:Make, size: 64}}
split: {{task: FORK, then: [a, b, c]}}
a: {{task: toy:Shrink, tolerance: 1, factors: [{0}], then: pick}}
b: {{task: toy:Shrink, tolerance: 1, factors: [{1}], then: pick}}
c: {{task: toy:Shrink, tolerance: 1, factors: [{2}]}}
"""
"""Three branches that make the weights smaller, each by a factor; a task `pick` has to follow."""


def write_flow(folder: Path, tasks: str, head: str = "flow: toy\nseed: 3") -> Path:
    """A yaml with some tasks, `toy:` for the file of the toy tasks, and that file beside it."""
    folder.mkdir(exist_ok=True)
    if not (folder / "toy_tasks.py").exists():
        shutil.copy(TOYS, folder)
    lines = [f"  {line}" for line in tasks.strip("\n").splitlines()]
    path = folder / "flow.yaml"
    path.write_text("\n".join([head, "tasks:", *lines, ""]).replace("toy:", "toy_tasks.py:"))
    return path


def toy_flow(folder: Path, tasks: str) -> Flow:
    """The same, read and checked."""
    return read_flow(write_flow(folder, tasks))


def run_toy(folder: Path, tasks: str) -> Finished:
    """The same, run."""
    return run_here(toy_flow(folder, tasks), store_of(folder))


def store_of(folder: Path) -> FlowStore:
    """Where the flow of a folder keeps what it did."""
    return FlowStore((folder / "store").resolve())


def run_here(flow: Flow, store: FlowStore) -> Finished:
    """Any flow, run in this process."""
    shop = Workshop(store=store, workers=Inline(), home=flow.home, progress=lambda text: None)
    with store.locked():
        return run_flow(flow, Metamodel(subject=flow.subject), shop)


def passed(finished: Finished, index: int = 0) -> list[str]:
    """The tasks that a finalist passed."""
    return [step.task for step in finished.finalists[index].history]


def finalists(result: Path) -> str:
    """What must not depend on when a flow was killed, or how many workers ran it, byte by byte."""
    return json.dumps(json.loads(result.read_text())["finalists"], indent=1)


def decisions(finished: Finished, task: str, index: int = 0) -> list[dict[str, Any]]:
    """What a task decided, each time that it ran."""
    return [dict(step.decision) for step in finished.finalists[index].history if step.task == task]
