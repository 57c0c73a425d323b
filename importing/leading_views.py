"""Views of a network's input, done once for all by whoever writes the input: the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.importing.source_tensor import SourceTensor

HELD = (1, 3)
"""Axes of an input that a core holds: (F,) or (C, H, W)."""


def without_leading_views(graph: Graph, tensors: Sequence[SourceTensor]) -> tuple[Graph, list[SourceTensor]]:
    """Begin a network behind the reshapes and transposes of its input.

    Files often take a flat vector, or channels last, and turn it first; the words of such a vector do not lie in
    memory as the map that comes of it, and nothing is computed.

    Returns:
        The network whose input is what they make of it, if that has one axis or three, and the tensors, those of the
        input where they are now.
    """
    best, best_tensors, placed = graph, list(tensors), list(tensors)
    while (view := _leading_view(graph)) is not None:
        node, order = view
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        placed = [
            replace(tensor, edge=node.output, order=place[tensor.order]) if tensor.edge == graph.input else tensor
            for tensor in placed
        ]
        edges = {name: edge for name, edge in graph.edges.items() if name != graph.input}
        nodes = tuple(each for each in graph.nodes if each is not node)
        graph = replace(graph, edges=edges, nodes=nodes, input=node.output)
        if len(edges[node.output].shape) in HELD:
            best, best_tensors = graph, placed
    return best, best_tensors


def _leading_view(graph: Graph) -> tuple[Node, IntArray] | None:
    """The one node that reads the input, if it only orders its elements anew, and which element each of its own is."""
    readers = [node for node in graph.nodes if graph.input in node.inputs]
    if len(readers) != 1 or readers[0].moves_data or len(readers[0].inputs) != 1 or len(graph.nodes) == 1:
        return None
    node, source = readers[0], graph.edges[graph.input]
    size = int(np.prod(source.shape))
    if node.output == graph.output or int(np.prod(graph.edges[node.output].shape)) != size:
        return None
    numbers = np.arange(size, dtype=np.int64).reshape(1, *source.shape)
    return node, np.asarray(node.forward([numbers], [source])).reshape(-1)
