"""Where a wrong value comes from: follow one output through the engine and name the first signal that is not golden's.

The order is that of the data: pixel sequencer, window address, activation memory, operand, processing elements from the
top of the column down, array output, accumulator, parameters, MulQuant, result; K tile after K tile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from t2c.contract import pipeline
from t2c.contract.operations import Combine
from t2c.contract.pipeline import Cycles
from t2c.contract.schedule import pixel_cycle
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.program import Program, Step, Work
from t2c.tb.cosim.expectation import Trace
from t2c.tb.cosim.localisation.core_probe import Sample, Window, window_of
from t2c.tb.cosim.localisation.mismatches import Mismatch

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


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One pixel of one K tile on its way. ordinal: RUN step in the program, from 0; start: cycle of issue after its
    start; n, oy, ox: as the sequencer counts; second: second operand of a pair."""

    step: Step
    work: Work
    ordinal: int
    tile: int
    k_tile: int
    start: int
    n: int
    oy: int
    ox: int
    second: bool


def visits_of(program: Program, trace: Trace, mismatch: Mismatch) -> list[Visit]:
    """Every pixel of every K tile that goes into one result, in order."""
    place = int(mismatch.word - (trace.step < mismatch.step).sum())
    runs = [i for i, step in enumerate(program.steps) if step.work is not None]
    last = first = runs.index(mismatch.step)
    while program.steps[runs[first]].descriptor.keep:  # sums that were begun by earlier steps
        first -= 1
    visits = []
    for number in runs[first : last + 1]:
        step = program.steps[number]
        assert step.work is not None
        d, hardware = step.descriptor, program.hardware
        tile, pixel = divmod(place, d.images * d.out_pixels)
        pixels = (2 * pixel, 2 * pixel + 1) if d.combine is Combine.PAIR else (pixel,)
        for k_tile in range(d.k_tiles):
            for p in pixels:
                n, rest = divmod(p, d.out_h * d.out_w)
                oy, ox = divmod(rest, d.out_w)
                visits.append(
                    Visit(
                        step=step,
                        work=step.work,
                        ordinal=runs.index(number),
                        tile=tile,
                        k_tile=k_tile,
                        start=pixel_cycle(d, hardware, tile, k_tile, p),
                        n=n,
                        oy=oy,
                        ox=ox,
                        second=d.combine is Combine.PAIR and p % 2 == 1,
                    )
                )
    return visits


def windows_of(visits: list[Visit], program: Program) -> list[Window]:
    """What the probe has to record."""
    return [window_of(visit.ordinal, visit.start, program.hardware) for visit in visits]


def _show(value: int | None, bits: int) -> str:
    if value is None:
        return "X (unknown)"
    return f"{twos_complement(value, bits)} (0x{value % (1 << bits):0{-(-bits // 4)}x})"


class Localiser:
    """Follows one mismatch. tensors: golden's, of the run's images, by edge."""

    def __init__(
        self,
        program: Program,
        mismatch: Mismatch,
        visits: list[Visit],
        tensors: Mapping[str, IntArray],
        samples: Samples,
    ) -> None:
        self.program = program
        self.mismatch = mismatch
        self.visits = visits
        self.samples = samples
        self._laid_out: dict[int, IntArray] = {}
        self.words = {
            edge: program.layouts[edge].to_words(tensors[edge])
            for visit in visits[:1]
            for edge in visit.work.plan.node.inputs
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
        for visit in self.visits:
            d = visit.step.descriptor
            operands, finding = self._operands(visit)
            if finding:
                return finding
            psum, finding = self._column(visit, operands)
            if finding:
                return finding
            fresh = acc is None or d.combine is Combine.PAIR
            acc = psum if acc is None or fresh else max(acc, psum) if d.combine is Combine.MAX else acc + psum
            finding = self._accumulator(visit, acc)
            if finding:
                return finding
            last = visit.k_tile == d.k_tiles - 1 and not d.hold
            if last:
                p, finding = self._requantise(visit, acc, p)
                if finding:
                    return finding
        return self._nothing()

    # ------------------------------------------------------------------ stages
    def _operands(self, visit: Visit) -> tuple[list[int], Finding | None]:
        """Check the sequencer's pixel and every row's operand."""
        d, hardware = visit.step.descriptor, self.program.hardware
        span = 1 << hardware.act_addr_w
        iy0, ix0 = visit.oy * d.stride_h - d.pad_h, visit.ox * d.stride_w - d.pad_w
        base = d.origin + visit.n * d.image_step + visit.oy * d.row_step + visit.ox * d.col_step
        seen = self._at(visit, Cycles())
        for name, actual, expected, bits in (
            ("px_valid", seen.px_valid, 1, 1),
            ("iy0", seen.iy0, iy0, 16),
            ("ix0", seen.ix0, ix0, 16),
            ("address of tap (0, 0)", seen.base, base, hardware.act_addr_w),
        ):
            if actual is None or actual % (1 << bits) != expected % (1 << bits):
                where = f"pixel (n={visit.n}, y={visit.oy}, x={visit.ox}) of {self._tile(visit)}"
                shown = ("X" if actual is None else actual, expected % (1 << bits))
                text = f"pixel sequencer: {where}: {name} is {shown[0]}, expected {shown[1]}"
                return [], self._finding("pixel_sequencer", text, seen)
        operands = []
        address, late = self._at(visit, pipeline.ADDRESS), self._at(visit, pipeline.WINDOW)
        for row in range(hardware.rows):
            expected, where, place = self._operand(visit, row, iy0, ix0, base)
            actual = late.operands[row]
            if expected is None:  # its weights are 0: it may hold anything that is known
                if actual is None:
                    text = f"activation memory: row {row}, {where}: X (unknown) in a bank without a channel"
                    return [], self._finding("activation_memory", text, late)
                operands.append(twos_complement(actual, hardware.x_w + 1))
                continue
            operands.append(expected)
            if actual is not None and twos_complement(actual, hardware.x_w + 1) == expected:
                continue
            if place is not None and address.addresses[row] != place % span:
                got = address.addresses[row]
                text = f"window address: row {row}, {where}: reads address {'X' if got is None else got}, "
                return [], self._finding("window_row", text + f"expected {place % span}", address)
            name = "window" if place is None else "activation memory or window"
            text = f"{name}: row {row}, {where}: operand is {_show(actual, hardware.x_w + 1)}, expected {expected}"
            return [], self._finding("window_row", text, late)
        return operands, None

    def _operand(self, visit: Visit, row: int, iy0: int, ix0: int, base: int) -> tuple[int | None, str, int | None]:
        """Return (operand, which tap it is, address or None outside the image) of an array row.

        The operand is None from a bank without a channel, which holds whatever the layer before left there.
        """
        d = visit.step.descriptor
        group, word = divmod(visit.k_tile, d.ch_words)
        slot = row // d.rows_per_tap
        tap = group * d.taps_per_tile + slot
        outside = -(1 << self.program.hardware.x_w) if d.combine is Combine.MAX else 0
        if slot >= d.taps_per_tile or tap >= d.taps:
            return outside, "idle", None
        ky, kx = divmod(tap, d.k_w)
        where = f"tap (i={ky}, j={kx}), channel word {word}"
        if not (0 <= iy0 + ky * d.dil_h < d.in_h and 0 <= ix0 + kx * d.dil_w < d.in_w):
            return outside, where, None
        place = base + ky * d.tap_row_step + kx * d.tap_col_step + word
        source = int(visit.second)
        edge = visit.work.plan.node.inputs[source]
        index, layout = place - visit.work.part.sources[source], self.program.layouts[edge]
        if layout.held[index % layout.words, row] < 0:
            return None, where, place
        value = int(self.words[edge][index, row])
        return value - (d.x2_zero_point if visit.second else d.x_zero_point), where, place

    def _column(self, visit: Visit, operands: list[int]) -> tuple[int, Finding | None]:
        """Check every partial sum of the column, from the top down, and what leaves the array."""
        d, hardware, lane = visit.step.descriptor, self.program.hardware, self.mismatch.lane
        tile = visit.tile * (1 if d.same_weights else d.k_tiles) + (0 if d.same_weights else visit.k_tile)
        weights = self._weights(visit)[tile * hardware.rows : (tile + 1) * hardware.rows, lane]
        psum, bits = 0, hardware.psum_w
        for row in range(hardware.rows):
            before, psum = psum, psum + int(weights[row]) * operands[row]
            seen = self._at(visit, pipeline.partial_sum(row, lane))
            actual = seen.psums[row]
            if actual is None or twos_complement(actual, bits) != psum:
                step = f"k = {visit.k_tile * hardware.rows + row}"
                sum_of = f"{before} + operand {operands[row]} * weight {int(weights[row])}"
                text = (
                    f"array: PE (row {row}, column {lane}), {self._tile(visit)}, {step}: "
                    f"partial sum is {_show(actual, bits)}, expected {_show(psum, bits)} = {sum_of}"
                )
                return psum, self._finding("mac_pe", text, seen)
        seen = self._at(visit, pipeline.COLUMN_SUM)
        if seen.array is None or twos_complement(seen.array, bits) != psum:
            values = f"{_show(seen.array, bits)}, expected {_show(psum, bits)}"
            text = f"array output, column {lane}, {self._tile(visit)}: {values}"
            return psum, self._finding("systolic_array", text, seen)
        return psum, None

    def _accumulator(self, visit: Visit, acc: int) -> Finding | None:
        bits = self.program.hardware.acc_w
        seen = self._at(visit, pipeline.SUM)
        if seen.acc is not None and twos_complement(seen.acc, bits) == acc:
            return None
        text = (
            f"accumulator, column {self.mismatch.lane}, after {self._tile(visit)}: {_show(seen.acc, bits)}, "
            f"expected {_show(acc, bits)}; the array's column sum is right"
        )
        return self._finding("accumulator", text, seen)

    def _requantise(self, visit: Visit, acc: int, partial: int) -> tuple[int, Finding | None]:
        """Check the constants and the result; return the sum of products so far."""
        d, hardware, plan = visit.step.descriptor, self.program.hardware, visit.work.plan
        word = (visit.work.run.first_tile + visit.tile) * plan.param_step + int(visit.second)
        lane = int(plan.params[word, self.mismatch.lane])
        multiplier = twos_complement(lane, hardware.scale_w)
        bias = twos_complement(lane >> hardware.scale_w, hardware.bias_w)
        shift = lane >> (hardware.scale_w + hardware.bias_w)
        constants = f"M = {multiplier}, B = {bias}, S = {shift}"
        seen = self._at(visit, pipeline.SUM)
        if seen.params != lane:
            shown = "X" if seen.params is None else f"0x{seen.params:x}"
            text = f"parameter memory, column {self.mismatch.lane}: lane is {shown}, expected 0x{lane:x} ({constants})"
            return 0, self._finding("layer_engine", text, seen)
        p = partial + acc * multiplier if visit.second else acc * multiplier + bias
        if d.combine is Combine.PAIR and not visit.second:
            return p, None
        seen = self._at(visit, pipeline.RESULT)
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
    def _weights(self, visit: Visit) -> IntArray:
        """Weight rows of a visit's column run, laid out once."""
        if visit.ordinal not in self._laid_out:
            self._laid_out[visit.ordinal] = visit.work.plan.weights(visit.work.run)
        return self._laid_out[visit.ordinal]

    def _at(self, visit: Visit, latency: Cycles) -> Sample:
        key = (visit.ordinal, visit.start + latency.of(self.program.hardware))
        if key not in self.samples:
            raise NotSeenError(f"RUN step {key[0]} did not come to its cycle {key[1]}")
        return self.samples[key]

    def _tile(self, visit: Visit) -> str:
        return f"column tile {visit.work.run.first_tile + visit.tile}, K tile {visit.k_tile}"

    def _finding(self, unit: str, text: str, seen: Sample) -> Finding:
        return Finding(unit=unit, text=f"{text}; cycle {seen.cycle}", cycle=seen.cycle)

    def _nothing(self) -> Finding:
        text = "every signal on the way of this value was right when it ran again"
        return Finding(unit="", text=text, cycle=None)
