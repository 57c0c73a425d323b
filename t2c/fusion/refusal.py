"""Errors that name a node, and what no input changes: shapes, parameters and what is made of these."""

from __future__ import annotations

from typing import Any

from torch import Tensor, fx

from t2c.golden.errors import UnsupportedError

FIXED = "fixed"
"""Key of a node's meta: the value of a node that no input changes, but for the batch."""
PARTS = "parts"
"""Key of a node's meta: the shapes of a tuple of tensors."""


def refuse(node: fx.Node, why: str) -> UnsupportedError:
    """The error for a node that cannot be converted."""
    target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", node.target)
    return UnsupportedError(f"node {node.name!r} ({node.op} {target}): {why}")


def asks_shape(node: fx.Node) -> bool:
    """True if a node asks for a shape and reads no value: x.size(), x.shape."""
    return node.target in ("size", "dim") or (
        node.target is getattr and node.args[1] in ("shape", "ndim", "dtype", "device")
    )


def fixed_nodes(graph: fx.Graph) -> set[fx.Node]:
    """Nodes whose values no input changes: parameters, shapes, and what is computed of these alone."""
    found: set[fx.Node] = set()
    for node in graph.nodes:
        sources = node.all_input_nodes
        made = node.op in ("call_function", "call_method") and sources and not set(sources).difference(found)
        if node.op == "get_attr" or made or (node.op.startswith("call") and asks_shape(node)):
            found.add(node)
    return found


def bound(node: fx.Node, names: str) -> dict[str, Any]:
    """Arguments of a call by name, numbers for nodes that are fixed; names: of the positional ones after the first."""
    given = dict(zip(names.split(), node.args[1:], strict=False)) | dict(node.kwargs)
    return {name: settled(value) for name, value in given.items()}


def settled(value: Any) -> Any:
    """A number in place of the node that gives it, inside tuples and slices too."""
    return fx.map_arg(value, lambda node: node if isinstance(node.meta.get(FIXED, node), Tensor) else _fixed(node))


def _fixed(node: fx.Node) -> Any:
    return node.meta.get(FIXED, node)


def constant_of(value: Any) -> Tensor | None:
    """The tensor that a fixed operand holds, the same for all images; None if it is no fixed tensor."""
    held = value.meta.get(FIXED) if isinstance(value, fx.Node) else None
    return held if isinstance(held, Tensor) else None
