"""The steps of a program, once it is known where everything lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import step_beats
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import Lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.allocation import Allocation, Strips
from t2c.mapping.constants import Constants
from t2c.mapping.placement import Placement
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.program import Content, HostRegion, Step, Transfer, Work
from t2c.mapping.tables import TablePages
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Emitter:
    """Writes the steps of a program.

    batch: images of a run; constants, tables: None if the program brings them; regions: of the host, by edge; inputs:
    edges that come from outside; output: the one that is given back.
    """

    hardware: Hardware
    nodes: Sequence[Node]
    batch: int
    placement: Placement
    allocation: Allocation
    constants: Constants | None
    tables: TablePages | None
    regions: Mapping[str, HostRegion]
    inputs: Sequence[str]
    output: str

    def steps(self) -> Iterator[Step]:
        """Every step, in order: inputs and the output that stay in the memory are moved first and last."""
        address, last = self.allocation.address, 1 + len(self.nodes)
        for edge in self.inputs:
            if edge in address:
                yield self._move(Operation.LOAD, edge, 0, address[edge], self._size(edge), layer=0)
        for index, node in enumerate(self.nodes):
            if node.name in self.placement.plans:
                yield from self._layer(node, self.placement.plans[node.name], index + 1)
        if self.output in address:
            yield self._move(Operation.STORE, self.output, 0, address[self.output], self._size(self.output), layer=last)
        yield Step(descriptor=Descriptor(op=Operation.END, layer=last))

    def _size(self, edge: str) -> int:
        return self.batch * self.placement.layouts[edge].size

    def _move(self, op: Operation, edge: str, offset: int, address: int, words: int, *, layer: int) -> Step:
        content = Content.INPUT if edge in self.inputs else Content.TENSOR
        transfer = Transfer(content=content, address=self.regions[edge].address + offset, beats=words)
        return Step(descriptor=Descriptor(op=op, layer=layer, base=address, words=words), transfer=transfer)

    def _bring(self, op: Operation, content: Content, words: IntArray | Lanes, layer: int) -> Step:
        """Constants that do not stay, to the start of their memory."""
        descriptor = Descriptor(op=op, layer=layer, words=len(words))
        transfer = Transfer(content=content, address=0, beats=step_beats(descriptor, self.hardware), words=words)
        return Step(descriptor=descriptor, transfer=transfer)

    def _layer(self, node: Node, plan: LayerPlan, layer: int) -> Iterator[Step]:
        groups = plan.pieces(len(self.constants.moved) if self.constants else None)
        strips = self.allocation.strips.get(node.name)
        rows, reads = self._rows(node, plan, groups, strips), self.placement.reads[node.name]
        if plan.table is not None and self.tables is None:
            yield self._bring(Operation.TABLES, Content.TABLES, plan.table, layer)
        yield from self._operands(reads, plan, layer)
        for first in range(0, plan.height, rows):
            last = min(first + rows, plan.height)
            bases: dict[str, int] = {}
            for number, (edge, source) in enumerate(zip(reads, plan.sources, strict=True)):
                if edge in bases:
                    continue
                if (kept := self._base(edge, source)) is not None:
                    bases[edge] = kept
                    continue
                assert strips is not None
                offset, words = plan.source_words(number, first, last)
                bases[edge] = strips.buffers[edge] - offset
                yield self._load(edge, source.start + offset, strips.buffers[edge], words, layer=layer)
            offset, words = plan.target_words(first, last)
            target = self._base(node.output, plan.layout)
            stays = target is not None
            if target is None:
                assert strips is not None
                target = strips.buffers[node.output] - offset
            part = Part(
                batch=self.batch,
                first=first,
                last=last,
                sources=tuple(bases[edge] for edge in reads),
                target=target,
                weight_base=0,
                param_base=0,
                table_page=self.tables.page.get(node.name, 0) if self.tables else 0,
                layer=layer,
            )
            for group in groups:
                for run in group:
                    yield from self._run(node, plan, run, part)
            if not stays:
                root = self.placement.roots[node.output]
                yield self._move(Operation.STORE, root, offset, target + offset, words, layer=layer)

    def _operands(self, reads: Sequence[str], plan: LayerPlan, layer: int) -> Iterator[Step]:
        """Bring the constant operands that do not come in strips: one for each image."""
        for edge, source in zip(reads, plan.sources, strict=True):
            base = self._base(edge, source)
            if edge in self.placement.operands and base is not None:
                for image in range(self.batch):
                    address, words = base + image * source.size, source.span(source.height)
                    yield self._load(edge, source.start, address, words, layer=layer)

    def _load(self, edge: str, offset: int, address: int, words: int, *, layer: int) -> Step:
        """Load words of the tensor that has those of an edge, or of a constant operand."""
        if edge not in self.placement.operands:
            return self._move(Operation.LOAD, self.placement.roots[edge], offset, address, words, layer=layer)
        laid_out = self.placement.layouts[edge].to_words(self.placement.operands[edge][np.newaxis])
        raw = laid_out[offset : offset + words].astype(np.int64) & ((1 << self.hardware.x_w) - 1)
        transfer = Transfer(content=Content.OPERAND, address=0, beats=words, words=raw, edge=edge)
        return Step(descriptor=Descriptor(op=Operation.LOAD, layer=layer, base=address, words=words), transfer=transfer)

    def _base(self, edge: str, layout: Layout) -> int | None:
        """Address of an edge's first word; None if it is at the host."""
        root = self.placement.roots[edge]
        return self.allocation.address[root] + layout.start if root in self.allocation.address else None

    def _rows(self, node: Node, plan: LayerPlan, groups: Sequence[Sequence[ColumnRun]], strips: Strips | None) -> int:
        """Output rows that the steps of a layer compute at a time."""
        height, width = plan.height, plan.width
        rows = strips.rows if strips else height
        if all(len(group) == 1 for group in groups):
            return height if self.batch > 1 else rows
        # Sums over several runs stay in the accumulators.
        if self.batch > 1:
            raise UnsupportedError(f"layer {node.name!r}: a sum over several runs takes one image at a time")
        if (fit := self.hardware.acc_depth // width) < 1:
            text = f"ACC_DEPTH = {self.hardware.acc_depth} does not hold a row of {width}"
            raise UnsupportedError(f"layer {node.name!r}: {text}")
        return min(rows, fit)

    def _run(self, node: Node, plan: LayerPlan, run: ColumnRun, part: Part) -> Iterator[Step]:
        start = run.first_tile * plan.param_step
        if self.constants:
            moved, bases = self.constants.moved, self.constants.weight_base
            weight_base = moved.start if plan.moves else bases[node.name, run]
            placed = replace(part, weight_base=weight_base, param_base=self.constants.param_base[node.name] + start)
        else:
            weights = plan.weights(run)
            params = plan.params[start : start + run.tiles * plan.param_step]
            if len(weights):
                yield self._bring(Operation.WEIGHTS, Content.WEIGHTS, weights, part.layer)
            if len(params):
                yield self._bring(Operation.PARAMS, Content.PARAMS, params, part.layer)
            placed = replace(part, weight_base=0, param_base=0)
        follower = self.placement.tables.get(node.name)
        passes = plan.passes_table and plan.table is not None
        edge, before = (follower.output, node.output) if follower else (node.output, node.inputs[0])
        work = Work(edge=edge, before=before if passes else None, plan=plan, run=run, part=placed)
        for descriptor in plan.descriptors(run, placed):
            if passes and descriptor.op is Operation.RUN:
                descriptor = replace(descriptor, table=1, table_page=part.table_page)
            yield Step(descriptor=descriptor, work=work)
