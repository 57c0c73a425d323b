"""Whose words each tensor lies in, and how: every edge gets its layout, and every node that moves data its plan."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.mapping.lower import SameWords, Site, lower, takes_rows
from t2c.mapping.plan import LayerPlan


@dataclass(frozen=True, kw_only=True)
class Placement:
    """layouts: by edge; roots: the edge that has the words of each edge, itself or the source of a view; plans: by name
    of the nodes that move data."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    plans: dict[str, LayerPlan] = field(default_factory=dict)


def place(graph: Graph, nodes: Sequence[Node], hardware: Hardware) -> Placement:
    """Plan the nodes one after the other, each on the layouts that those before it have given.

    Raises:
        UnsupportedError, RangeError: as `t2c.mapping.lower.lower`; or no node moves data.
    """
    found = Placement()
    for index, node in enumerate(nodes):
        for name in node.inputs:
            if name not in found.layouts:
                found.layouts[name] = _own(node, graph.edges[name], hardware.rows)
                found.roots[name] = name
        sources = tuple(found.layouts[name] for name in node.inputs)
        target = output_layout(graph, nodes[index:], hardware) if node.moves_data else sources[0]
        lowered = lower(node, _site(graph, node, hardware, sources, target))
        found.layouts[node.output] = lowered.layout
        if isinstance(lowered, SameWords):
            found.roots[node.output] = found.roots[node.inputs[0]]
        else:
            found.roots[node.output] = node.output
            found.plans[node.name] = lowered
    if not found.plans:
        raise UnsupportedError(f"layer {nodes[0].name!r}: {nodes[0].op} moves no data; there is nothing to run")
    return found


def _own(node: Node, edge: TensorSpec, rows: int) -> Layout:
    """Layout of a tensor in words of its own, as a node takes or gives it."""
    try:
        return (Layout.of_rows if takes_rows(node) else Layout.of)(edge.shape, rows)
    except ShapeError as error:
        raise UnsupportedError(f"layer {node.name!r}: edge {edge.name!r}: {error}") from error


def output_layout(graph: Graph, nodes: Sequence[Node], hardware: Hardware) -> Layout:
    """How the output of the first of these nodes is to lie in words of its own, by those that read it.

    A map lies as a map. Rows (..., S) lie one after the other; but heads (H, T, D) lie side by side where somebody can
    then read them as the map (H * D, T, 1), and otherwise could not.

    Raises:
        UnsupportedError: the core holds no such shape.
    """
    node = nodes[0]
    own = _own(node, graph.edges[node.output], hardware.rows)
    if not takes_rows(node) or len(own.shape) != 3:
        return own
    heads = Layout.of_heads(own.shape, hardware.rows)
    found = {layout: set(_maps_read(graph, nodes[1:], hardware, node.output, layout)) for layout in (own, heads)}
    return heads if found[heads] - found[own] else own


def _maps_read(graph: Graph, nodes: Sequence[Node], hardware: Hardware, edge: str, layout: Layout) -> Iterator[str]:
    """Edges that nodes take as maps and that lie as maps, of those that are views of a tensor."""
    views = {edge: layout}
    for node in nodes:
        seen = [name for name in node.inputs if name in views]
        if node.moves_data:
            yield from (name for name in seen if not takes_rows(node) and views[name].is_map)
        elif seen:
            source = views[seen[0]]
            with contextlib.suppress(UnsupportedError):
                views[node.output] = lower(node, _site(graph, node, hardware, (source,), source)).layout


def _site(graph: Graph, node: Node, hardware: Hardware, sources: tuple[Layout, ...], target: Layout) -> Site:
    return Site(
        hardware=hardware,
        inputs=graph.inputs_of(node),
        output=graph.edges[node.output],
        sources=sources,
        target=target,
    )
