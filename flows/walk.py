"""A metamodel on its way: from task to task, up to where several ways meet or part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from t2c.flows.bench import Workshop
from t2c.flows.control_task import Steering
from t2c.flows.errors import EXPECTED, placed
from t2c.flows.flow_builder import build_flow
from t2c.flows.graph import Flow, NodeSpec
from t2c.flows.metamodel import Metamodel, Step
from t2c.flows.run_task import run_task
from t2c.flows.store import FlowStore
from t2c.flows.task import Task
from t2c.flows.workers import Inline


@dataclass(frozen=True, kw_only=True)
class Walker:
    """One metamodel under way.

    at: the task to which it comes next; key: branch by branch of the forks it passed, which orders those that meet;
    rounds: how often it went back, by loop; entries: of the store, the runs that it and those it met came from.
    """

    at: str
    metamodel: Metamodel
    key: tuple[int, ...] = ()
    rounds: Mapping[str, int] = field(default_factory=dict)
    entries: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**vars(self), "metamodel": self.metamodel.to_json(), "rounds": dict(self.rounds)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Walker:
        """Rebuild."""
        metamodel = Metamodel.from_json(data["metamodel"])
        return cls(**{**data, "metamodel": metamodel, "key": tuple(data["key"]), "entries": tuple(data["entries"])})


def walk_on(flow: Flow, walker: Walker, shop: Workshop) -> Walker:
    """Run tasks, branches and loops up to a fork, a place where branches meet, or a STOP.

    Raises:
        FlowError: a task fails; the message names it and its line.
    """
    while True:
        node = flow.nodes[walker.at]
        if isinstance(node.task, Task):
            made, entry = run_task(
                node.name, node.kind, node.task, walker.metamodel, shop, path=flow.path, line=node.line
            )
            walker = replace(walker, at=node.ways["then"][0], metamodel=made, entries=(*walker.entries, entry))
        elif isinstance(node.task, Steering):
            rounds = walker.rounds.get(node.name, 0)
            try:
                way, decision = node.task.turn(walker.metamodel, rounds)
            except EXPECTED as error:
                raise placed(flow.path, node.line, node.name, error) from error
            step = Step(task=node.name, kind=node.kind, decision=decision)
            walker = replace(
                walker,
                at=node.ways[way][0],
                metamodel=walker.metamodel.done(step),
                rounds={**walker.rounds, node.name: rounds + 1 if way == "again" else 0},
            )
        else:
            return walker


def walk_job(flow: Flow, walker: Walker, shop: Workshop) -> dict[str, Any]:
    """A walk as it is sent to a worker, plain JSON."""
    return {
        "flow": {"name": flow.name, "path": flow.path, "home": str(flow.home), "subject": dict(flow.subject)},
        "specs": [spec.to_json(lines=True) for spec in flow.specs],
        "walker": walker.to_json(),
        "store": str(shop.store.folder),
    }


def run_walk(job: Mapping[str, Any]) -> dict[str, Any]:
    """On the worker: what `walk_on` does, with its trials in this process."""
    specs = [NodeSpec.from_json(spec) for spec in job["specs"]]
    flow = build_flow(specs, **{**job["flow"], "home": Path(job["flow"]["home"])})
    shop = Workshop(store=FlowStore(Path(job["store"])), workers=Inline(), home=flow.home, progress=_said_nowhere)
    return walk_on(flow, Walker.from_json(job["walker"]), shop).to_json()


def _said_nowhere(text: str) -> None:
    """What a worker has to say is in the store."""
