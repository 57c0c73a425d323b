"""A SOFTMAX or LAYER_NORM step: rows of the activation memory to rows of it, with golden's arithmetic.

The hardware reads row after row and is some rows ahead of what it writes; a row has been read before its first result
leaves. So a step may write what it reads where a row is written no earlier than it was read last: a row onto itself, or
onto an earlier one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2c.contract import pipeline
from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.operations import ROUNDINGS, Operation
from t2c.contract.parameter_lanes import decode_lanes
from t2c.core_model import row_walk
from t2c.core_model.descriptor_rules import check_rows
from t2c.core_model.errors import Place
from t2c.core_model.memories import Memories
from t2c.core_model.results import Results, wrapped
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.arithmetic.layer_norm import RowNorm, normalise
from t2c.golden.arithmetic.rounding import round_shift
from t2c.golden.arithmetic.softmax import EXPONENT_BITS, SoftmaxTable, softmax


class Rows:
    """One row step on the memories of a core."""

    def __init__(self, memories: Memories, descriptor: Descriptor, place: Place) -> None:
        self.memories = memories
        self.hardware = memories.hardware
        self.descriptor = descriptor
        self.place = place
        self.readers: npt.NDArray[np.int32] = np.zeros(memories.activations.words.shape, np.int32)
        """1 + number of the row that reads a bank's word last; 0: none does."""

    def run(self) -> Results:
        """Carry out the step.

        Raises:
            ProgramError: the step does what the core does not guard against.
        """
        check_rows(self.descriptor, self.hardware, self.place)
        x = self.elements()
        y = self._softmax(x) if self.descriptor.op is Operation.SOFTMAX else self._layer_norm(x)
        return self._write(y)

    def elements(self) -> IntArray:
        """The elements of the rows, (rows, row_length).

        Raises:
            ProgramError: one that nobody has written.
        """
        d, hardware, memory = self.descriptor, self.hardware, self.memories.activations
        places, banks = row_walk.element_places(d, hardware)
        address, bank = np.broadcast_arrays(wrapped(places, hardware), banks)
        beyond = address >= hardware.act_depth
        unknown = ~memory.known[np.where(beyond, 0, address), bank]
        for wrong, text in (
            (beyond, f"beyond the {hardware.act_depth} words of the memory"),
            (unknown, "which was never written"),
        ):
            if wrong.any():
                where = np.unravel_index(int(wrong.argmax()), wrong.shape)
                raise self.place.error("origin", f"reads bank {int(bank[where])}, {text}", int(address[where]))
        np.maximum.at(self.readers, (address, bank), np.arange(1, d.out_pixels + 1, dtype=np.int32)[:, np.newaxis])
        raw = memory.words[address, bank].astype(np.int64)
        return twos_complement(raw, hardware.x_w) if d.x_signed else raw

    def _softmax(self, x: IntArray) -> IntArray:
        d, hardware = self.descriptor, self.hardware
        below = np.unique(x.max(axis=1, keepdims=True) - x)
        first = d.table_page << hardware.x_w
        entries = self.memories.table_entries(self.place, first + below)
        if entries[0] == 0:
            raise self.place.error("table_page", "EXP[0] is 0: the sum of a row could be 0", first)
        bits = max(EXPONENT_BITS[0], int(entries.max()).bit_length())
        if bits + d.result_bits > d.reciprocal_bits:
            text = f"{d.reciprocal_bits} is below {bits} bits of an exponential + {d.result_bits} of a result"
            raise self.place.error("reciprocal_bits", text)
        exp = np.zeros(1 << hardware.x_w, np.int64)
        exp[below] = entries
        table = SoftmaxTable(exp=exp, exponent_bits=bits, output_bits=d.result_bits, reciprocal_bits=d.reciprocal_bits)
        return softmax(x, table)

    def _layer_norm(self, x: IntArray) -> IntArray:
        d, hardware = self.descriptor, self.hardware
        words = self.memories.parameter_words(self.place, row_walk.parameter_words(d, hardware))
        multiplier, bias, shift = decode_lanes(words.reshape(-1)[: d.row_length], hardware)
        rounded = round_shift(self.normalised(x) * multiplier + bias, shift, ROUNDINGS[d.rounding])
        return np.clip(rounded + d.y_zero_point, d.y_lo, d.y_hi)

    def normalised(self, x: IntArray) -> IntArray:
        """What MulQuant takes of these rows in a LAYER_NORM."""
        epsilon = self.descriptor.epsilon_high << WORD_BITS | self.descriptor.epsilon_low
        norm = RowNorm(epsilon=epsilon, root_bits=pipeline.ROOT_BITS, fraction_bits=pipeline.FRACTION_BITS)
        return normalise(x, norm)

    def _write(self, y: IntArray) -> Results:
        d, hardware = self.descriptor, self.hardware
        places, group = row_walk.written_places(d, hardware)
        # Lanes of the last word beyond the row hold 0.
        whole = np.zeros((d.out_pixels, len(places) // d.out_pixels * hardware.cols), np.int64)
        whole[:, : d.row_length] = y & ((1 << hardware.x_w) - 1)
        values = whole.reshape(-1, hardware.cols).astype(np.uint8)
        written = Results(address=wrapped(places, hardware), group=group, values=values)
        written.check(hardware, self.place)
        row, number = np.divmod(np.arange(len(places)), len(places) // d.out_pixels)
        early = written.of(self.readers).max(axis=1) > row + 1
        if early.any():
            text = "a row is written over one that is read after it"
            raise self.place.error("out_base", text, int(written.address[int(early.argmax())]))
        written.write(self.memories.activations)
        given = number < row_walk.row_groups(d, hardware)
        return Results(address=written.address[given], group=group[given], values=values[given])
