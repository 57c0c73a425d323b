"""How a tensor lies in words of its own, by the nodes that take it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.mapping.lower import Site, channels_taken, lower, multiplies_activations, takes_rows


def own_layout(node: Node, edge: TensorSpec, rows: int) -> Layout:
    """Layout of a tensor in words of its own, as a node takes or gives it."""
    try:
        return (Layout.of_rows if takes_rows(node) else Layout.of)(edge.shape, rows)
    except ShapeError as error:
        raise UnsupportedError(f"layer {node.name!r}: edge {edge.name!r}: {error}") from error


def output_layout(graph: Graph, nodes: Sequence[Node], hardware: Hardware, lanes: tuple[int, ...] = ()) -> Layout:
    """How the output of the first of these nodes is to lie in words of its own, by those that read it.

    A map lies as a map; but slices of its channels from which a product takes both operands each begin with a memory
    word. Rows (..., S) lie one after the other; but heads (H, T, D) lie side by side where somebody can then read them
    as the map (H * D, T, 1), and otherwise could not.

    Args:
        graph, nodes, hardware: what runs, and where.
        lanes: of each channel, where the array gives them in another order.

    Raises:
        UnsupportedError: the core holds no such shape.
    """
    node = nodes[0]
    if lanes:
        return Layout.of_lanes(graph.edges[node.output].shape, hardware.rows, lanes)
    own = own_layout(node, graph.edges[node.output], hardware.rows)
    part = _operands(nodes[1:], node.output) if node.weights and len(own.shape) == 3 else 0
    if part % hardware.rows:
        return Layout.of_parts(own.shape, hardware.rows, part=part)
    if not takes_rows(node) or len(own.shape) != 3:
        return own
    heads = Layout.of_heads(own.shape, hardware.rows)
    found = {layout: set(_maps_read(graph, nodes[1:], hardware, node.output, layout)) for layout in (own, heads)}
    return heads if found[heads] - found[own] else own


def _operands(nodes: Sequence[Node], edge: str) -> int:
    """Channels of each slice, if slices are all that is read of a map and a product multiplies two of them; else 0."""
    readers = [node for node in nodes if edge in node.inputs]
    taken = [channels for node in readers if (channels := channels_taken(node)) is not None]
    lengths = {len(channels) for channels in taken}
    if len(taken) < len(readers) or len(lengths) != 1 or any(channels.start % len(channels) for channels in taken):
        return 0
    origins = {node.output: node.output for node in readers}
    for node in nodes:
        seen = {origins[name] for name in node.inputs if name in origins}
        if multiplies_activations(node) and len(seen) > 1:
            return lengths.pop()
        if not node.moves_data and seen:
            origins[node.output] = seen.pop()
    return 0


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
                views[node.output] = lower(node, site_of(graph, node, hardware, (source,), source)).layout


def site_of(graph: Graph, node: Node, hardware: Hardware, sources: tuple[Layout, ...], target: Layout) -> Site:
    """Where a node runs, every tensor in words of its own."""
    return Site(
        hardware=hardware,
        inputs=graph.inputs_of(node),
        output=graph.edges[node.output],
        sources=sources,
        target=target,
        roots=node.inputs,
        root=node.output,
    )
