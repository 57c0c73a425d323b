"""Where tensors are to be written so that joins have nothing to move: known before the nodes that write them run."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from t2c.contract.activation_layout import Layout
from t2c.golden.errors import ShapeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.lower import places_of_inputs, takes_rows


@dataclass(frozen=True, kw_only=True)
class WantedPlace:
    """root: the edge that has the words; layout: of the tensor in them."""

    root: str
    layout: Layout


def wanted_places(graph: Graph, nodes: Sequence[Node], rows: int, alone: Set[str]) -> dict[str, WantedPlace]:
    """WantedPlace by edge of every joined tensor, and of every tensor that can be written as a part of one.

    A join is asked for the places of its inputs, and so is a view that lies between a tensor and its join. A tensor
    that two joins want, or one join twice, is written for the one that comes last. alone: edges that have to stay out
    of joins.
    """
    found: dict[str, WantedPlace] = {}
    writers = {node.output: node for node in nodes}
    for node in reversed(nodes):
        inputs = graph.inputs_of(node)
        place = found.get(node.output)
        if place is None and node.moves_data:
            try:
                place = WantedPlace(root=node.output, layout=Layout.of(graph.edges[node.output].shape, rows, copies=1))
            except ShapeError:
                continue
        if place is None:
            continue
        parts = places_of_inputs(node, inputs, place.layout)
        if parts and node.moves_data:
            found[node.output] = place
        for name, part in zip(node.inputs, parts, strict=False):
            if name in writers and name not in {*found, *alone} and _writable(writers[name], part):
                found[name] = WantedPlace(root=place.root, layout=part)
    return found


def _writable(writer: Node, part: Layout) -> bool:
    """Whether a node can write its output there: a view passes it on, a step writes row after row."""
    return not writer.moves_data or (not takes_rows(writer) and part.is_map and part.rows_follow)
