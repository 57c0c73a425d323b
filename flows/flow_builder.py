"""From tasks as the yaml has them to a flow: their classes, parameters and ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from t2c.common.errors import UserError
from t2c.common.shown import shown
from t2c.flows.control_task import CONTROLS, ControlTask, Splitting
from t2c.flows.errors import FlowError, placed
from t2c.flows.graph import Flow, FlowNode, NodeSpec
from t2c.flows.own_code import own_code
from t2c.flows.parameters import Configured, ParameterError
from t2c.flows.task import TASKS, Task

WAYS = ("then", "else", "again")
"""Fields that name tasks to go to."""
END = "(end)"
"""The STOP at which the body of a search ends."""


def build_flow(specs: Sequence[NodeSpec], *, name: str, path: str, home: Path, subject: Mapping[str, Any]) -> Flow:
    """Make a flow of tasks; the arguments are those of `Flow`.

    Raises:
        FlowError: a task that does not exist, or gets what it does not take; the message names it and its line.
    """
    following = dict(pairwise(spec.name for spec in specs))
    names = {spec.name for spec in specs}
    nodes = {}
    for spec in specs:
        try:
            nodes[spec.name] = _node(spec, following.get(spec.name, ""), names, path, home, subject)
        except UserError as error:
            line = spec.lines.get(error.name, spec.line) if isinstance(error, ParameterError) else spec.line
            raise placed(path, line, spec.name, error) from error
    return Flow(name=name, path=path, home=home, subject=subject, nodes=nodes, specs=tuple(specs))


def build_body(
    specs: Sequence[NodeSpec],
    *,
    name: str,
    path: str,
    home: Path,
    subject: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
) -> Flow:
    """Make the flow inside a task, which ends after its last task.

    Args:
        specs: its tasks; name: of the task around it.
        path, home, subject: as of `build_flow`.
        settings: values of parameters, by `task.parameter`, over those of the yaml.
    """
    overridden = []
    for spec in specs:
        given = {key: value for key, value in (settings or {}).items() if key.partition(".")[0] == spec.name}
        fields = {**spec.fields, **{key.partition(".")[2]: value for key, value in given.items()}}
        overridden.append(NodeSpec(**{**vars(spec), "fields": fields}))
    end = NodeSpec(name=END, kind="STOP", line=specs[-1].line)
    return build_flow([*overridden, end], name=name, path=path, home=home, subject=subject)


def _node(
    spec: NodeSpec, following: str, names: set[str], path: str, home: Path, subject: Mapping[str, Any]
) -> FlowNode:
    found = find_class(spec.kind, home)
    wanted = found.ways if issubclass(found, ControlTask) else ("then",)
    given: dict[str, Any] = {key: value for key, value in spec.fields.items() if key not in wanted}
    if spec.body:
        given["body"] = build_body(spec.body, name=spec.name, path=path, home=home, subject=subject)
    task = found(**given)
    task.identity()  # of the files as they were read now
    ways = {way: _targets(spec, way, following, names, issubclass(found, Splitting)) for way in wanted}
    if len(ways) > 1 and len(set(ways.values())) == 1:
        raise FlowError(f"its ways {' and '.join(ways)} lead to the same task")
    return FlowNode(name=spec.name, kind=spec.kind, line=spec.line, task=task, ways=ways)


def _targets(spec: NodeSpec, way: str, following: str, names: set[str], several: bool) -> tuple[str, ...]:
    """The tasks to which a way leads."""
    given = spec.fields.get(way)
    if given is None:
        if several or way == "again":
            raise FlowError(f"{way} is missing: {'two or more tasks' if several else 'the task to go back to'}")
        if not following:
            raise FlowError("it is the last task and no STOP: nothing says where the flow goes on")
        return (following,)
    targets = tuple(given) if isinstance(given, list) else (given,)
    for target in targets:
        if not isinstance(target, str) or target not in names:
            raise ParameterError(way, f"{way}: there is no task {shown(target)}")
    if several and (len(targets) < 2 or len(set(targets)) < len(targets)):
        raise ParameterError(way, f"{way}: two or more tasks are wanted, each once")
    if not several and len(targets) != 1:
        raise ParameterError(way, f"{way}: one task is wanted; several are for a FORK")
    return targets


def find_class(kind: str, home: Path) -> type[Configured]:
    """The class of a kind of task, ours, of a plug-in, or FILE.py:CLASS beside the yaml.

    Raises:
        FlowError: there is none.
        UserError: the file has none, or cannot be imported.
    """
    if ".py:" in kind:
        return _own_class(kind, home)
    found = CONTROLS.find(kind) or TASKS.find(kind)
    if found is None:
        names = ", ".join((*TASKS.names(), *CONTROLS.names()))
        raise FlowError(f"there is no task {shown(kind)}; there are {names}, and FILE.py:CLASS of your own")
    return found


def _own_class(kind: str, home: Path) -> type[Task]:
    found: Any = own_code(kind, home).call
    if not (isinstance(found, type) and issubclass(found, Task)):
        raise FlowError(f"{kind} is no class of t2c.flows.task.Task")
    return found
