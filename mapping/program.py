"""A compiled program: steps, constants, and what the host has to feed and to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import RESULT_STEPS, Operation
from t2c.contract.parameter_lanes import Lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.tiles import ColumnRun


class Content(Enum):
    """What a transfer moves. INPUT: a network input, other words in every run; TENSOR: a tensor that does not stay in
    the activation memory, or an output; OPERAND: a constant that is an operand; WEIGHTS, PARAMS, TABLES: constants that
    do not fit their memories."""

    INPUT = "input"
    TENSOR = "tensor"
    OPERAND = "operand"
    WEIGHTS = "weights"
    PARAMS = "params"
    TABLES = "tables"


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """The host's side of a transfer step.

    address: first word in the regions of its content; beats: stream words; words: constants that it brings; edge: the
    operand that these are.
    """

    content: Content
    address: int
    beats: int
    words: IntArray | Lanes | None = None
    edge: str = ""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a step computes. edge: the tensor; plan, run, part: which column run of which part of it; before: the
    tensor that its results are before they pass a table, if they do: that of the plan's node, whose output has no words
    then, or the input of a pointwise that runs by itself."""

    edge: str
    plan: LayerPlan
    run: ColumnRun
    part: Part
    before: str | None = None

    @property
    def requantised(self) -> str:
        """The output of the plan's node, which has the sums."""
        return self.plan.node.output

    @property
    def fused(self) -> bool:
        """Whether the edge is the output of another node than the plan's."""
        return self.edge != self.plan.node.output

    @property
    def base(self) -> int:
        """Address of word 0 of the tensor that has the words; it may lie outside the memory."""
        return self.part.target - self.plan.layout.start


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: transfer on one that moves words of a stream; work on one that computes."""

    descriptor: Descriptor
    transfer: Transfer | None = None
    work: Work | None = None

    @property
    def result(self) -> Work | None:
        """The work of a step that gives results; None if its sums are not complete, or on another step."""
        gives = self.op in RESULT_STEPS and not self.descriptor.hold
        return self.work if gives else None

    @property
    def op(self) -> Operation:
        return self.descriptor.op


@dataclass(frozen=True, kw_only=True)
class HostRegion:
    """Words of host memory that belong to a tensor."""

    edge: str
    address: int
    words: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """A network, or one layer of it, for the core.

    batch: images of one run; layouts: by edge; roots: by edge, the one that has its words: itself, the source of a
    view, or what a table makes of it; reads: edges of a plan's sources, by node name; tables_of: by node name, the
    pointwise whose table its results pass; operands: the constants among the sources, of a sample, by edge; weights,
    params, tables: what the memories hold from the start, empty if steps bring it; inputs: regions of a run's inputs,
    addresses from 0; tensors: regions of tensors that visit the host, addresses from 0; output: the edge that the
    program gives back (of a view that the network ends with, the one that has the words); tail: nodes of the network
    that come after it on the host, since their results are wider than the core's words.

    Layer numbers in the steps: 0 loads inputs, 1 + index of a node in `nodes`, then 1 + len(nodes) stores outputs.
    """

    hardware: Hardware
    graph: Graph
    nodes: tuple[Node, ...]
    batch: int
    steps: tuple[Step, ...]
    layouts: Mapping[str, Layout]
    roots: Mapping[str, str]
    plans: Mapping[str, LayerPlan]
    reads: Mapping[str, tuple[str, ...]]
    tables_of: Mapping[str, Node]
    operands: Mapping[str, IntArray]
    weights: IntArray
    params: Lanes
    tables: IntArray
    inputs: tuple[HostRegion, ...]
    tensors: tuple[HostRegion, ...]
    output: str
    tail: tuple[Node, ...] = ()

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What a report calls each layer, by layer number."""
        return ("(load)", *(node.name for node in self.nodes), "(store)")

    @cached_property
    def layer_number(self) -> Mapping[str, int]:
        """Layer number by edge, of the node that gives it."""
        return {node.output: number for number, node in enumerate(self.nodes, 1)}

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(plan.macs for plan in self.plans.values())

    @property
    def input_words(self) -> int:
        """Host words of one run's inputs."""
        return sum(region.words for region in self.inputs)

    @property
    def spilled(self) -> tuple[str, ...]:
        """Tensors that do not stay in the activation memory."""
        return tuple(region.edge for region in self.tensors if region.edge != self.output)

    def words(self) -> list[int]:
        """The program memory: every descriptor's words."""
        return [word for step in self.steps for word in step.descriptor.encode()]
