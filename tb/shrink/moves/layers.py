"""Fewer layers: what follows the first wrong one goes, and golden's tensor takes the place of what leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt, tensors_of
from t2c.tb.shrink.fitting import changed
from t2c.tb.shrink.search import Search, Trying


def cut(search: Search) -> Trying:
    """Keep what leads from one tensor to the first wrong layer; the nearest tensor is tried first."""
    case = search.case
    target = _target(case, search.failure.layer)
    for edge in _gates(case.package.graph, target):
        if (yield partial(_between, case, edge, target)):
            return
    nodes = case.package.graph.nodes
    for index, node in enumerate(nodes[:-1]):  # where no layer is named, or the first wrong one is not to blame
        if not case.alone and node is not target and (yield partial(_until, case, nodes[index])):
            return


def bypass(search: Search) -> Trying:
    """Take a layer out: another tensor of the same shape goes where its result went."""
    for name in [node.name for node in reversed(search.case.package.graph.nodes)]:
        graph = search.case.package.graph
        node = next((node for node in graph.nodes if node.name == name), None)
        if node is None or name == search.case.request.layer or node.output == graph.output:
            continue
        for edge in (*node.inputs, graph.input):
            if (yield partial(_without, search.case, node, edge)):
                break


def operand(search: Search) -> Trying:
    """Make one operand of a two-operand layer of the other one, by a layer that copies it."""
    case = search.case
    for node in case.package.graph.nodes:
        left, right = node.inputs[0], node.inputs[-1]
        if left == right:
            continue
        for keep, other in ((left, right), (right, left)):
            if (yield partial(_copied, case, node, keep, other)):
                return


def _target(case: ShrinkCase, layer: str) -> Node:
    """The node to keep: the one that runs alone, else the first wrong one, else the last."""
    wanted = case.request.layer if case.alone else layer
    nodes = case.package.graph.nodes
    return next((node for node in nodes if node.name == wanted), nodes[-1])


def _gates(graph: Graph, target: Node) -> Iterator[str]:
    """Tensors through which all goes that reaches the node, the nearest first."""
    edges = [graph.input, *(node.output for node in graph.nodes)]
    before = edges[: edges.index(target.output)]
    makers = {node.output: node for node in graph.nodes}
    for edge in reversed(before):
        open_ends, reached = [*target.inputs], set()
        while open_ends:
            name = open_ends.pop()
            if name != edge and name not in reached:
                reached.add(name)
                open_ends += makers[name].inputs if name in makers else ()
        if graph.input not in reached:
            yield edge


def _between(case: ShrinkCase, edge: str, target: Node) -> ShrinkCase:
    graph = case.package.graph
    nodes = [node for node in graph.nodes if node.output != edge]
    nodes = nodes[: nodes.index(target) + 1]
    samples = tensors_of(case.package, edge)
    return case.running(
        rebuilt(case.package, nodes=nodes, source=graph.edges[edge], output=target.output, samples=samples)
    )


def _until(case: ShrinkCase, last: Node) -> ShrinkCase:
    nodes = case.package.graph.nodes
    return case.running(rebuilt(case.package, nodes=nodes[: nodes.index(last) + 1], output=last.output))


def _without(case: ShrinkCase, gone: Node, edge: str) -> ShrinkCase:
    nodes = [
        changed(node, inputs=tuple(edge if name == gone.output else name for name in node.inputs))
        for node in case.package.graph.nodes
        if node is not gone
    ]
    return case.running(rebuilt(case.package, nodes=nodes))


def _copied(case: ShrinkCase, user: Node, keep: str, other: str) -> ShrinkCase:
    """`other` becomes a copy of `keep`, in its own reading; everything that led to it alone goes."""
    graph = case.package.graph
    spec = graph.edges[other]
    stage = MulQuant(
        multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), zero_point=spec.zero_point,
        lo=spec.format.lo, hi=spec.format.hi, widths=graph.widths,
    )  # fmt: skip
    channels = spec.shape[0]
    names: dict[str, Any] = {"name": "copy", "inputs": (keep,), "output": other, "weight_bits": 2, "mulquant": stage}
    if len(spec.shape) == 3:
        copy: Node = Conv2d(weight=np.ones((channels, 1, 1, 1), np.int64), groups=channels, **names)
    else:
        copy = Linear(weight=np.eye(channels, dtype=np.int64), **names)
    nodes = [node for node in graph.nodes if node.output != other]
    place = next(index for index, node in enumerate(nodes) if node is user)
    smaller = rebuilt(case.package, nodes=[*nodes[:place], copy, *nodes[place:]])
    # What led to the operand that is kept goes as well, where nothing else comes of it.
    users = [node for node in smaller.graph.nodes if node.name in ("copy", user.name)]
    if keep != graph.input and all(keep in node.inputs for node in users):
        rest = [node for node in smaller.graph.nodes if node.output != keep]
        source, samples = graph.edges[keep], tensors_of(case.package, keep)
        smaller = rebuilt(smaller, nodes=rest, source=source, samples=samples)
    return case.running(smaller)
