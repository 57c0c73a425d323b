"""Where a wrong value comes from: follow one output through the engine and name the first signal that is not golden's.

The order is that of the data: descriptor, pixel sequencer, operands (tile loader, window address, activation memory,
window), weights, processing elements from the top of the column down, array output, accumulator, parameters, MulQuant,
table, result; K tile after K tile. The valids that travel with a pixel say when each comes, not the latencies of the
contract.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

from t2c.contract import pipeline
from t2c.contract.descriptor import FIELDS
from t2c.contract.field_kinds import COUNT_BITS, WORD_BITS
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import decode_lanes
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.program import Program
from t2c.tb.cosim.localisation.array_column import ArrayColumn
from t2c.tb.cosim.localisation.core_probe import Probe, Stage
from t2c.tb.cosim.localisation.mismatches import Mismatch, WrongSum
from t2c.tb.cosim.localisation.moved_weights import MovedWeights
from t2c.tb.cosim.localisation.passages import Passage
from t2c.tb.cosim.localisation.probed_run import Finding, NotSeenError, ProbedRun, show
from t2c.tb.cosim.localisation.window_former import WindowFormer


class Localiser:
    """Follows one mismatch. tensors: golden's, of the run's images, by edge; probe: what was written down."""

    def __init__(
        self,
        program: Program,
        mismatch: Mismatch | WrongSum,
        passages: list[Passage],
        tensors: Mapping[str, IntArray],
        probe: Probe,
    ) -> None:
        self.program = program
        self.mismatch = mismatch
        self.passages = passages
        self.run = ProbedRun(program, probe)
        self.window = WindowFormer(self.run, passages[0].work, tensors)
        self.column = ArrayColumn(self.run, mismatch.lane, MovedWeights(self.run, tensors))

    def find(self) -> Finding:
        """The first wrong signal in the order of the data."""
        try:
            return next(self._follow())
        except StopIteration:
            text = "every signal on the way of this value was right when it ran again"
            return Finding(unit="", text=text, cycle=None)
        except NotSeenError as missing:
            return missing.finding

    def _follow(self) -> Iterator[Finding]:
        """Everything that is wrong on the way, in the order of the data."""
        acc: int | None = None
        p = 0
        for passage in self.passages:
            d = passage.step.descriptor
            yield from self._descriptor(passage)
            yield from self._pixel(passage)
            yield from self.window.wrong(passage)
            psum = yield from self.column.wrong(passage, self.window.operands(passage))
            fresh = acc is None or d.combine is Combine.PAIR
            acc = psum if acc is None or fresh else max(acc, psum) if d.combine is Combine.MAX else acc + psum
            yield from self._accumulator(passage, acc)
            if passage.visit.k_tile == d.k_tiles - 1 and not d.hold and isinstance(self.mismatch, Mismatch):
                p = yield from self._requantise(passage, acc, p, self.mismatch)

    def _descriptor(self, passage: Passage) -> Iterator[Finding]:
        """The step as the engine gets it, at its start and to its end."""
        cycle, words = self.run.descriptor(passage.ordinal)
        descriptor = passage.step.descriptor
        number = self.program.steps.index(passage.step)
        expected = descriptor.encode()
        for field in FIELDS:
            came, wanted = words[field.index], expected[field.index]
            if descriptor.op in field.readers and came != wanted:
                text = (
                    f"program sequencer: step {number}: descriptor field {field.name} is "
                    f"{show(came, WORD_BITS)}, expected {show(wanted, WORD_BITS)}"
                )
                yield self.run.finding("program_sequencer", text, cycle)
        for stage in (Stage.PIXEL, Stage.OPERANDS, Stage.COLUMN_SUM):
            passed = self.run.passed(passage, stage)
            if passed is not None and not self.run.sample(passage, passed).steady:
                text = f"program sequencer: step {number}: the descriptor changes while the step runs"
                yield self.run.finding("program_sequencer", text, passed)

    def _pixel(self, passage: Passage) -> Iterator[Finding]:
        visit, hardware = passage.visit, self.program.hardware
        where = f"pixel (n={visit.image}, y={visit.oy}, x={visit.ox}) of {self.run.tile(passage)}"
        seen = self.run.at(passage, Stage.PIXEL, "pixel_sequencer", f"pixel sequencer: {where}: px_valid never came")
        for name, actual, expected, bits in (
            ("iy0", seen.iy0, visit.iy0, COUNT_BITS),
            ("ix0", seen.ix0, visit.ix0, COUNT_BITS),
            ("address of tap (0, 0)", seen.base, visit.base, hardware.act_addr_w),
        ):
            if actual is None or actual % (1 << bits) != expected % (1 << bits):
                shown = ("X" if actual is None else actual, expected % (1 << bits))
                text = f"pixel sequencer: {where}: {name} is {shown[0]}, expected {shown[1]}"
                yield self.run.finding("pixel_sequencer", text, seen.cycle)

    def _accumulator(self, passage: Passage, acc: int) -> Iterator[Finding]:
        bits = self.program.hardware.acc_w
        cycle = self.run.passed(passage, Stage.COLUMN_SUM)
        assert cycle is not None
        seen = self.run.sample(passage, cycle + self._accumulator_latency())
        if seen.acc is None or twos_complement(seen.acc, bits) != acc:
            text = (
                f"accumulator, column {self.mismatch.lane}, after {self.run.tile(passage)}: {show(seen.acc, bits)}, "
                f"expected {show(acc, bits)}; the array's column sum is right"
            )
            yield self.run.finding("accumulator", text, seen.cycle)

    def _accumulator_latency(self) -> int:
        """From a column sum to the sum, as any complete sum tells."""
        for passage in self.passages:
            ready, done = (self.run.passed(passage, stage) for stage in (Stage.COLUMN_SUM, Stage.COMPLETE_SUM))
            if ready is not None and done is not None:
                return done - ready
        return pipeline.ACCUMULATOR.fixed

    def _requantise(
        self, passage: Passage, acc: int, partial: int, mismatch: Mismatch
    ) -> Generator[Finding, None, int]:
        """Check the constants and the result; return the sum of products so far."""
        d, hardware, plan, visit = passage.step.descriptor, self.program.hardware, passage.work.plan, passage.visit
        word = passage.work.run.first_tile * plan.param_step + visit.parameter_word - d.param_base
        lane = int(plan.params[word, mismatch.lane])
        multiplier, bias, shift = map(int, decode_lanes(plan.params[word, mismatch.lane], hardware))
        constants = f"M = {multiplier}, B = {bias}, S = {shift}"
        missing = f"accumulator, column {mismatch.lane}: no complete sum after {self.run.tile(passage)}"
        seen = self.run.at(passage, Stage.COMPLETE_SUM, "layer_engine", missing)
        if seen.params != lane:
            shown = "X" if seen.params is None else f"0x{seen.params:x}"
            text = f"parameter memory, column {mismatch.lane}: lane is {shown}, expected 0x{lane:x} ({constants})"
            yield self.run.finding("layer_engine", text, seen.cycle)
        p = partial + acc * multiplier if visit.second else acc * multiplier + bias
        if d.combine is Combine.PAIR and not visit.second:
            return p
        text = (
            f"MulQuant, column {mismatch.lane}: the accumulator is right, the result is not: acc = {acc}, "
            f"{constants}{f', first operand p = {partial}' if visit.second else ''}, zp = {d.y_zero_point}, "
            f"clip {d.y_lo}..{d.y_hi}: "
        )
        ending = f", expected {mismatch.expected}"
        result = self.run.at(passage, Stage.RESULT, "mulquant", f"{text}no result{ending}")
        expected, bits = mismatch.expected % (1 << hardware.x_w), hardware.x_w
        if mismatch.before or not d.table:
            came = result.before if mismatch.before else result.out
            if came != expected and (mismatch.before or result.before != expected):
                yield self.run.finding("mulquant", f"{text}{show(came, bits)}{ending}", result.cycle)
        if not mismatch.before and result.out != expected:
            page = f"entry of page {d.table_page}" if d.table else "behind it, without a table"
            text = (
                f"table, column {mismatch.lane}: the result is right before it, {show(result.before, bits)}; {page}: "
                f"{show(result.out, bits)}{ending}"
            )
            yield self.run.finding("table_lanes", text, result.cycle)
        return p
