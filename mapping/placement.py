"""Whose words each tensor lies in, and how: every edge gets its layout, and every node that moves data its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.lower import Lowered, SameWords, Site, lower
from t2c.mapping.plan import LayerPlan
from t2c.mapping.storage import output_layout, own_layout, site_of
from t2c.mapping.wanted_places import WantedPlace, wanted_places


@dataclass(frozen=True, kw_only=True)
class Placement:
    """layouts: by edge; roots: the edge that has the words of each edge: itself, the source of a view, or the tensor
    that it is joined in; plans: by name of the nodes that move data; reads: by the same name, the edges of the plan's
    sources; operands: the constants among these, by edge; joined: roots that a join reads or writes."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    plans: dict[str, LayerPlan] = field(default_factory=dict)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    operands: dict[str, IntArray] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)


def place(graph: Graph, nodes: Sequence[Node], hardware: Hardware) -> Placement:
    """Plan the nodes one after the other, each on the layouts that those before it have given.

    A tensor is written as a part of the join that wants it, unless another node could then not read it.

    Raises:
        UnsupportedError, RangeError: as `t2c.mapping.lower.lower`; or no node moves data.
    """
    alone: set[str] = set()
    while True:
        wanted = wanted_places(graph, nodes, hardware.rows, alone)
        try:
            return _Placing(graph, nodes, hardware, wanted).place()
        except _Misplaced as misplaced:
            alone |= misplaced.edges


class _Misplaced(Exception):
    """A node cannot read tensors where joins want them."""

    def __init__(self, edges: set[str]) -> None:
        super().__init__(edges)
        self.edges = edges


@dataclass
class _Placing:
    """written: the edge that a step wrote, by edge: itself, or the one that it is a view of."""

    graph: Graph
    nodes: Sequence[Node]
    hardware: Hardware
    wanted: Mapping[str, WantedPlace]
    found: Placement = field(default_factory=Placement)
    written: dict[str, str] = field(default_factory=dict)

    def place(self) -> Placement:
        for index, node in enumerate(self.nodes):
            for name in node.inputs:
                if name not in self.found.layouts:
                    self._put(name, own_layout(node, self.graph.edges[name], self.hardware.rows), name)
            sources = tuple(self.found.layouts[name] for name in node.inputs)
            root, target = node.output, sources[0]
            if node.output in self.wanted:
                root, target = self.wanted[node.output].root, self.wanted[node.output].layout
            elif node.moves_data:
                target = output_layout(self.graph, self.nodes[index:], self.hardware)
            roots = tuple(self.found.roots[name] for name in node.inputs)
            site = replace(site_of(self.graph, node, self.hardware, sources, target), roots=roots, root=root)
            lowered = self._lower(node, site)
            self.written[node.output] = node.output
            if isinstance(lowered, SameWords):
                self.written[node.output] = self.written.get(node.inputs[0], node.inputs[0])
                self._put(node.output, lowered.layout, roots[0])
            else:
                self._put(node.output, lowered.layout, root if lowered.layout == target else node.output)
                self._keep(node, lowered)
        if not self.found.plans:
            first = self.nodes[0]
            raise UnsupportedError(f"layer {first.name!r}: {first.op} moves no data; there is nothing to run")
        return self.found

    def _lower(self, node: Node, site: Site) -> Lowered:
        try:
            return lower(node, site)
        except UnsupportedError as error:
            origins = (self.written.get(name, name) for name in node.inputs)
            parts = {name for name in origins if self.found.roots[name] != name}
            if parts:
                raise _Misplaced(parts) from error
            raise

    def _put(self, edge: str, layout: Layout, root: str) -> None:
        self.found.layouts[edge], self.found.roots[edge] = layout, root

    def _keep(self, node: Node, plan: LayerPlan) -> None:
        """Note a plan, and give its constant operands edges of their own."""
        found, names = self.found, list(node.inputs)
        for number, operand in enumerate(plan.operands):
            name = f"{node.name}.constant{number or ''}"
            while name in self.graph.edges:
                name += "_"
            self._put(name, operand.layout, found.roots[node.output] if operand.in_target else name)
            found.operands[name] = operand.values
            names.append(name)
        found.plans[node.name], found.reads[node.name] = plan, tuple(names)
        if plan.joins:
            found.joined.update(found.roots[name] for name in (*names, node.output))
