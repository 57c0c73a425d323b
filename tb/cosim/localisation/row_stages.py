"""Where a wrong result of the row engine comes from: follow its row and name the first signal that is not golden's.

The order is that of the data: descriptor and elements read; of SOFTMAX the largest element, exponentials, their sum,
its reciprocal; of LAYER_NORM sums, constants, t, parameters; result and its place. Rows and beats are counted at each
stage, so that a core with other latencies is followed as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from t2c.contract import pipeline
from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import FIELDS
from t2c.contract.field_kinds import RECIPROCAL, TABLE_BITS, WORD_BITS
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import decode_lanes
from t2c.core_model import row_walk
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.arithmetic.layer_norm import RowNorm, normalise, reciprocal_root
from t2c.mapping.program import Program
from t2c.tb.cosim.localisation.probed_run import Finding, show
from t2c.tb.cosim.localisation.row_events import Event, Passed, RowEvents, Value

T_BITS = 32
"""Of t as tb/hdl/row_probe.v writes it."""


class RowStages:
    """Follows one wrong result.

    program: that ran; step: index of its row step; place: number of the result word among those of the step; lane: of
    the word; tensors: golden's, of the run's images, by edge; seen: what was written down.
    """

    def __init__(
        self, program: Program, step: int, place: int, lane: int, tensors: Mapping[str, IntArray], seen: RowEvents
    ) -> None:
        work = program.steps[step].work
        assert work is not None
        self.hardware, self.plan, self.d, self.seen = program.hardware, work.plan, program.steps[step].descriptor, seen
        self.place, self.layer = place, program.layer_names[self.d.layer]
        self.row, group = divmod(place, row_walk.row_groups(self.d, self.hardware))
        self.element = group * self.hardware.cols + lane
        places, self.banks = row_walk.element_places(self.d, self.hardware)
        self.addresses = places[self.row]
        offsets = self.addresses - self.d.origin - self.row * self.d.row_step
        source, target = self.plan.node.inputs[0], self.plan.node.output
        first = self.addresses[0] - work.part.sources[0]
        self.x = self._row(program.layouts[source], tensors[source], first + offsets)
        first = self.d.out_base + self.row * self.d.out_step - work.part.target
        self.y = self._row(program.layouts[target], tensors[target], first + offsets)

    def _row(self, layout: Layout, tensor: IntArray, words: IntArray) -> IntArray:
        """Elements of a tensor in these words, counted from its own first one."""
        return np.asarray(layout.to_words(tensor.astype(np.int64))[words + layout.start, self.banks])

    def find(self) -> Finding:
        """The first wrong signal in the order of the data."""
        text = "every signal on the way of this value was right when it ran again"
        return next(self._follow(), Finding(unit="", text=text, cycle=None))

    def _follow(self) -> Iterator[Finding]:
        yield from self._descriptor()
        yield from self._reading()
        yield from self._softmax() if self.d.op is Operation.SOFTMAX else self._layer_norm()
        yield from self._results()

    # ------------------------------------------------------------------ one signal
    @property
    def _beats(self) -> int:
        """Of a row."""
        return -(-self.d.row_length // self.hardware.row_lanes)

    def _check(
        self, unit: str, what: str, seen: Passed | None, came: Value, expected: int, bits: int, *, signed: bool = False
    ) -> Iterator[Finding]:
        """A finding if a signal of so many bits is not what is expected."""
        where = f"row {self.row}: {what}"
        if seen is None:
            yield Finding(unit=unit, text=f"{where} never came", cycle=None)
        elif came != expected % (1 << bits):
            shown = "X (unknown)" if came is None else str(twos_complement(came, bits) if signed else came)
            text = f"{where} is {shown}, expected {expected}; cycle {seen.cycle}"
            yield Finding(unit=unit, text=text, cycle=seen.cycle)

    def _of_row(self, event: Event, unit: str, what: str, field: int, expected: int) -> Iterator[Finding]:
        """A signal that a row has once."""
        seen = self.seen.at(event, self.row)
        bits, came = (0, None) if seen is None else (len(seen.fields[field]), seen.number(field))
        yield from self._check(unit, what, seen, came, expected, bits, signed=expected < 0)

    def _of_element(
        self,
        event: Event,
        unit: str,
        what: str,
        field: int,
        element: int,
        expected: int,
        bits: int,
        *,
        signed: bool = False,
    ) -> Iterator[Finding]:
        """A lane of one of the row's beats."""
        beat, lane = divmod(element, self.hardware.row_lanes)
        seen = self.seen.at(event, self.row * self._beats + beat)
        came = None if seen is None else seen.lane(field, lane, bits)
        yield from self._check(unit, f"{what} of element {element}", seen, came, expected, bits, signed=signed)

    # ------------------------------------------------------------------ what both operations have
    def _descriptor(self) -> Iterator[Finding]:
        if self.seen.start is None:
            text = f"program sequencer: the {self.d.op.name} of layer {self.layer} never started"
            yield Finding(unit="program_sequencer", text=text, cycle=None)
            return
        cycle, words = self.seen.start
        for field, wanted, came in zip(FIELDS, self.d.encode(), words, strict=True):
            if self.d.op in field.readers and came != wanted:
                text = f"program sequencer: descriptor field {field.name} is {show(came, WORD_BITS)}, expected {wanted}"
                yield Finding(unit="program_sequencer", text=f"{text}; cycle {cycle}", cycle=cycle)

    def _reading(self) -> Iterator[Finding]:
        """Address, elements, and the end of the row, beat by beat."""
        hardware, lanes = self.hardware, self.hardware.row_lanes
        for element, x in enumerate(self.x.tolist()):
            beat, address = element // lanes, int(self.addresses[element]) % (1 << hardware.act_addr_w)
            seen = self.seen.at(Event.BEAT, self.row * self._beats + beat)
            if seen is not None and element % lanes == 0:
                what = f"address of elements {element} on"
                yield from self._check("row_feeder", what, seen, seen.number(0), address, hardware.act_addr_w)
                what = f"end in the beat of elements {element} on"
                yield from self._check("row_feeder", what, seen, seen.number(3), int(beat == self._beats - 1), 1)
            what = f"activation memory: bank {self.banks[element]}, address {address}"
            yield from self._of_element(
                Event.BEAT, "activation_memory", what, 1, element, x, hardware.x_w, signed=bool(self.d.x_signed)
            )
        seen = self.seen.at(Event.BEAT, (self.row + 1) * self._beats - 1)
        if seen is not None:
            kept = (1 << (self.d.row_length - (self._beats - 1) * lanes)) - 1
            yield from self._check("row_feeder", "elements of the last beat", seen, seen.number(2), kept, lanes)

    def _results(self) -> Iterator[Finding]:
        """The element's result, and the group that it leaves in."""
        hardware, d, signed = self.hardware, self.d, bool(self.y.min() < 0)
        unit = "softmax_lane" if d.op is Operation.SOFTMAX else "mulquant"
        wanted = int(self.y[self.element])
        yield from self._of_element(Event.RESULTS, unit, "result", 0, self.element, wanted, hardware.x_w, signed=signed)
        seen = self.seen.at(Event.GROUP, self.place)
        places, groups = row_walk.result_places(d, hardware)
        address = int(places[self.place]) % (1 << hardware.act_addr_w)
        came: tuple[Value, Value, Value] = (None, None, None)
        if seen is not None:
            came = seen.number(0), seen.number(1), seen.lane(2, self.element % hardware.cols, hardware.x_w)
        for what, value, expected, bits in (
            ("address of the result", came[0], address, hardware.act_addr_w),
            ("group of the result", came[1], int(groups[self.place]), max(1, (hardware.groups - 1).bit_length())),
            ("lane of the group", came[2], wanted, hardware.x_w),
        ):
            yield from self._check("row_writer", what, seen, value, expected, bits, signed=signed)

    # ------------------------------------------------------------------ SOFTMAX
    def _softmax(self) -> Iterator[Finding]:
        d, bits, table = self.d, self.hardware.x_w, self.plan.table
        assert table is not None
        largest = int(self.x.max())
        turned = largest + (1 << (bits - 1) if d.x_signed else 0)
        what = "largest element, its sign bit turned," if d.x_signed else "largest element"
        yield from self._of_row(Event.MAXIMUM, "row_maximum", what, 0, turned)
        exps = table[largest - self.x]
        for element, exp in enumerate(exps.tolist()):
            what = f"exponential (entry {largest - self.x[element]} of page {d.table_page})"
            yield from self._of_element(Event.EXPONENTIALS, "softmax_rows", what, 0, element, exp, TABLE_BITS)
        total = int(exps.sum())
        yield from self._of_row(Event.SUM, "row_total", "sum of exponentials", 0, total)
        # In place of R bits the unit has all that it could, the lower ones 0.
        reciprocal = (1 << d.reciprocal_bits) // total << RECIPROCAL.high - d.reciprocal_bits
        what = f"reciprocal 2^{RECIPROCAL.high} / {total}, of which {d.reciprocal_bits} bits count,"
        yield from self._of_row(Event.RECIPROCAL, "row_reciprocal", what, 0, reciprocal)

    # ------------------------------------------------------------------ LAYER_NORM
    def _layer_norm(self) -> Iterator[Finding]:
        d, hardware = self.d, self.hardware
        epsilon = d.epsilon_high << WORD_BITS | d.epsilon_low
        x = self.x - (0 if d.x_signed else 1 << (hardware.x_w - 1))
        n, s, q = d.row_length, int(x.sum()), int((x * x).sum())
        for field, (what, wanted) in enumerate((("N", n), ("S", s), ("Q", q))):
            yield from self._of_row(Event.SUMS, "row_sums", what, field, wanted)
        root, half = (int(each) for each in reciprocal_root(np.array(n * q - s * s + epsilon), pipeline.ROOT_BITS))
        shift = half + pipeline.ROOT_BITS - pipeline.FRACTION_BITS - 1
        for field, (what, wanted) in enumerate((("N r", n * root), ("S r", s * root), ("p - 1", shift))):
            yield from self._of_row(Event.CONSTANTS, "row_constants", what, field, wanted)
        norm = RowNorm(epsilon=epsilon, root_bits=pipeline.ROOT_BITS, fraction_bits=pipeline.FRACTION_BITS)
        t = int(normalise(self.x, norm)[self.element])
        yield from self._of_element(Event.NORMALISED, "normal_lane", "t", 0, self.element, t, T_BITS, signed=True)
        lane = self.plan.params[divmod(self.element, hardware.cols)]
        m, b, shift = (int(each) for each in decode_lanes(lane, hardware))
        what = f"parameters (M = {m}, B = {b}, S = {shift})"
        yield from self._of_element(Event.NORMALISED, "ram", what, 1, self.element, int(lane), hardware.param_w)
