"""How a chip reads the tensors of a package: format, zero point and step of every edge."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, TensorSpec
from t2c.golden.target.constants import scaling_constants
from t2c.golden.target.limits import ChipLimits
from t2c.target.form import form_of

ROUNDS = 64
"""In which steps settle: one makes the next coarser, at most once for every tensor and bit."""
COARSEST = 2.125
"""How much coarser a step may become, for a bit that holds the sign besides what a zero point held."""


def chip_readings(graph: Graph, chip: ChipLimits) -> dict[str, TensorSpec]:
    """Every edge as the chip has it, by name; those between which values only move are read alike.

    What the chip holds stays. Else the sign is turned by moving the zero point, which loses nothing; without zero
    points the step becomes what covers the same real range. For multipliers that are powers of two, tensors that no
    weights make or take fit get steps that differ by powers of two: coarser ones, or finer ones where a tensor of few
    bits can have more.

    Raises:
        UnsupportedError: a tensor that the chip cannot hold; the message names the layer.
    """
    edges = dict(graph.edges)
    for names in groups_of(graph):
        new = _held(graph.edges[names[0]], names[0], chip)
        edges |= {name: replace(new, name=name, shape=edges[name].shape) for name in names}
    if not chip.multiplier.power_of_two:
        return edges
    coarse = _aligned(graph, edges, chip)
    names = [name for name, edge in coarse.items() if edge.scale > edges[name].scale * (1 + 2.0**-13)]
    return _aligned(graph, edges | {name: _finest(edges[name], chip) for name in names}, chip)


def _finest(edge: TensorSpec, chip: ChipLimits) -> TensorSpec:
    """The same range in as small a step as the bits of the chip allow."""
    while edge.bits < MAX_OPERAND_BITS and chip.holds(IntFormat(bits=edge.bits + 1, signed=edge.signed)):
        edge = replace(edge, bits=edge.bits + 1, zero_point=2 * edge.zero_point, scale=edge.scale / 2)
    return edge


def _aligned(graph: Graph, edges: dict[str, TensorSpec], chip: ChipLimits) -> dict[str, TensorSpec]:
    """Edges with steps between which powers of two of the chip's lie: the finest from the steps as they are upwards."""
    edges, groups = dict(edges), groups_of(graph)
    group_of = {name: names[0] for names in groups for name in names}
    floors = {names[0]: edges[names[0]].scale for names in groups}
    span = math.ldexp(chip.multiplier.largest, -chip.shift[0])
    pairs = [node for node in graph.nodes if form_of(node.op).adds]
    for _ in range(ROUNDS):
        for names in groups:
            step = _step(graph, edges, names, floors[names[0]])
            edges |= {name: replace(edges[name], scale=step) for name in names}
        raised = False
        for node in pairs:
            top = max(edges[name].scale for name in node.inputs)
            least_inputs = [(name, top / chip.multiplier.largest) for name in node.inputs]
            for name, least in (*least_inputs, (node.output, top / span)):
                if edges[name].scale < least * (1 - 2.0**-13):
                    floors[group_of[name]], raised = least, True
        if not raised:
            break
    return edges


def groups_of(graph: Graph) -> list[list[str]]:
    """Edges that are read alike, in the order of the graph, since values only move from one to the other."""
    leader: dict[str, str] = {graph.input: graph.input}
    for node in graph.nodes:
        leader[node.output] = node.output
        if form_of(node.op).moves:
            heads = {leader[name] for name in node.inputs}
            first = next(name for name in leader if name in heads)
            for name, head in leader.items():
                if head in heads or name == node.output:
                    leader[name] = first
    return [[name for name, head in leader.items() if head == first] for first in dict.fromkeys(leader.values())]


def _held(edge: TensorSpec, layer: str, chip: ChipLimits) -> TensorSpec:
    """One edge in a format of the chip's."""
    central = edge.zero_point == 0
    if chip.holds(edge.format) and (chip.zero_points or central):
        return edge
    turned = IntFormat(bits=edge.bits, signed=not edge.signed)
    if chip.zero_points and chip.holds(turned):
        move = turned.lo - edge.format.lo
        return replace(edge, signed=turned.signed, zero_point=edge.zero_point + move)
    top = (edge.format.hi - edge.zero_point) * edge.scale
    bottom = (edge.format.lo - edge.zero_point) * edge.scale
    most = MAX_OPERAND_BITS if edge.bits <= MAX_OPERAND_BITS else MAX_EDGE_BITS  # what multiplies takes the former
    wide = chip.activations or (edge.format, turned)
    own = tuple(IntFormat(bits=min(fmt.bits, most), signed=fmt.signed) for fmt in wide)
    steps = [
        (max(edge.scale, top / fmt.hi, bottom / fmt.lo if fmt.lo else 0.0), fmt) for fmt in own if fmt.lo or bottom >= 0
    ]
    if not steps or min(steps, key=_first)[0] > edge.scale * COARSEST:
        formats = ", ".join(map(str, wide))
        zero = "" if chip.zero_points else " with zero point 0"
        text = f"tensor {edge.name!r} ({edge.format}, zero point {edge.zero_point}) does not fit {formats}{zero}"
        raise UnsupportedError(f"layer {layer!r}: {text}")
    step, fmt = min(steps, key=_first)
    return replace(edge, bits=fmt.bits, signed=fmt.signed, zero_point=0, scale=step)


def _first(pair: tuple[float, IntFormat]) -> float:
    return pair[0]


def _step(graph: Graph, edges: dict[str, TensorSpec], names: list[str], own: float) -> float:
    """The step of a group, its least or the next that is a power of two from those it is added up from."""
    maker = next((node for node in graph.nodes if node.output == names[0]), None)
    if maker is not None and not form_of(maker.op).absorbs:
        factor = next(_factors(graph, edges, maker), None)
        return own if factor is None else factor * 2.0 ** math.ceil(math.log2(own / factor) - 2.0**-13)
    takers = [node for node in graph.nodes if set(node.inputs) & set(names) and scaling_constants(node.stage)]
    if all(form_of(node.op).absorbs for node in takers):
        return own
    return float(2.0 ** math.ceil(math.log2(own) - 2.0**-13))


def _factors(graph: Graph, edges: dict[str, TensorSpec], node: Node) -> Iterator[float]:
    """The real step of what each multiplier of a node multiplies."""
    held = scaling_constants(node.stage)
    if held is None:
        return
    before = graph.edges[node.output].scale
    steps = [edges[name].scale / graph.edges[name].scale for name in node.inputs]
    for k, m in enumerate(np.abs(held.multiplier).tolist()):
        rescaled = steps[min(k, len(steps) - 1)] if held.multiplier.size == len(steps) else math.prod(steps)
        if m:
            yield float(np.ldexp(float(m), -int(held.shift[0]))) * before * rescaled
