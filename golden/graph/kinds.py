"""The kinds of nodes by their operation: ours in `t2c.golden.nodes`, those of others in plug-ins."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TypeVar

from t2c.common.registry import Registry
from t2c.golden.graph.node import Node

NODES: Registry[type[Node]] = Registry("kind of node", "t2c.golden.nodes")

Kind = TypeVar("Kind", bound=type[Node])


def register_node(kind: Kind) -> Kind:
    """Make a kind of node known by its `op`; stands above `@dataclass(frozen=True, kw_only=True, eq=False)`.

    Raises:
        TypeError: the class cannot be a kind of node; the message says why.
        ValueError: another module has registered its operation.
    """
    place = f"kind of node {kind.__module__}.{kind.__qualname__}"
    if not isinstance(getattr(kind, "op", None), str) or not kind.op:
        raise TypeError(f"{place}: `op` names no operation")
    if inspect.isabstract(kind):
        raise TypeError(f"{place}: it lacks {', '.join(sorted(kind.__abstractmethods__))}")
    held = {field.name for field in dataclasses.fields(kind)} - {"name", "inputs", "output"}
    declared = [field.name for field in kind.fields]
    if held != set(declared) or len(declared) > len(held):
        raise TypeError(f"{place}: `fields` declares {declared}, the dataclass holds {sorted(held)}")
    for name in held:
        if hasattr(Node, name):
            raise TypeError(f"{place}: every node has a property {name!r}; no field may have its name")
    tensors = [name for field in kind.fields for name in field.tensors]
    if len(set(tensors)) < len(tensors):
        raise TypeError(f"{place}: two tensors have one name in {tensors}; give a record a prefix")
    NODES.register(kind.op, kind)
    return kind


def node_kinds() -> tuple[type[Node], ...]:
    """All kinds of nodes: ours in the order of docs/arithmetic.md, then those of plug-ins.

    Raises:
        UserError: a plug-in cannot be imported.
    """
    found = [kind for name in NODES.names() if (kind := NODES.find(name))]
    return tuple(sorted(found, key=lambda kind: (not kind.section, kind.section)))
