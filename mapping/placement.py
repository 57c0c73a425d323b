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
from t2c.mapping.column_order import lane_orders
from t2c.mapping.fusion import followers
from t2c.mapping.lower import Lowered, SameWords, Site, check_widths, lower, page_of
from t2c.mapping.plan import LayerPlan
from t2c.mapping.storage import output_layout, own_layout, site_of
from t2c.mapping.wanted_places import WantedPlace, wanted_places


@dataclass(frozen=True, kw_only=True)
class Placement:
    """layouts: by edge; roots: the edge that has the words of each edge: itself, the source of a view, or the tensor
    that it is joined in; plans: by name of the nodes that move data; reads: by the same name, the edges of the plan's
    sources; operands: the constants among these, by edge; joined: roots that a join reads or writes; tables: by name of
    a node with a plan, the node whose table its results pass; the edge between the two has the words of the output
    of that one, and never its own values."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    plans: dict[str, LayerPlan] = field(default_factory=dict)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    operands: dict[str, IntArray] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)
    tables: dict[str, Node] = field(default_factory=dict)


def place(graph: Graph, nodes: Sequence[Node], hardware: Hardware) -> Placement:
    """Plan the nodes one after the other, each on the layouts that those before it have given.

    A tensor is written as a part of the join that wants it, unless another node could then not read it.

    Raises:
        UnsupportedError, RangeError: as `t2c.mapping.lower.lower`; or no node moves data.
    """
    alone: set[str] = set()
    lanes = lane_orders(graph, nodes, hardware)
    while True:
        wanted = wanted_places(graph, nodes, hardware.rows, alone)
        try:
            return _Placing(graph, nodes, hardware, wanted, lanes).place()
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
    lanes: Mapping[str, tuple[int, ...]]
    found: Placement = field(default_factory=Placement)
    written: dict[str, str] = field(default_factory=dict)

    def place(self) -> Placement:
        follows = followers(self.graph, self.nodes)
        for index, node in enumerate(self.nodes):
            if node in self.found.tables.values():
                continue
            for name in node.inputs:
                if name not in self.found.layouts:
                    self._put(name, own_layout(node, self.graph.edges[name], self.hardware.rows), name)
            if not (node.name in follows and self._place(index, node, follows[node.name])):
                self._place(index, node)
        if not self.found.plans:
            first = self.nodes[0]
            raise UnsupportedError(f"layer {first.name!r}: {first.op} moves no data; there is nothing to run")
        return self.found

    def _place(self, index: int, node: Node, follower: Node | None = None) -> bool:
        """Plan a node whose results pass the table of a follower, if there is one; false if they cannot."""
        output = follower.output if follower else node.output
        sources = tuple(self.found.layouts[name] for name in node.inputs)
        root, target = output, sources[0]
        if output in self.wanted:
            root, target = self.wanted[output].root, self.wanted[output].layout
        elif node.moves_data:
            lanes = self.lanes.get(node.output, ())
            target = output_layout(self.graph, self.nodes[index:], self.hardware, lanes)
        roots = tuple(self.found.roots[name] for name in node.inputs)
        site = replace(site_of(self.graph, node, self.hardware, sources, target), roots=roots, root=root)
        lowered = self._lower(node, site)
        self.written[node.output] = node.output
        if isinstance(lowered, SameWords):
            self.written[node.output] = self.written.get(node.inputs[0], node.inputs[0])
            self._put(node.output, lowered.layout, roots[0])
            return follower is None
        if follower:
            if not lowered.passes_table or lowered.table is not None:
                return False
            lowered = replace(lowered, table=self._page(follower, lowered.layout))
            self.found.tables[node.name] = follower
            self.written |= {node.output: output, output: output}
        for edge in {node.output, output}:
            self._put(edge, lowered.layout, root if lowered.layout == target else output)
        self._keep(node, lowered)
        return True

    def _page(self, node: Node, layout: Layout) -> IntArray | None:
        """Page of a table whose input and output lie alike."""
        site = site_of(self.graph, node, self.hardware, (layout,), layout)
        check_widths(node, site)
        return page_of(node, site.inputs[0], self.hardware)

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
