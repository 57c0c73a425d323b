"""Which lane each output channel takes on an array whose columns have several elements: one that its filter is for.

No data moves: a tensor lies in the lanes in which the array gives it, and who reads it has its weights in that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.elements.products import grouped_channels
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.lower import keeps_lanes

Kinds = frozenset[int]
"""Numbers of parts of `Columns` that a channel may lie on."""


@dataclass
class _Tie:
    """Tensors whose channels lie alike. edges: their names; natural: somebody reads them in golden's order."""

    edges: set[str] = field(default_factory=set)
    natural: bool = False


def lane_orders(graph: Graph, nodes: Sequence[Node], hardware: Hardware) -> Mapping[str, tuple[int, ...]]:
    """Lane of each channel, by edge; an edge that lies in golden's order is not there.

    Layers whose outputs are added or otherwise meet lane by lane share one order; what joins, cuts or turns tensors
    wants golden's, and then each filter must fit the column that it has by its number.

    Raises:
        UnsupportedError: a filter that no column holds, or two layers with one order whose filters of a number want
            different columns; the message names layer and filter.
    """
    if not hardware.columns.mixed:
        return {}
    ties = _ties(nodes)
    orders: dict[str, tuple[int, ...]] = {}
    for tie in ties:
        producers = [node for node in nodes if node.weights and node.output in tie.edges]
        if tie.natural or not producers:
            continue
        order = _order(producers, hardware)
        if order != tuple(range(len(order))):
            orders |= dict.fromkeys(tie.edges, order)
    return orders


def _ties(nodes: Sequence[Node]) -> list[_Tie]:
    """Every edge in its tie."""
    of: dict[str, _Tie] = {}
    produced = {node.output for node in nodes}

    def tie_of(edge: str) -> _Tie:
        if edge not in of:
            of[edge] = _Tie(edges={edge}, natural=edge not in produced)
        return of[edge]

    for node in nodes:
        mine = tie_of(node.output)
        for edge in node.inputs:
            other = tie_of(edge)
            if keeps_lanes(node) and other is not mine:
                mine.edges |= other.edges
                mine.natural |= other.natural
                of |= dict.fromkeys(other.edges, mine)
            elif not keeps_lanes(node) and not node.weights:
                other.natural = mine.natural = True
    return list({id(tie): tie for tie in of.values()}.values())


def _kinds(node: Node, hardware: Hardware) -> list[Kinds]:
    """Parts that hold each filter of a layer."""
    assert node.weights is not None
    weights, columns = node.weights.values, hardware.columns
    grouped = grouped_channels(weights, columns.span).reshape(len(weights), -1, columns.span)
    legal = [element.legal(grouped, hardware.w_w).all(axis=1) for element, _ in columns.parts]
    found = [frozenset(np.flatnonzero(mine).tolist()) for mine in np.array(legal).T]
    for number, kinds in enumerate(found):
        if not kinds:
            names = " or ".join(element.name for element, _ in columns.parts)
            raise UnsupportedError(f"layer {node.name!r}: filter {number}: no column, of {names}, holds its weights")
    return found


def _order(producers: Sequence[Node], hardware: Hardware) -> tuple[int, ...]:
    """Lanes, as few as there can be: first the filters that want one kind of column, then the others in the gaps."""
    first, *others = producers
    allowed = _kinds(first, hardware)
    for other in others:
        theirs = _kinds(other, hardware)
        for number, (mine, its) in enumerate(zip(allowed, theirs, strict=True)):
            if not mine & its:
                text = f"filter {number} wants another column than that of layer {first.name!r}, to which it is added"
                raise UnsupportedError(f"layer {other.name!r}: {text}")
        allowed = [mine & its for mine, its in zip(allowed, theirs, strict=True)]
    part = np.array(hardware.columns.of_column)
    lanes = np.arange(hardware.cols * len(allowed))
    free = {kind: list(lanes[part[lanes % hardware.cols] == kind]) for kind in range(len(hardware.columns.parts))}
    order = [-1] * len(allowed)
    for number in sorted(range(len(allowed)), key=lambda number: (len(allowed[number]), number)):
        kind = min(allowed[number], key=lambda kind: free[kind][0])
        order[number] = int(free[kind].pop(0))
    return tuple(order)
