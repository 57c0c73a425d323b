"""Compile a network, or one layer of it, to a program for the core. What does not fit the memories is
cut into strips of rows, and constants that do not fit are brought by the program; docs/compiler.md has the floors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import no_lanes
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.mapping.allocation import Allocation, Tensor, allocate
from t2c.mapping.constants import Constants, resident
from t2c.mapping.emitter import Emitter
from t2c.mapping.host_tail import without_tail
from t2c.mapping.placement import Placement, place
from t2c.mapping.plan import LayerPlan
from t2c.mapping.program import HostRegion, Program
from t2c.mapping.rewriting import on_the_core
from t2c.mapping.skipping import without_zeros
from t2c.mapping.tables import resident_tables

ALL = "all"
"""The layer name that stands for the whole network."""
_WORTH_OF_A_STEP = (0, 1000, 1 << 32)
"""Cycles that one more step has to save: any, and more if the program memory does not hold so many; at last no step is
worth that."""


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
    graph = on_the_core(graph, layer)
    if layer != ALL:
        return _Compiler(graph, (graph.node(layer),), hardware, batch).compile()
    graph, tail = without_tail(graph, hardware.x_w)
    return replace(_Compiler(graph, graph.nodes, hardware, batch).compile(), tail=tail)


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

    def compile(self) -> Program:
        placement, hardware = place(self.graph, self.nodes, self.hardware), self.hardware
        produced = {node.output for node in self.nodes}
        inputs = tuple(dict.fromkeys(e for node in self.nodes for e in node.inputs if e not in produced))
        output = placement.roots[self.graph.output if self.graph.output in produced else self.nodes[-1].output]
        if output in inputs:
            raise UnsupportedError(f"output {self.graph.output!r} is input {output!r}: nothing is computed")
        blocks = self._tensors(placement, inputs, output)
        allocation = allocate(
            self.nodes,
            placement.plans,
            blocks,
            placement.roots,
            placement.reads,
            depth=hardware.act_depth,
            batch=self.batch,
        )
        regions = _regions(placement.layouts, inputs, self.batch)
        brought = {*inputs, *placement.operands}
        away = [block.name for block in blocks if block.name not in {*allocation.address, *brought}]
        tensors = _regions(placement.layouts, [*away, output], self.batch)
        tables = resident_tables(placement.plans, hardware)
        needed = 0
        for plans, constants in self._choices(placement.plans, allocation):
            emitter = Emitter(
                hardware=hardware,
                nodes=self.nodes,
                batch=self.batch,
                placement=replace(placement, plans=plans),
                allocation=allocation,
                constants=constants,
                tables=tables,
                regions={region.edge: region for region in (*regions, *tensors)},
                inputs=inputs,
                output=output,
            )
            program = Program(
                hardware=hardware,
                graph=self.graph,
                nodes=tuple(self.nodes),
                batch=self.batch,
                steps=tuple(emitter.steps()),
                layouts=placement.layouts,
                roots=placement.roots,
                plans=plans,
                reads=placement.reads,
                tables_of=placement.tables,
                operands=placement.operands,
                weights=constants.weights if constants else np.zeros((0, hardware.cols), dtype=np.int64),
                params=constants.params if constants else no_lanes(hardware),
                tables=tables.entries if tables else np.zeros(0, dtype=np.int64),
                inputs=regions,
                tensors=tensors,
                output=output,
            )
            needed = len(program.words())
            if needed <= hardware.prg_depth:
                return program
        raise UnsupportedError(f"the program has {needed} words, PRG_DEPTH = {hardware.prg_depth}")

    def _choices(
        self, plans: dict[str, LayerPlan], allocation: Allocation
    ) -> Iterator[tuple[dict[str, LayerPlan], Constants | None]]:
        """Plans without zeros, in ever fewer steps, and their constants if these fit the memories."""
        for worth in _WORTH_OF_A_STEP:
            shorter = without_zeros(plans, allocation, self.batch, brought=False, worth=worth)
            constants = resident(shorter, self.hardware)
            if constants is None:
                shorter = without_zeros(plans, allocation, self.batch, brought=True, worth=worth)
            yield shorter, constants
            if shorter == plans:
                return

    def _tensors(self, placement: Placement, inputs: Sequence[str], output: str) -> list[Tensor]:
        """The blocks of words with their lives."""
        roots = placement.roots
        born = {name: -1 for name in inputs}
        dies: dict[str, int] = {}
        for index, node in enumerate(self.nodes):
            used = {roots[name] for name in (*placement.reads.get(node.name, node.inputs), node.output)}
            dies |= dict.fromkeys(used, index)
            for root in used:
                born.setdefault(root, index)
        dies[output] = len(self.nodes)
        return [
            Tensor(
                name=name,
                size=self.batch * placement.layouts[name].size,
                born=start,
                dies=dies[name],
                stays=name in placement.joined,
            )
            for name, start in born.items()
        ]


def _regions(layouts: Mapping[str, Layout], edges: Sequence[str], batch: int) -> tuple[HostRegion, ...]:
    regions, address = [], 0
    for edge in dict.fromkeys(edges):
        words = batch * layouts[edge].size
        regions.append(HostRegion(edge=edge, address=address, words=words))
        address += words
    return tuple(regions)
