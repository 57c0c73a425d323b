"""The steps of a program, once it is known where everything lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import step_beats
from t2c.contract.operations import Operation
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.allocation import Allocation, Strips
from t2c.mapping.constants import Constants
from t2c.mapping.placement import Placement
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.program import Content, HostRegion, Step, Transfer, Work
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Emitter:
    """Writes the steps of a program.

    batch: images of a run; constants: None if the program brings them; regions: of the host, by edge; inputs: edges
    that come from outside; output: the one that is given back.
    """

    hardware: Hardware
    nodes: Sequence[Node]
    batch: int
    placement: Placement
    allocation: Allocation
    constants: Constants | None
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

    def _layer(self, node: Node, plan: LayerPlan, layer: int) -> Iterator[Step]:
        groups = plan.pieces(len(self.constants.moved) if self.constants else None)
        strips = self.allocation.strips.get(node.name)
        rows = self._rows(node, plan, groups, strips)
        for first in range(0, plan.height, rows):
            last = min(first + rows, plan.height)
            bases: dict[str, int] = {}
            for number, (edge, source) in enumerate(zip(node.inputs, plan.sources, strict=True)):
                if edge in bases:
                    continue
                if (kept := self._base(edge, source)) is not None:
                    bases[edge] = kept
                    continue
                assert strips is not None
                offset, words = plan.source_words(number, first, last)
                root, buffer = self.placement.roots[edge], strips.buffers[edge]
                yield self._move(Operation.LOAD, root, source.start + offset, buffer, words, layer=layer)
                bases[edge] = buffer - offset
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
                sources=tuple(bases[edge] for edge in node.inputs),
                target=target,
                weight_base=0,
                param_base=0,
                layer=layer,
            )
            for group in groups:
                for run in group:
                    yield from self._run(node, plan, run, part)
            if not stays:
                yield self._move(Operation.STORE, node.output, offset, target + offset, words, layer=layer)

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
            weight_base = moved.start if plan.moves else bases[node.name, run.first_tile]
            placed = replace(part, weight_base=weight_base, param_base=self.constants.param_base[node.name] + start)
        else:
            weights = plan.weights(run)
            params = plan.params[start : start + run.tiles * plan.param_step]
            for op, content, words in (
                (Operation.WEIGHTS, Content.WEIGHTS, weights),
                (Operation.PARAMS, Content.PARAMS, params),
            ):
                if not len(words):
                    continue
                descriptor = Descriptor(op=op, layer=part.layer, words=len(words))
                beats = step_beats(descriptor, self.hardware)
                yield Step(
                    descriptor=descriptor,
                    transfer=Transfer(content=content, address=0, beats=beats, words=words),
                )
            placed = replace(part, weight_base=0, param_base=0)
        for descriptor in plan.descriptors(run, placed):
            yield Step(descriptor=descriptor, work=Work(edge=node.output, plan=plan, run=run, part=placed))
