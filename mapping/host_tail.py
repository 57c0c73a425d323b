"""What the host does after the core: layers at the end whose results are wider than the core's words."""

from __future__ import annotations

from dataclasses import replace

from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node


def without_tail(graph: Graph, bits: int) -> tuple[Graph, tuple[Node, ...]]:
    """Split a network where its end leaves the core.

    Classifiers often end in sums that nothing quantises: a linear layer of 16 bits, perhaps with a view behind it. The
    host takes each last node, from the end on, whose output has more than `bits` bits and whose one input another node
    makes. Whatever else the core does not run stays, so that the compiler names it.

    Returns:
        The network without these nodes, itself if there are none, and the nodes in their order.
    """
    makers = {node.output: node for node in graph.nodes}
    output = graph.output
    tail: list[Node] = []
    while output in makers and graph.edges[output].bits > bits:
        node = makers[output]
        if len(node.inputs) != 1 or node.inputs[0] not in makers:
            break
        tail.insert(0, node)
        output = node.inputs[0]
    if not tail:
        return graph, ()
    gone = {node.output for node in tail}
    if any(edge in gone for node in graph.nodes if node not in tail for edge in node.inputs):
        return graph, ()
    edges = {name: edge for name, edge in graph.edges.items() if name not in gone}
    nodes = tuple(node for node in graph.nodes if node not in tail)
    return replace(graph, nodes=nodes, edges=edges, output=output), tuple(tail)
