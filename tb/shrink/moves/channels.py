"""Fewer channels: a part of those of one tensor, wherever they go and come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt
from t2c.tb.shrink.fitting import changed
from t2c.tb.shrink.search import Search, Trying, fewest

Channels = set[int]
Link = tuple[str, str, Callable[[Channels], Channels]]
"""If these channels of one tensor are kept, those of another are."""


def channels(search: Search) -> Trying:
    """Shrink the tensors in turn, the last one first; the failing value's channel is the favourite there."""
    for edge in [search.case.package.graph.output, *reversed(list(search.case.package.graph.edges))]:
        graph = search.case.package.graph
        if edge not in graph.edges:
            continue
        count = graph.edges[edge].shape[0]
        favourite = min(search.failure.channel, count - 1) if edge == graph.output else 0
        yield from fewest(range(count), partial(_keep, search.case, edge), favourite)


def _links(node: Node, graph: Graph) -> Iterator[Link]:
    """How the channels of a node's tensors hang together."""
    source, target = graph.edges[node.inputs[0]].shape, graph.edges[node.output].shape
    if "I" in node.weight_axes:
        groups = node.weights.groups if node.weights else 1
        if groups > 1:
            per_source, per_target = source[0] // groups, target[0] // groups
            yield node.inputs[0], node.output, partial(_groups, per_source, per_target)
            yield node.output, node.inputs[0], partial(_groups, per_target, per_source)
        return
    for name in node.inputs:
        if len(source) == 3 and len(target) == 1:  # a flatten
            pixels = math.prod(source[1:])
            yield name, node.output, partial(_groups, 1, pixels)
            yield node.output, name, partial(_groups, pixels, 1)
        else:
            yield name, node.output, set
            yield node.output, name, set


def _groups(per_source: int, per_target: int, kept: Channels) -> Channels:
    """Channels of the same groups on the other side."""
    return {group * per_target + i for group in {c // per_source for c in kept} for i in range(per_target)}


def _kept(graph: Graph, edge: str, chosen: list[int]) -> dict[str, list[int]]:
    """What has to be kept of each tensor so that these channels of one can be; tensors that stay whole are left out."""
    kept = {edge: set(chosen)}
    links = [link for node in graph.nodes for link in _links(node, graph)]
    grown = True
    while grown:
        grown = False
        for start, end, carry in links:
            if start in kept and not (new := carry(kept[start])) <= kept.get(end, set()):
                kept[end] = kept.get(end, set()) | new
                grown = True
    return {name: sorted(numbers) for name, numbers in kept.items()}


def _keep(case: ShrinkCase, edge: str, chosen: list[int]) -> ShrinkCase:
    graph, samples = case.package.graph, case.package.samples
    kept = _kept(graph, edge, chosen)
    nodes = [_sliced(node, graph, kept) for node in graph.nodes]
    source = graph.edges[graph.input]
    if graph.input in kept:
        samples = samples[:, kept[graph.input]]
        source = replace(source, shape=tuple(samples.shape[1:]))
    return case.running(rebuilt(case.package, nodes=nodes, source=source, samples=samples))


def _sliced(node: Node, graph: Graph, kept: dict[str, list[int]]) -> Node:
    """The node on the channels that are kept."""
    fields: dict[str, Any] = {}
    inputs, outputs = kept.get(node.inputs[0]), kept.get(node.output)
    stage = node.stage
    if outputs is not None and isinstance(stage, MulQuant) and stage.channels > 1:
        parts = {name: getattr(stage, name)[outputs] for name in ("multiplier", "bias", "shift")}
        fields[node.stage_field] = replace(stage, **parts)
    if node.weight_axes and node.weights is not None:
        weight, groups = node.weights.values, node.weights.groups
        if outputs is not None:
            weight = weight[outputs]
        if inputs is not None and "I" in node.weight_axes:
            if groups > 1:
                fields["groups"] = len(inputs) // (graph.edges[node.inputs[0]].shape[0] // groups)
            else:
                weight = weight[:, inputs]
        fields["weight"] = weight
    return changed(node, **fields) if fields else node
