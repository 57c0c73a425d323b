"""Weights that a MOVE has brought: golden's, and what is wrong on the way of one that came: the step's descriptor, what
the mover reads, what it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from t2c.contract import pipeline
from t2c.contract.descriptor import FIELDS, Descriptor
from t2c.contract.field_kinds import WORD_BITS
from t2c.core_model.move_walk import Origins, origins
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.product import ProductPlan
from t2c.tb.cosim.localisation.core_probe import MoveSample
from t2c.tb.cosim.localisation.passages import Passage
from t2c.tb.cosim.localisation.probed_run import Finding, ProbedRun, show


class MovedWeights:
    """The moved weights of a run. tensors: golden's, of the run's images, by edge."""

    def __init__(self, run: ProbedRun, tensors: Mapping[str, IntArray]) -> None:
        self.run = run
        self.hardware = run.program.hardware
        self.tensors = tensors

    def weights(self, passage: Passage) -> IntArray:
        """Golden's weights of a pixel's step, (rows, COLS)."""
        return _plan(passage).moved_weights(passage.work.run, self._operand(passage))

    def wrong(self, passage: Passage, row: int, lane: int, where: str) -> Iterator[Finding]:
        """The first reason why the weight of an array row and column is not golden's; none if the mover wrote it.

        Args:
            passage: the pixel.
            row, lane: of the array.
            where: the same in words.
        """
        number, move = self._step(passage)
        yield from self._descriptor_wrong(passage, number, move)
        address = passage.visit.weight_row + row
        index = address - passage.step.descriptor.weight_base
        weight = int(self.weights(passage)[index, lane])
        of, samples = self._element(passage, index, lane), self.run.probe.moves.get(passage.ordinal, [])
        writes = [sample for sample in samples if sample.writes and sample.address == address]
        if not writes:
            text = f"operand mover: step {number}: {where}: weight row {address} is never written"
            yield Finding(unit="operand_mover", text=text, cycle=None)
            return
        came, bits = writes[-1].weight, self.hardware.w_w
        if came is not None and twos_complement(came, bits) == weight:
            return
        origin = origins(move, self.hardware)
        if origin.inside[index, lane]:
            yield from self._reading(number, samples, origin, index, lane, f"{where}, {of}", weight)
        text = f"operand mover: step {number}: {where}, {of}: writes {show(came, bits)}, expected {weight}"
        text += f", which it read from bank {origin.bank[index, lane]}" if origin.inside[index, lane] else ""
        yield self.run.finding("operand_mover", text, writes[-1].cycle)

    def _step(self, passage: Passage) -> tuple[int, Descriptor]:
        """Number and descriptor of the MOVE that brings a pixel's weights: the step before its own."""
        number = self.run.program.steps.index(passage.step) - 1
        return number, self.run.program.steps[number].descriptor

    def _image(self, passage: Passage) -> int:
        """Which of the run's images a pixel's step takes."""
        program, edge = self.run.program, _plan(passage).node.inputs[1]
        first = passage.work.part.sources[1] - program.layouts[edge].start
        return (self._step(passage)[1].origin - first) // program.layouts[edge].size

    def _operand(self, passage: Passage) -> IntArray:
        operand: IntArray = self.tensors[_plan(passage).node.inputs[1]][self._image(passage)].astype(np.int64)
        return operand

    def _element(self, passage: Passage, index: int, lane: int) -> str:
        """Element of golden's second operand that becomes a weight, or why it is 0."""
        plan, run = _plan(passage), passage.work.run
        k, o = (int(along[index, lane]) for along in plan.moved(run))
        head = plan.head_index(run)
        if k < 0:
            return f"no element of head {plan.coordinate((*head, 0, 0))[0]}"
        at = ", ".join(map(str, (self._image(passage), *head, k, o)))
        return f"{plan.node.inputs[1]}[{at}]"

    def _descriptor_wrong(self, passage: Passage, number: int, move: Descriptor) -> Iterator[Finding]:
        start = self.run.probe.starts.get(passage.ordinal)
        if start is None:
            text = f"program sequencer: step {number}, a MOVE, never started"
            yield Finding(unit="program_sequencer", text=text, cycle=None)
            return
        expected = move.encode()
        for field in FIELDS:
            came, wanted = start[1][field.index], expected[field.index]
            if move.op in field.readers and came != wanted:
                text = (
                    f"program sequencer: step {number}: descriptor field {field.name} is "
                    f"{show(came, WORD_BITS)}, expected {show(wanted, WORD_BITS)}"
                )
                yield self.run.finding("program_sequencer", text, start[0])

    def _reading(
        self,
        number: int,
        samples: list[MoveSample],
        origin: Origins,
        index: int,
        lane: int,
        where: str,
        weight: int,
    ) -> Iterator[Finding]:
        """Whether the mover reads an element, and whether the memory gives it."""
        bank, address = int(origin.bank[index, lane]), int(origin.address[index, lane])
        latency, bits = pipeline.MEMORY.fixed, self.hardware.x_w
        assert latency == 1
        words = [
            (after.cycle, after.words[bank])
            for sample, after in pairwise(samples)
            if sample.addresses[bank] == address and after.cycle == sample.cycle + latency
        ]
        if not words:
            text = f"operand mover: step {number}: {where}: address {address} of bank {bank} is never read"
            yield self.run.finding("operand_mover", text, samples[0].cycle)
        elif all(word != weight % (1 << bits) for _, word in words):
            cycle, word = words[-1]
            text = f"activation memory: bank {bank}, {where}: address {address} gives {show(word, bits)}"
            yield self.run.finding("activation_memory", f"{text}, expected {show(weight % (1 << bits), bits)}", cycle)


def _plan(passage: Passage) -> ProductPlan:
    plan = passage.work.plan
    assert isinstance(plan, ProductPlan)
    return plan
