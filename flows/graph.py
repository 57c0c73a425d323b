"""A flow as it was read: tasks, and the edges between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from t2c.flows.parameters import Configured


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """A task as the yaml has it. name; kind: such as PRUNE, or own.py:Class; line: in the yaml, from 1.

    fields: the others, plain JSON, numbers as texts; lines: of each field, and of the entries in it as `over.a.b`;
    body: the tasks in it.
    """

    name: str
    kind: str
    line: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    body: tuple[NodeSpec, ...] = ()

    def to_json(self, *, lines: bool) -> dict[str, Any]:
        """As plain JSON; without `lines` it says what is done, and not where that stands."""
        data = {**asdict(self), "body": [spec.to_json(lines=lines) for spec in self.body]}
        return data if lines else {**data, "line": 0, "lines": {}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NodeSpec:
        """Rebuild."""
        return cls(**{**data, "body": tuple(map(cls.from_json, data["body"]))})


@dataclass(frozen=True, kw_only=True)
class FlowEdge:
    """source, target: names of tasks; label: then, else or again."""

    source: str
    target: str
    label: str


@dataclass(frozen=True, kw_only=True)
class FlowNode:
    """A task of a flow. name, kind, line: of `NodeSpec`; task: with its parameters; ways: label -> tasks to go to."""

    name: str
    kind: str
    line: int
    task: Configured
    ways: Mapping[str, tuple[str, ...]]

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters as plain JSON, defaults included."""
        return self.task.stated()


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow that was read and checked.

    name: of the flow; path: of the yaml as the user wrote it; home: its folder, absolute; subject: head of the yaml;
    nodes: by name in the order of the file; specs: what they were made of.
    """

    name: str
    path: str
    home: Path
    subject: Mapping[str, Any]
    nodes: Mapping[str, FlowNode]
    specs: tuple[NodeSpec, ...]

    @property
    def first(self) -> str:
        """The task with which it begins."""
        return next(iter(self.nodes))

    @cached_property
    def edges(self) -> tuple[FlowEdge, ...]:
        """All edges in the order of the file."""
        return tuple(
            FlowEdge(source=node.name, target=target, label=label)
            for node in self.nodes.values()
            for label, targets in node.ways.items()
            for target in targets
        )

    def after(self, name: str) -> list[str]:
        """Tasks that may follow one directly."""
        return [edge.target for edge in self.edges if edge.source == name]

    def before(self, name: str) -> list[str]:
        """Tasks that one may follow directly."""
        return [edge.source for edge in self.edges if edge.target == name]

    def reached(self, name: str, *, without: str = "") -> set[str]:
        """All tasks to which ways lead from one, itself only if a cycle does; `without` is not passed through."""
        found: set[str] = set()
        waiting = self.after(name)
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting += self.after(here) if here != without else []
        return found

    def to_json(self) -> dict[str, Any]:
        """For a result: tasks and edges as plain JSON."""
        return {
            "name": self.name,
            "yaml": self.path,
            "subject": dict(self.subject),
            "tasks": list(self._described()),
            "edges": [asdict(edge) for edge in self.edges],
        }

    def _described(self) -> Iterator[dict[str, Any]]:
        for node in self.nodes.values():
            inside = getattr(node.task, "body", None)
            yield {
                **{"name": node.name, "kind": node.kind, "line": node.line, "parameters": node.parameters},
                **({"body": inside.to_json()} if isinstance(inside, Flow) else {}),
            }
