"""Where a wrong value comes from: follow one output through the engine and name the first signal that is not golden's.

The order is that of the data: pixel sequencer, window address, activation memory, operand, processing elements from the
top of the column down, array output, accumulator, parameters, MulQuant, result; K tile after K tile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from t2c.contract import pipeline
from t2c.contract.field_kinds import COUNT_BITS
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import decode_lanes
from t2c.contract.pipeline import Cycles
from t2c.core_model.visits import RowRead
from t2c.core_model.walk import padding_operand
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.program import Program
from t2c.tb.cosim.localisation.core_probe import Sample
from t2c.tb.cosim.localisation.mismatches import Mismatch, WrongSum
from t2c.tb.cosim.localisation.passages import Passage

Samples = Mapping[tuple[int, int], Sample]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The first wrong signal. unit: file of rtl/ without its ending; text: one line; cycle: of the run, or None if
    there is none to show."""

    unit: str
    text: str
    cycle: int | None


class NotSeenError(LookupError):
    """A RUN step did not run as long as it should, or not at all."""


def _show(value: int | None, bits: int) -> str:
    if value is None:
        return "X (unknown)"
    return f"{twos_complement(value, bits)} (0x{value % (1 << bits):0{-(-bits // 4)}x})"


class Localiser:
    """Follows one mismatch. tensors: golden's, of the run's images, by edge."""

    def __init__(
        self,
        program: Program,
        mismatch: Mismatch | WrongSum,
        passages: list[Passage],
        tensors: Mapping[str, IntArray],
        samples: Samples,
    ) -> None:
        self.program = program
        self.mismatch = mismatch
        self.passages = passages
        self.samples = samples
        self._laid_out: dict[int, IntArray] = {}
        self.words = {
            edge: program.layouts[edge].to_words(tensors[edge])
            for passage in passages[:1]
            for edge in passage.work.plan.node.inputs
        }

    def find(self) -> Finding:
        """The first wrong signal in the order of the data."""
        try:
            return self._follow()
        except NotSeenError as missing:
            return Finding(unit="program_sequencer", text=f"program: {missing}", cycle=None)

    def _follow(self) -> Finding:
        acc: int | None = None
        p = 0
        for passage in self.passages:
            d = passage.step.descriptor
            operands, finding = self._operands(passage)
            if finding:
                return finding
            psum, finding = self._column(passage, operands)
            if finding:
                return finding
            fresh = acc is None or d.combine is Combine.PAIR
            acc = psum if acc is None or fresh else max(acc, psum) if d.combine is Combine.MAX else acc + psum
            finding = self._accumulator(passage, acc)
            if finding:
                return finding
            last = passage.visit.k_tile == d.k_tiles - 1 and not d.hold
            if last and isinstance(self.mismatch, Mismatch):
                p, finding = self._requantise(passage, acc, p)
                if finding:
                    return finding
        return self._nothing()

    # ------------------------------------------------------------------ stages
    def _operands(self, passage: Passage) -> tuple[list[int], Finding | None]:
        """Check the sequencer's pixel and every row's operand."""
        visit, hardware = passage.visit, self.program.hardware
        seen = self._at(passage, Cycles())
        for name, actual, expected, bits in (
            ("px_valid", seen.px_valid, 1, 1),
            ("iy0", seen.iy0, visit.iy0, COUNT_BITS),
            ("ix0", seen.ix0, visit.ix0, COUNT_BITS),
            ("address of tap (0, 0)", seen.base, visit.base, hardware.act_addr_w),
        ):
            if actual is None or actual % (1 << bits) != expected % (1 << bits):
                where = f"pixel (n={visit.image}, y={visit.oy}, x={visit.ox}) of {self._tile(passage)}"
                shown = ("X" if actual is None else actual, expected % (1 << bits))
                text = f"pixel sequencer: {where}: {name} is {shown[0]}, expected {shown[1]}"
                return [], self._finding("pixel_sequencer", text, seen)
        operands = []
        address, late = self._at(passage, pipeline.ADDRESS), self._at(passage, pipeline.WINDOW)
        for row, read in enumerate(visit.rows):
            operand = self._operand(passage, row, read)
            where = "idle" if read.tap < 0 else f"tap (i={read.ky}, j={read.kx}), channel word {read.word}"
            actual = late.operands[row]
            if operand is None:  # its weights are 0: it may hold anything that is known
                if actual is None:
                    text = f"activation memory: row {row}, {where}: X (unknown) in a bank without a channel"
                    return [], self._finding("activation_memory", text, late)
                operands.append(twos_complement(actual, hardware.x_w + 1))
                continue
            operands.append(operand)
            if actual is not None and twos_complement(actual, hardware.x_w + 1) == operand:
                continue
            if read.address is not None and address.addresses[row] != read.address:
                got = address.addresses[row]
                text = f"window address: row {row}, {where}: reads address {'X' if got is None else got}, "
                return [], self._finding("window_row", text + f"expected {read.address}", address)
            name = "window" if read.address is None else "activation memory or window"
            text = f"{name}: row {row}, {where}: operand is {_show(actual, hardware.x_w + 1)}, expected {operand}"
            return [], self._finding("window_row", text, late)
        return operands, None

    def _operand(self, passage: Passage, row: int, read: RowRead) -> int | None:
        """Golden's operand of an array row; None from a bank without a channel, which holds whatever the layer before
        left there."""
        d, hardware, second = passage.step.descriptor, self.program.hardware, passage.visit.second
        if read.address is None:
            return padding_operand(d, hardware)
        source = int(second)
        edge = passage.work.plan.node.inputs[source]
        layout, words = self.program.layouts[edge], self.words[edge]
        # A strip's tensor begins outside the memory: before the modulo, its words count from there.
        index = read.unwrapped - passage.work.part.sources[source]
        if layout.held[index % layout.words, row] < 0:
            return None
        return int(words[index, row]) - (d.x2_zero_point if second else d.x_zero_point)

    def _column(self, passage: Passage, operands: list[int]) -> tuple[int, Finding | None]:
        """Check every partial sum of the column, from the top down, and what leaves the array."""
        visit, hardware, lane = passage.visit, self.program.hardware, self.mismatch.lane
        first = visit.weight_row - passage.step.descriptor.weight_base
        weights = self._weights(passage)[first : first + hardware.rows, lane]
        psum, bits = 0, hardware.psum_w
        for row in range(hardware.rows):
            before, psum = psum, psum + int(weights[row]) * operands[row]
            seen = self._at(passage, pipeline.partial_sum(row, lane))
            actual = seen.psums[row]
            if actual is None or twos_complement(actual, bits) != psum:
                step = f"k = {visit.k_tile * hardware.rows + row}"
                sum_of = f"{before} + operand {operands[row]} * weight {int(weights[row])}"
                text = (
                    f"array: PE (row {row}, column {lane}), {self._tile(passage)}, {step}: "
                    f"partial sum is {_show(actual, bits)}, expected {_show(psum, bits)} = {sum_of}"
                )
                return psum, self._finding("mac_pe", text, seen)
        seen = self._at(passage, pipeline.COLUMN_SUM)
        if seen.array is None or twos_complement(seen.array, bits) != psum:
            values = f"{_show(seen.array, bits)}, expected {_show(psum, bits)}"
            text = f"array output, column {lane}, {self._tile(passage)}: {values}"
            return psum, self._finding("systolic_array", text, seen)
        return psum, None

    def _accumulator(self, passage: Passage, acc: int) -> Finding | None:
        bits = self.program.hardware.acc_w
        seen = self._at(passage, pipeline.SUM)
        if seen.acc is not None and twos_complement(seen.acc, bits) == acc:
            return None
        text = (
            f"accumulator, column {self.mismatch.lane}, after {self._tile(passage)}: {_show(seen.acc, bits)}, "
            f"expected {_show(acc, bits)}; the array's column sum is right"
        )
        return self._finding("accumulator", text, seen)

    def _requantise(self, passage: Passage, acc: int, partial: int) -> tuple[int, Finding | None]:
        """Check the constants and the result; return the sum of products so far."""
        d, hardware, plan, visit = passage.step.descriptor, self.program.hardware, passage.work.plan, passage.visit
        word = passage.work.run.first_tile * plan.param_step + visit.parameter_word - d.param_base
        lane = int(plan.params[word, self.mismatch.lane])
        multiplier, bias, shift = map(int, decode_lanes(plan.params[word, self.mismatch.lane], hardware))
        constants = f"M = {multiplier}, B = {bias}, S = {shift}"
        seen = self._at(passage, pipeline.SUM)
        if seen.params != lane:
            shown = "X" if seen.params is None else f"0x{seen.params:x}"
            text = f"parameter memory, column {self.mismatch.lane}: lane is {shown}, expected 0x{lane:x} ({constants})"
            return 0, self._finding("layer_engine", text, seen)
        p = partial + acc * multiplier if visit.second else acc * multiplier + bias
        if d.combine is Combine.PAIR and not visit.second:
            return p, None
        seen = self._at(passage, pipeline.RESULT)
        expected = self.mismatch.expected % (1 << hardware.x_w)
        if seen.out_valid == 1 and seen.out == expected:
            return p, None
        shown = "no result" if seen.out_valid != 1 else _show(seen.out, hardware.x_w)
        text = (
            f"MulQuant, column {self.mismatch.lane}: the accumulator is right, the result is not: acc = {acc}, "
            f"{constants}{f', first operand p = {partial}' if visit.second else ''}, zp = {d.y_zero_point}, "
            f"clip {d.y_lo}..{d.y_hi}: {shown}, expected {self.mismatch.expected}"
        )
        return p, self._finding("mulquant", text, seen)

    # ------------------------------------------------------------------ helpers
    def _weights(self, passage: Passage) -> IntArray:
        """Weight rows of a passage's column run, laid out once."""
        if passage.ordinal not in self._laid_out:
            self._laid_out[passage.ordinal] = passage.work.plan.weights(passage.work.run)
        return self._laid_out[passage.ordinal]

    def _at(self, passage: Passage, latency: Cycles) -> Sample:
        key = (passage.ordinal, passage.visit.start + latency.of(self.program.hardware))
        if key not in self.samples:
            raise NotSeenError(f"RUN step {key[0]} did not come to its cycle {key[1]}")
        return self.samples[key]

    def _tile(self, passage: Passage) -> str:
        return f"column tile {passage.work.run.first_tile + passage.visit.tile}, K tile {passage.visit.k_tile}"

    def _finding(self, unit: str, text: str, seen: Sample) -> Finding:
        return Finding(unit=unit, text=f"{text}; cycle {seen.cycle}", cycle=seen.cycle)

    def _nothing(self) -> Finding:
        text = "every signal on the way of this value was right when it ran again"
        return Finding(unit="", text=text, cycle=None)
