"""The way of a pixel down one column of the array: weights, partial sums, column sum."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.tb.cosim.localisation.core_probe import Stage
from t2c.tb.cosim.localisation.moved_weights import MovedWeights
from t2c.tb.cosim.localisation.passages import Passage
from t2c.tb.cosim.localisation.probed_run import Finding, ProbedRun, show
from t2c.tb.cosim.localisation.stage_times import ColumnWitness, column_times, psum_cycle, rows_right


class ArrayColumn:
    """One column of the array in a run. lane: the column; moved: weights that a MOVE has brought."""

    def __init__(self, run: ProbedRun, lane: int, moved: MovedWeights) -> None:
        self.run = run
        self.moved = moved
        self.hardware = run.program.hardware
        self.lane = lane
        self._laid_out: dict[int, IntArray] = {}
        self._right: list[ColumnWitness] = []

    def wrong(self, passage: Passage, operands: Sequence[int]) -> Generator[Finding, None, int]:
        """Every weight, partial sum and column sum that is not golden's; return golden's column sum.

        Args:
            passage: the pixel.
            operands: golden's, one a row.
        """
        hardware, visit = self.hardware, passage.visit
        yield from self._weights_wrong(passage)
        columns, span = hardware.columns, hardware.columns.span
        element = columns.element(self.lane)
        weights = self._weights(passage)
        taken = np.array(operands, dtype=np.int64).reshape(-1, span)
        psums: list[int] = np.cumsum(element.sums(taken, weights)).tolist()
        ready, done = (self.run.passed(passage, stage) for stage in (Stage.OPERANDS, Stage.COLUMN_SUM))
        assert ready is not None
        bits, where = hardware.psum_w, self.run.tile(passage)
        if done is None:
            text = f"array: no column sum of pixel {visit.pixel} of {where} ever got valid"
            yield Finding(unit="systolic_array", text=text, cycle=None)
            return psums[-1]
        seen = self.run.sample(passage, done)
        mine = ColumnWitness(ready=ready, psums=tuple(psums))
        if seen.array is not None and twos_complement(seen.array, bits) == psums[-1]:
            self._right.append(mine)
            return psums[-1]
        at = self.run.samples(passage)
        late = column_times(self._right, done - ready, self.lane, hardware, at)
        right = {cycles: rows_right(mine, cycles, self.lane, hardware, at) for cycles in late}
        values = f"{show(seen.array, bits)}, expected {show(psums[-1], bits)}"
        if not right:
            text = (
                f"between the operands and the column sum: column {self.lane}, {where}: {values}; the rows are not as "
                "many cycles apart as contract.pipeline says, so that none of them is blamed"
            )
            yield self.run.finding("systolic_array", text, done)
            return psums[-1]
        cycles = max(right, key=lambda cycles: right[cycles])
        row = right[cycles]
        if row < hardware.tile_words:
            came = self.run.sample(passage, psum_cycle(ready, row, self.lane, cycles))
            before = psums[row - 1] if row else 0
            k = visit.k_tile * hardware.rows + row * span
            what = f"operand {operands[row]} * weight {weights[row, 0]}"
            if span > 1:
                what = f"operands {taken[row].tolist()} by weights {weights[row].tolist()}"
                k_text = f"k = {k}..{k + span - 1}"
            else:
                k_text = f"k = {k}"
            what += "" if element.exact else f", {element.name}: {psums[row] - before}"
            text = (
                f"array: PE (row {row}, column {self.lane}), {where}, {k_text}: "
                f"partial sum is {show(came.psums[row], bits)}, expected {show(psums[row], bits)} = {before} + {what}"
            )
            yield self.run.finding(element.module, text, came.cycle)
        else:
            text = f"array output, column {self.lane}, {where}: {values}"
            yield self.run.finding("systolic_array", text, done)
        return psums[-1]

    def _weights_wrong(self, passage: Passage) -> Iterator[Finding]:
        """The weight words of the tile as they enter the array."""
        for row, weight in enumerate(self._words(passage)):
            load = self.run.load(passage, row)
            where = f"row {row}, column {self.lane} of {self.run.tile(passage)}"
            if load is None:
                yield Finding(unit="tile_loader", text=f"weights: {where}: the word never came", cycle=None)
                continue
            if load.weight is not None and twos_complement(load.weight, self.hardware.code_w) == weight:
                continue
            expected = (passage.visit.weight_row + row) % (1 << (self.hardware.wgt_depth - 1).bit_length())
            if load.address != expected:
                shown = "X" if load.address is None else load.address
                text = f"weight address: {where}: reads row {shown}, expected {expected}"
                yield self.run.finding("tile_loader", text, load.cycle)
            if passage.work.plan.moves:
                yield from self.moved.wrong(passage, row, self.lane, where)
            text = f"weight memory: {where}: {show(load.weight, self.hardware.code_w)}, expected {weight}"
            yield self.run.finding("ram", f"{text}, of row {expected}", load.cycle)

    def _weights(self, passage: Passage) -> IntArray:
        """Golden's weights of a tile in the column: (words of the tile, span)."""
        hardware = self.hardware
        words = np.array(self._words(passage), dtype=np.int64)
        if hardware.columns.plain:
            return words[:, np.newaxis]
        return hardware.columns.element(self.lane).decode(words & ((1 << hardware.code_w) - 1), hardware.w_w)

    def _words(self, passage: Passage) -> list[int]:
        """What golden has in the weight memory of a tile in the column, one a word."""
        if passage.ordinal not in self._laid_out:
            plan, run = passage.work.plan, passage.work.run
            self._laid_out[passage.ordinal] = self.moved.weights(passage) if plan.moves else plan.weights(run)
        first = passage.visit.weight_row - passage.step.descriptor.weight_base
        rows: list[int] = self._laid_out[passage.ordinal][first : first + self.hardware.tile_words, self.lane].tolist()
        return rows
