"""The one place that knows what a result of a flow looks like: from its JSON to what the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from t2c.flows.graph import FlowEdge
from t2c.flows.metamodel import Metamodel


@dataclass(frozen=True, kw_only=True)
class ShownTask:
    """A task of the graph. name, kind; parameters: plain JSON; body: of a search, None of others."""

    name: str
    kind: str
    parameters: Mapping[str, Any]
    body: ShownGraph | None


@dataclass(frozen=True, kw_only=True)
class ShownGraph:
    """Tasks in the order of the file, and the edges between them."""

    tasks: tuple[ShownTask, ...]
    edges: tuple[FlowEdge, ...]

    def all_tasks(self) -> list[ShownTask]:
        """Those of bodies too."""
        return [each for task in self.tasks for each in (task, *(task.body.all_tasks() if task.body else ()))]


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Time of a task, all its runs and attempts together.

    runs: how many; seconds: of them; trials: of them; trial_seconds: of these, of which several may have run at once.
    """

    runs: int = 0
    seconds: float = 0.0
    trials: int = 0
    trial_seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            runs=self.runs + other.runs,
            seconds=self.seconds + other.seconds,
            trials=self.trials + other.trials,
            trial_seconds=self.trial_seconds + other.trial_seconds,
        )


@dataclass(frozen=True, kw_only=True)
class ShownFlow:
    """All that a page shows.

    name, yaml, subject: of the flow; graph: its tasks; finalists: in order; spent: by task of those that ran by
    themselves, not in the body of a search; seconds: of all. Files of finalists are relative to the page.
    """

    name: str
    yaml: str
    subject: Mapping[str, Any]
    graph: ShownGraph
    finalists: tuple[Metamodel, ...]
    spent: Mapping[str, Spent]
    seconds: float


def read_result(result: Mapping[str, Any]) -> ShownFlow:
    """Read a result; raise KeyError, TypeError or ValueError if it is none."""
    flow = result["flow"]
    return ShownFlow(
        name=flow["name"],
        yaml=flow["yaml"],
        subject=dict(flow["subject"]),
        graph=read_graph(flow),
        finalists=tuple(map(Metamodel.from_json, result["finalists"])),
        spent=_spent(result["seconds"]["runs"]),
        seconds=float(result["seconds"]["total"]),
    )


def _spent(runs: Sequence[Mapping[str, Any]]) -> dict[str, Spent]:
    found: dict[str, Spent] = {}
    for run in runs:
        spent = Spent(runs=1, seconds=run["seconds"], trials=run["trials"], trial_seconds=run["trial_seconds"])
        found[run["task"]] = found.get(run["task"], Spent()) + spent
    return found


def read_graph(flow: Mapping[str, Any]) -> ShownGraph:
    """The graph of a flow, as `Flow.to_json` gives it; errors as `read_result`."""
    tasks = tuple(
        ShownTask(
            name=task["name"],
            kind=task["kind"],
            parameters=dict(task["parameters"]),
            body=read_graph(task["body"]) if task.get("body") else None,
        )
        for task in flow["tasks"]
    )
    return ShownGraph(tasks=tasks, edges=tuple(FlowEdge(**edge) for edge in flow["edges"]))


def verification_logs(finalist: Metamodel) -> dict[str, str]:
    """Logs of what VERIFY compared, such as rtl and netlist, relative to the store."""
    folder = finalist.files.get("verified")
    compared: Any = next(
        (step.decision["passed"] for step in reversed(finalist.history) if "passed" in step.decision), {}
    )
    if folder is None or not isinstance(compared, Mapping):
        return {}
    return {what: f"{folder}/{what}/{what}.txt" for what in compared}
