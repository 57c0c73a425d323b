"""Which tables go along with the results of another node: such a pointwise function costs no step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.lower import PAGES


def followers(graph: Graph, nodes: Sequence[Node]) -> Mapping[str, Node]:
    """By name of a node, the table that its results could pass on their way to the memory.

    It is among the nodes that run, and nobody else reads the tensor before it, nor is that the network's output.
    """
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    writers = {node.output: node for node in nodes}
    found = {}
    for node in nodes:
        if PAGES.find(node.op) is not None and node.inputs[0] in writers:
            writer, edge = writers[node.inputs[0]], node.inputs[0]
            if writer.moves_data and readers[edge] == 1 and edge != graph.output:
                found[writer.name] = node
    return found
