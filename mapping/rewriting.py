"""Nodes that the core has no step for, as nodes that it has: done to a graph before it is compiled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from t2c.common.registry import Registry
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import WHOLE, Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Rewritten:
    """What stands in the place of a node.

    before: nodes for the place of the node that writes its input, whose own output nobody reads any more; they are
    empty if that node stays. nodes: for its own place; the last has its name and its output. edges: new ones.
    """

    nodes: tuple[Node, ...]
    edges: tuple[TensorSpec, ...]
    before: tuple[Node, ...] = ()


Rewriting = Callable[[Any, Graph, Node | None], Rewritten]
REWRITINGS: Registry[Rewriting] = Registry("rewriting of", "t2c.mapping.lowering")


def rewrites(op: str) -> Callable[[Rewriting], Rewriting]:
    """Register a function (node, graph, writer) that replaces a node of an operation.

    writer: the node that writes its input, if all who read that are of the operation and it is not the network's
    output, so that it can go; else None. It raises UnsupportedError, with the layer's name, where it cannot.
    """
    return REWRITINGS(op)


def on_the_core(graph: Graph, layer: str = WHOLE) -> Graph:
    """The same network without nodes that are to be rewritten; the graph itself if it has none.

    All its other tensors, and the outputs of the nodes that are rewritten, keep their names and values. A node that
    cannot be rewritten stays, where `layer`, a node's name or "all", asks for another one.

    Raises:
        UnsupportedError: a node that is asked for cannot be rewritten.
    """
    if all(REWRITINGS.find(node.op) is None for node in graph.nodes):
        return graph
    return _rewrite(graph, layer)


def _rewrite(graph: Graph, layer: str) -> Graph:
    writers, edges = _writers_to_go(graph), dict(graph.edges)
    made: dict[str, tuple[Node, ...]] = {}
    for node in graph.nodes:
        rewriting = REWRITINGS.find(node.op)
        if rewriting is None:
            continue
        writer = writers.get(node.inputs[0])
        try:
            found = rewriting(node, graph, writer)
        except UnsupportedError:
            if layer in (WHOLE, node.name):
                raise
            continue
        made[node.name] = found.nodes
        edges |= {edge.name: edge for edge in found.edges}
        if writer and found.before:
            made[writer.name] = (*made.get(writer.name, ()), *found.before)
            edges.pop(writer.output, None)
    nodes = tuple(new for node in graph.nodes for new in made.get(node.name, (node,)))
    return replace(graph, nodes=nodes, edges=edges)


def _writers_to_go(graph: Graph) -> Mapping[str, Node]:
    """By edge, who writes it, where only nodes that are rewritten read it."""
    readers = Counter(edge for node in graph.nodes for edge in node.inputs)
    rewritten = Counter(edge for node in graph.nodes if REWRITINGS.find(node.op) for edge in node.inputs)
    return {
        node.output: node
        for node in graph.nodes
        if node.output != graph.output and 0 < readers[node.output] == rewritten[node.output]
    }
