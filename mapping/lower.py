"""From a node of the graph to its plan on the engine: a function for each kind of node, found by its operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from t2c.common.registry import Registry
from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import EXTENT_MAX
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.kinds import node_kinds
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.mapping.plan import LayerPlan, LoadedOperand


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """Where a node runs. inputs, output: its edges; sources: how the inputs' words lie; target: how the output's are to
    lie, unless the plan's `layout` says otherwise. A node that moves no data has none: it stands for its source's.
    roots, root: the edges that have the words of the sources, and of the target."""

    hardware: Hardware
    inputs: tuple[TensorSpec, ...]
    output: TensorSpec
    sources: tuple[Layout, ...]
    target: Layout
    roots: tuple[str, ...]
    root: str

    def with_operand(self, node: Node, operand: LoadedOperand, fmt: IntFormat) -> Site:
        """The same with a constant as one more input; raise UnsupportedError if its format does not fit X_W."""
        if fmt.bits > self.hardware.x_w:
            text = f"constant of {fmt.bits} bits does not fit X_W = {self.hardware.x_w}"
            raise UnsupportedError(f"layer {node.name!r}: {text}")
        edge = TensorSpec(name="constant", shape=operand.values.shape, bits=fmt.bits, signed=fmt.signed)
        return replace(self, inputs=(*self.inputs, edge), sources=(*self.sources, operand.layout))

    def plan_fields(self, node: Node) -> dict[str, Any]:
        """What every plan of a node says."""
        return {
            "hardware": self.hardware,
            "node": node,
            "edges": self.inputs,
            "sources": self.sources,
            "target": self.target,
        }

    def lanewise_fields(self, node: Node) -> dict[str, Any]:
        """The same of a plan that works bank by bank: where it cannot write its target, the banks of its source."""
        over = all(self.target.lies_over(source) for source in self.sources)
        target = self.target if over else Layout.lanewise(self.output.shape, self.sources)
        return {**self.plan_fields(node), "target": target}


@dataclass(frozen=True, kw_only=True)
class SameWords:
    """The output is the input's words, read in another layout: nothing runs."""

    layout: Layout


Lowered = LayerPlan | SameWords
Lowering = TypeVar("Lowering", bound=Callable[[Any, Site], Lowered])

Places = Callable[[Any, Sequence[TensorSpec], Layout], tuple[Layout, ...]]
Placing = TypeVar("Placing", bound=Places)

Paging = TypeVar("Paging", bound=Callable[[Any, TensorSpec, int], IntArray])

Parting = TypeVar("Parting", bound=Callable[[Any], range | None])

_ROWS: set[str] = set()
_PRODUCTS: set[str] = set()
_ROW_ENGINE: set[str] = set()
_LANEWISE: set[str] = set()
PLACINGS: Registry[Places] = Registry("places of inputs of", "t2c.mapping.lowering")
PARTS: Registry[Callable[[Any], range | None]] = Registry("channels taken by", "t2c.mapping.lowering")
PAGES: Registry[Callable[[Any, TensorSpec, int], IntArray]] = Registry("tables of", "t2c.mapping.lowering")
LOWERINGS: Registry[Callable[[Any, Site], Lowered]] = Registry("lowering of", "t2c.mapping.lowering")


def lowers(
    op: str, *, rows: bool = False, row_engine: bool = False, product: bool = False, lanewise: bool = False
) -> Callable[[Lowering], Lowering]:
    """Register a function (node, site) as the lowering of an operation; widths have been checked when it is called.

    It raises UnsupportedError where the engine cannot run the node, with the layer's name and why, or ShapeError, which
    `lower` makes one of it. rows: its tensors are rows (..., S) whose last axis are the channels (`Layout.of_rows`), in
    place of maps; row_engine: it needs one; product: its weights are an activation; lanewise: each channel of its
    output comes from that channel of its inputs, and lies in the lane in which these lie.
    """
    if lanewise:
        _LANEWISE.add(op)
    if product:
        _PRODUCTS.add(op)
    if rows:
        _ROWS.add(op)
    if row_engine:
        _ROW_ENGINE.add(op)
    return LOWERINGS(op)


def places(op: str) -> Callable[[Placing], Placing]:
    """Register a function (node, input edges, layout of the output) that says how the inputs of a node would lie for it
    to have nothing to move; it raises ShapeError where they cannot."""
    return PLACINGS(op)


def is_table(op: str) -> Callable[[Paging], Paging]:
    """Register a function (node, input edge, X_W) that gives the page of the table that is all of a node: an entry for
    every pattern of an element of its one input, which lies as its output does."""
    return PAGES(op)


def page_of(node: Node, source: TensorSpec, hardware: Hardware) -> IntArray | None:
    """The page of a node that is a table, for its input; None if it is something else."""
    paging = PAGES.find(node.op)
    return paging(node, source, hardware.x_w) if paging else None


def places_of_inputs(node: Node, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """How the inputs of a node would have to lie; none if it does not say, or they cannot."""
    placing = PLACINGS.find(node.op)
    try:
        return placing(node, inputs, output) if placing else ()
    except ShapeError:
        return ()


def takes_channels(op: str) -> Callable[[Parting], Parting]:
    """Register a function (node) that says which channels of a map a view is; None if it is no part of the channels."""
    return PARTS(op)


def channels_taken(node: Node) -> range | None:
    """Channels of a map that a view is, by number; None if the node is something else."""
    parting = PARTS.find(node.op)
    return parting(node) if parting else None


def keeps_lanes(node: Node) -> bool:
    """Whether each channel of the output lies in the lane in which that of every input lies, whichever that is."""
    return LOWERINGS.find(node.op) is not None and node.op in _LANEWISE


def multiplies_activations(node: Node) -> bool:
    """Whether the weights of a node are an activation."""
    return LOWERINGS.find(node.op) is not None and node.op in _PRODUCTS


def takes_rows(node: Node) -> bool:
    """Whether the tensors of a node are rows, and not maps."""
    return LOWERINGS.find(node.op) is not None and node.op in _ROWS


def row_lanes_for(graph: Graph, rows: int, cols: int) -> int:
    """ROW_LANES of an array for a network: `Hardware.usual_row_lanes`, 0 if no node needs any."""
    needed = any(LOWERINGS.find(node.op) is not None and node.op in _ROW_ENGINE for node in graph.nodes)
    return Hardware.usual_row_lanes(rows, cols) if needed else 0


def hardware_fields(graph: Graph, rows: int, cols: int, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Fields of `Hardware` that follow from a network, for an array of that size.

    acc_w, scale_w, bias_w: as the package's constants need them; row_lanes: `row_lanes_for`; element: the one whose
    sums the layers say that they have, "" where products are exact.

    Args:
        given: fields that somebody wants otherwise, or beside these; None is no wish.
    """
    widths = graph.widths
    own = {node.products.name for node in graph.nodes if node.products is not None}
    fields = {
        "rows": rows,
        "cols": cols,
        "acc_w": Hardware.usual_acc_w(widths.scale, widths.acc),
        "scale_w": widths.scale,
        "bias_w": widths.bias,
        "row_lanes": row_lanes_for(graph, rows, cols),
        "element": own.pop() if len(own) == 1 else "",
    }
    return fields | {name: value for name, value in (given or {}).items() if value is not None}


def lowered_kinds(*, row_engine: bool = True) -> tuple[type[Node], ...]:
    """The kinds of nodes that the core runs, plug-ins included. row_engine: of a core that has one."""
    names = [op for op in LOWERINGS.names() if row_engine or op not in _ROW_ENGINE]
    return tuple(kind for kind in node_kinds() if kind.op in names)


def lower(node: Node, site: Site) -> Lowered:
    """Plan one layer.

    Raises:
        UnsupportedError: the engine cannot run the layer; the message says why.
        RangeError: the layer's accumulators could overflow ACC_W.
        TypeError: the node says that it moves data and its lowering does not, or the other way round.
    """
    if node.moves_data:
        check_widths(node, site)
    lowering = LOWERINGS.find(node.op)
    if lowering is None:
        raise UnsupportedError(f"layer {node.name!r}: the core does not run {node.op}")
    try:
        lowered = lowering(node, site)
    except ShapeError as error:
        raise UnsupportedError(f"layer {node.name!r}: {error}") from error
    if isinstance(lowered, SameWords) == node.moves_data:
        raise TypeError(f"lowering of {node.op!r}: moves_data = {node.moves_data}, it gives {type(lowered).__name__}")
    return lowered


def check_widths(node: Node, site: Site) -> None:
    """Refuse tensors and constants of a node that are wider than the core's.

    Raises:
        UnsupportedError, RangeError: as `lower`.
    """
    if getattr(node.stage, "clip", None) is not None:
        raise UnsupportedError(f"layer {node.name!r}: bounds for each channel; the core has one lo and one hi a layer")
    hardware, weights, constants = site.hardware, node.weights, node.widths
    widths = [(f"input {edge.name!r}", edge.bits, hardware.x_w, "X_W") for edge in site.inputs]
    widths.append(("output", site.output.bits, hardware.x_w, "X_W"))
    if weights and hardware.columns.plain:
        widths.append(("weight", weights.bits, hardware.w_w, "W_W"))
    if constants:
        widths.append(("multiplier", constants.scale, hardware.scale_w, "SCALE_W"))
        widths.append(("bias", constants.bias, hardware.bias_w, "BIAS_W"))
    for what, bits, limit, parameter in widths:
        if bits > limit:
            raise UnsupportedError(f"layer {node.name!r}: {what} of {bits} bits does not fit {parameter} = {limit}")
    if node.window:
        for extent, pads in zip(site.inputs[0].shape[1:], node.window.pads, strict=True):
            around = max(sum(pads), 2 * pads[0])
            if extent + around > EXTENT_MAX:
                text = f"an input of {extent} pixels and {around} of padding; the core takes {EXTENT_MAX} in all"
                raise UnsupportedError(f"layer {node.name!r}: {text}")
    needed = node.accumulator_bits(site.inputs)
    if needed is not None and needed > hardware.acc_w:
        raise RangeError(
            f"layer {node.name!r}: accumulator needs {needed} bits, ACC_W = {hardware.acc_w} could overflow"
        )
