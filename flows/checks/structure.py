"""The shape of a flow: every task is reached, every way ends at a STOP, every cycle passes a LOOP, forks meet."""

from __future__ import annotations

from collections.abc import Callable

from t2c.flows.control_task import Ending, Merging, Splitting
from t2c.flows.errors import FlowError, placed
from t2c.flows.graph import Flow

LOOP = "LOOP"


def check_structure(flow: Flow) -> None:
    """Raise FlowError for a shape that cannot run, with the task and its line; the bodies of searches too."""

    def refuse(name: str, text: str) -> FlowError:
        return placed(flow.path, flow.nodes[name].line, name, text)

    if cycle := _cycle_without_loop(flow):
        raise refuse(cycle[0], f"{' -> '.join([*cycle, cycle[0]])} is a cycle without a LOOP, and has no STOP")
    reached = {flow.first} | flow.reached(flow.first)
    for name, node in flow.nodes.items():
        if name not in reached:
            raise refuse(name, "no way leads to it")
        after = {name} | flow.reached(name)
        if not any(isinstance(flow.nodes[other].task, Ending) for other in after):
            raise refuse(name, "no way leads from it to a STOP")
        if isinstance(node.task, Merging) and not any(
            isinstance(other.task, Splitting) and name in flow.reached(other.name) for other in flow.nodes.values()
        ):
            raise refuse(name, f"no FORK is before this {node.kind}")
        body = getattr(node.task, "body", None)
        if isinstance(body, Flow):
            check_structure(body)
            _check_one_result(body)


def _cycle_without_loop(flow: Flow) -> list[str]:
    """The tasks of a cycle that passes no LOOP, from the first of the file on; none if there is none."""
    plain = [name for name, node in flow.nodes.items() if node.kind != LOOP]
    for name in plain:
        if way := _way(name, name, lambda here: [there for there in flow.after(here) if there in plain]):
            return way
    return []


def _way(start: str, end: str, after: Callable[[str], list[str]]) -> list[str]:
    """Tasks from start to before end, by the fewest edges; none if there is no way."""
    ways = [[start]]
    seen = set()
    for way in ways:
        for there in after(way[-1]):
            if there == end:
                return way
            if there not in seen:
                seen.add(there)
                ways.append([*way, there])
    return []


def _check_one_result(body: Flow) -> None:
    """Raise FlowError for a body of a search that can end with several variants."""
    for name, node in body.nodes.items():
        if node.kind == "JOIN":
            raise placed(body.path, node.line, name, "a JOIN ends with several variants; in a search REDUCE is wanted")
        if isinstance(node.task, Splitting):
            merges = {other for other in body.reached(name) if body.nodes[other].kind == "REDUCE"}
            ends = [other for other in _unmerged(body, name, merges) if isinstance(body.nodes[other].task, Ending)]
            if ends:
                raise placed(body.path, node.line, name, "its branches do not meet at a REDUCE before the search ends")


def _unmerged(flow: Flow, name: str, merges: set[str]) -> set[str]:
    """Tasks to which ways lead from a fork that pass none of some tasks."""
    found: set[str] = set()
    waiting = flow.after(name)
    while waiting:
        here = waiting.pop()
        if here not in found and here not in merges:
            found.add(here)
            waiting += flow.after(here)
    return found
