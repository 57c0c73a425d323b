"""What is there at each task whatever way the flow took: things that it takes, and metrics that it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from t2c.flows.control_task import Ending
from t2c.flows.errors import placed
from t2c.flows.graph import Flow, FlowNode
from t2c.flows.task import Task


@dataclass(frozen=True)
class OnEveryWay:
    """things: of `Metamodel.files`; metrics: names. Those that are there on every way."""

    things: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()

    def __and__(self, other: OnEveryWay) -> OnEveryWay:
        return OnEveryWay(self.things & other.things, self.metrics & other.metrics)


def check_supply(flow: Flow, given: OnEveryWay | None = None) -> OnEveryWay:
    """Check every task and the body of every search.

    Args:
        flow: its shape is checked already; given: what is there at its beginning.

    Returns:
        what is there at its end.

    Raises:
        FlowError: a task takes a thing, or asks for a metric, that is not there on some way to it.
    """
    given = given or OnEveryWay()
    before = _settled(flow, given)
    for name, supply in before.items():
        node = flow.nodes[name]
        _check_things(flow, node, before, given)
        _check_metrics(flow, node, supply)
        if isinstance(body := getattr(node.task, "body", None), Flow):
            end = check_supply(body, supply)
            wanted: set[str] = set(getattr(node.task, "metrics_of_body", ()))
            _refuse_metrics(flow, node, wanted - end.metrics)
    ends = [before[name] for name, node in flow.nodes.items() if isinstance(node.task, Ending)]
    return _all(ends)


def _settled(flow: Flow, given: OnEveryWay) -> dict[str, OnEveryWay]:
    """What is there before each task; with cycles, what remains of the first guess that all is there."""
    after: dict[str, OnEveryWay] = {}
    while True:
        before = {}
        for name in flow.nodes:
            sources = [after[source] for source in flow.before(name) if source in after]
            before[name] = _all([*sources, *([given] if name == flow.first or not sources else [])])
        now = {name: _passed(flow.nodes[name], before[name]) for name in _reached_so_far(flow, after)}
        if now == after:
            return before
        after = now


def _reached_so_far(flow: Flow, after: dict[str, OnEveryWay]) -> Iterator[str]:
    for name in flow.nodes:
        if name == flow.first or any(source in after for source in flow.before(name)):
            yield name


def _all(supplies: list[OnEveryWay]) -> OnEveryWay:
    found = supplies[0]
    for supply in supplies[1:]:
        found &= supply
    return found


def _passed(node: FlowNode, before: OnEveryWay) -> OnEveryWay:
    """What is there after a task."""
    if not isinstance(node.task, Task):
        return before
    body: Any = getattr(node.task, "body", None)
    if isinstance(body, Flow):
        inside = _settled(body, before)
        return _all([inside[name] for name, other in body.nodes.items() if isinstance(other.task, Ending)])
    things = (before.things - set(node.task.drops)) | set(node.task.gives)
    return OnEveryWay(things, before.metrics | set(node.task.metrics))


def _check_things(flow: Flow, node: FlowNode, before: dict[str, OnEveryWay], given: OnEveryWay) -> None:
    for thing in node.task.takes if isinstance(node.task, Task) else ():
        if thing in before[node.name].things:
            continue
        sources = [flow.nodes[name] for name in flow.before(node.name)]
        lacking = [source for source in sources if thing not in _passed(source, before[source.name]).things]
        if not lacking or (node.name == flow.first and thing not in given.things):
            why = "no task is before it"
        else:
            source = lacking[0]
            drops = isinstance(source.task, Task) and thing in source.task.drops
            why = f"{source.name} (line {source.line}) before it {'drops it' if drops else 'gives none'}"
        raise placed(flow.path, node.line, node.name, f"it needs {thing}, and {why}")


def _check_metrics(flow: Flow, node: FlowNode, supply: OnEveryWay) -> None:
    _refuse_metrics(flow, node, set(node.task.metrics_used()) - supply.metrics)


def _refuse_metrics(flow: Flow, node: FlowNode, missing: set[str]) -> None:
    """Raise FlowError for metrics that are not there."""
    for name in sorted(missing):
        measuring = [other for other in _all_nodes(flow) if name in getattr(other.task, "metrics", ())]
        if measuring:
            where = ", ".join(f"{other.name} (line {other.line})" for other in measuring)
            why = f"which {where} measures, but not on every way to here"
        else:
            why = "which no task measures"
        raise placed(flow.path, node.line, node.name, f"it asks for the metric {name}, {why}")


def _all_nodes(flow: Flow) -> Iterator[FlowNode]:
    for node in flow.nodes.values():
        yield node
        if isinstance(body := getattr(node.task, "body", None), Flow):
            yield from _all_nodes(body)
