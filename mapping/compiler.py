"""Compile a network, or one layer of it, to a program for the core. What does not fit the memories is
cut into strips of rows, and constants that do not fit are brought by the program; docs/compiler.md has the floors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import step_beats
from t2c.contract.operations import Operation
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.allocation import Allocation, Tensor, allocate
from t2c.mapping.constants import Constants, pieces, resident
from t2c.mapping.layer import LayerPlan, Part
from t2c.mapping.lower import SameWords, Site, lower
from t2c.mapping.program import Content, HostRegion, Program, Step, Transfer, Work
from t2c.mapping.tiles import ColumnRun

ALL = "all"
"""The layer name that stands for the whole network."""


def compile_program(graph: Graph, layer: str, hardware: Hardware, *, batch: int = 1) -> Program:
    """Compile a network or one layer.

    Args:
        graph: the network.
        layer: a node's name, or "all".
        hardware: the core's parameters.
        batch: images of one run.

    Raises:
        KeyError: no such node; the message lists the names.
        UnsupportedError: an operation the core does not have, or a memory too small for a single row or tile.
        RangeError: accumulators could overflow ACC_W, or a field does not fit its descriptor.
    """
    nodes = graph.nodes if layer == ALL else (graph.node(layer),)
    return _Compiler(graph, nodes, hardware, batch).compile()


def compile_largest_batch(graph: Graph, layer: str, hardware: Hardware, images: int) -> Program:
    """Compile for the largest divisor of `images` that one run can take with everything in the memories, else for one.

    Raises:
        KeyError, UnsupportedError, RangeError: as `compile_program`, for a single image.
    """
    for batch in range(images, 1, -1):
        if images % batch == 0:
            with contextlib.suppress(UnsupportedError, RangeError):
                return compile_program(graph, layer, hardware, batch=batch)
    return compile_program(graph, layer, hardware)


@dataclass
class _Compiler:
    graph: Graph
    nodes: Sequence[Node]
    hardware: Hardware
    batch: int
    layouts: dict[str, Layout] = field(default_factory=dict)
    plans: dict[str, LayerPlan] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)

    def compile(self) -> Program:
        self._lay_out()
        produced = {node.output for node in self.nodes}
        inputs = tuple(dict.fromkeys(e for node in self.nodes for e in node.inputs if e not in produced))
        output = self.roots[self.graph.output if self.graph.output in produced else self.nodes[-1].output]
        if output in inputs:
            raise UnsupportedError(f"output {self.graph.output!r} is input {output!r}: nothing is computed")
        constants = resident(self.plans, self.hardware)
        allocation = allocate(
            self.nodes,
            self.plans,
            self._tensors(inputs, output),
            self.roots,
            depth=self.hardware.act_depth,
            batch=self.batch,
        )
        regions = _regions(self.layouts, inputs, self.batch)
        away = [edge for edge in self.roots if self.roots[edge] == edge and edge not in allocation.address]
        tensors = _regions(self.layouts, [e for e in away if e not in inputs] + [output], self.batch)
        emitter = _Emitter(self, allocation, constants, {r.edge: r for r in (*regions, *tensors)}, frozenset(inputs))
        end = Step(descriptor=Descriptor(op=Operation.END, layer=1 + len(self.nodes)))
        program = Program(
            hardware=self.hardware,
            graph=self.graph,
            nodes=tuple(self.nodes),
            batch=self.batch,
            steps=(*emitter.load_inputs(inputs), *emitter.layers(), *emitter.store_output(output), end),
            layouts=self.layouts,
            plans=self.plans,
            weights=constants.weights if constants else np.zeros((0, self.hardware.cols), dtype=np.int64),
            params=constants.params if constants else np.zeros((0, self.hardware.cols), dtype=np.uint64),
            inputs=regions,
            tensors=tensors,
            output=output,
        )
        needed = len(program.words())
        if needed > self.hardware.prg_depth:
            raise UnsupportedError(f"the program has {needed} words, PRG_DEPTH = {self.hardware.prg_depth}")
        return program

    def _lay_out(self) -> None:
        """Give every edge its layout, and every node that moves data its plan."""
        for node in self.nodes:
            for name in (*node.inputs, node.output):
                if name not in self.layouts:
                    try:
                        self.layouts[name] = Layout.of(self.graph.edges[name].shape, self.hardware.rows)
                    except ShapeError as error:
                        raise UnsupportedError(f"layer {node.name!r}: edge {name!r}: {error}") from error
                    self.roots[name] = name
            lowered = lower(node, self._site(node))
            if isinstance(lowered, SameWords):
                self.layouts[node.output] = lowered.layout
                self.roots[node.output] = self.roots[node.inputs[0]]
            else:
                self.plans[node.name] = lowered
        if not self.plans:
            raise UnsupportedError(
                f"layer {self.nodes[0].name!r}: {self.nodes[0].op} moves no data; there is nothing to run"
            )

    def _site(self, node: Node) -> Site:
        return Site(
            hardware=self.hardware,
            inputs=self.graph.inputs_of(node),
            output=self.graph.edges[node.output],
            sources=tuple(self.layouts[name] for name in node.inputs),
            target=self.layouts[node.output],
        )

    def _tensors(self, inputs: Sequence[str], output: str) -> list[Tensor]:
        """The blocks of words with their lives."""
        born = {name: -1 for name in inputs}
        dies: dict[str, int] = {}
        for index, node in enumerate(self.nodes):
            for name in (*node.inputs, node.output):
                dies[self.roots[name]] = index
            born.setdefault(self.roots[node.output], index)
        dies[self.roots[output]] = len(self.nodes)
        return [
            Tensor(name=name, size=self.batch * self.layouts[name].size, born=start, dies=max(dies[name], start))
            for name, start in born.items()
        ]


def _regions(layouts: Mapping[str, Layout], edges: Sequence[str], batch: int) -> tuple[HostRegion, ...]:
    regions, address = [], 0
    for edge in dict.fromkeys(edges):
        words = batch * layouts[edge].size
        regions.append(HostRegion(edge=edge, address=address, words=words))
        address += words
    return tuple(regions)


@dataclass
class _Emitter:
    """Writes the steps of a program, once it is known where everything lies."""

    compiler: _Compiler
    allocation: Allocation
    constants: Constants | None
    regions: Mapping[str, HostRegion]
    inputs: frozenset[str]

    def load_inputs(self, inputs: Sequence[str]) -> Iterator[Step]:
        """Inputs that stay in the memory are loaded first."""
        for edge in inputs:
            if edge in self.allocation.address:
                yield self._move(Operation.LOAD, edge, 0, self.allocation.address[edge], self._size(edge), layer=0)

    def store_output(self, output: str) -> Iterator[Step]:
        """An output that stays in the memory is stored last."""
        if output in self.allocation.address:
            layer = 1 + len(self.compiler.nodes)
            address = self.allocation.address[output]
            yield self._move(Operation.STORE, output, 0, address, self._size(output), layer=layer)

    def layers(self) -> Iterator[Step]:
        """The steps of every layer, in program order."""
        for index, node in enumerate(self.compiler.nodes):
            if node.name in self.compiler.plans:
                yield from self._layer(node, self.compiler.plans[node.name], index + 1)

    def _size(self, edge: str) -> int:
        return self.compiler.batch * self.compiler.layouts[edge].size

    def _move(self, op: Operation, edge: str, offset: int, address: int, words: int, *, layer: int) -> Step:
        content = Content.INPUT if edge in self.inputs else Content.TENSOR
        transfer = Transfer(content=content, address=self.regions[edge].address + offset, beats=words)
        return Step(descriptor=Descriptor(op=op, layer=layer, base=address, words=words), transfer=transfer)

    def _layer(self, node: Node, plan: LayerPlan, layer: int) -> Iterator[Step]:
        hardware, roots = self.compiler.hardware, self.compiler.roots
        strips = self.allocation.strips.get(node.name)
        if self.constants:
            groups: tuple[tuple[ColumnRun, ...], ...] = tuple((run,) for run in plan.runs)
        else:
            groups = pieces(node.name, plan, hardware)
        rows = strips.rows if strips else plan.target.height
        if any(len(group) > 1 for group in groups):
            rows = min(rows, hardware.acc_depth // plan.target.width)
            if self.compiler.batch > 1:
                raise UnsupportedError(f"layer {node.name!r}: a sum over several runs takes one image at a time")
            if rows < 1:
                raise UnsupportedError(
                    f"layer {node.name!r}: ACC_DEPTH = {hardware.acc_depth} does not hold a row of {plan.target.width}"
                )
        if self.compiler.batch > 1:
            rows = plan.target.height
        for first in range(0, plan.target.height, rows):
            last = min(first + rows, plan.target.height)
            low, high = plan.input_rows(first, last)
            bases = {}
            for edge, source in zip(node.inputs, plan.sources, strict=True):
                if roots[edge] in self.allocation.address:
                    bases[edge] = self.allocation.address[roots[edge]]
                    continue
                assert strips is not None
                if edge not in bases:
                    offset, buffer = low * source.row_words, strips.buffers[edge]
                    words = (high - low) * source.row_words
                    yield self._move(Operation.LOAD, roots[edge], offset, buffer, words, layer=layer)
                    bases[edge] = buffer - offset
            stays = roots[node.output] in self.allocation.address
            if stays:
                target = self.allocation.address[roots[node.output]]
            else:
                assert strips is not None
                target = strips.buffers[node.output] - first * plan.target.row_words
            part = Part(
                batch=self.compiler.batch,
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
                offset = first * plan.target.row_words
                words = (last - first) * plan.target.row_words
                yield self._move(Operation.STORE, node.output, offset, target + offset, words, layer=layer)

    def _run(self, node: Node, plan: LayerPlan, run: ColumnRun, part: Part) -> Iterator[Step]:
        start = run.first_tile * plan.param_step
        if self.constants:
            weight_base = self.constants.weight_base[node.name, run.first_tile]
            placed = replace(part, weight_base=weight_base, param_base=self.constants.param_base[node.name] + start)
        else:
            weights = plan.weights(run)
            params = plan.params[start : start + run.tiles * plan.param_step]
            for op, content, words in (
                (Operation.WEIGHTS, Content.WEIGHTS, weights),
                (Operation.PARAMS, Content.PARAMS, params),
            ):
                descriptor = Descriptor(op=op, layer=part.layer, words=len(words))
                beats = step_beats(descriptor, self.compiler.hardware)
                yield Step(
                    descriptor=descriptor,
                    transfer=Transfer(content=content, address=0, beats=beats, words=words),
                )
            placed = replace(part, weight_base=0, param_base=0)
        for descriptor in plan.descriptors(run, placed):
            yield Step(descriptor=descriptor, work=Work(edge=node.output, plan=plan, run=run, part=placed))
