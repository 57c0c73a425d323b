"""The core, step by step: memories, streams and registers after every step of a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract import pipeline
from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Descriptor
from t2c.contract.field_kinds import COUNT_BITS, WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout, step_beats, transfer_layout, word_beats
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.contract.parameter_lanes import Lanes
from t2c.contract.registers import ErrorCode, Register, Status, error_word, hardware_word, layer_word
from t2c.contract.schedule import step_cycles
from t2c.core_model.engine import Engine
from t2c.core_model.errors import Place
from t2c.core_model.host import Host, HostStalledError, Marks
from t2c.core_model.memories import Memories
from t2c.core_model.mover import Moves, move
from t2c.core_model.results import Results
from t2c.core_model.rows import Rows
from t2c.core_model.stream_words import StreamWords, check_octets, lanes_of, words_of
from t2c.golden.arithmetic.formats import IntArray, check_range
from t2c.golden.errors import RangeError, ShapeError

_OP, _LAYER = (next(field.index for field in FIELDS if field.name == name) for name in ("op", "layer"))
"""Words of a step that the core looks at before the step is known to mean something."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StepRecord:
    """What one step did.

    number: of the step, from 0; descriptor: as decoded; cycles: from its start to the next step's, without stalls;
    results: of a RUN that gives some, of a SOFTMAX or LAYER_NORM; sums: of a RUN, (column tiles, pixels, COLS) int64,
    the accumulators after its last K tile; moves: of a MOVE, the weight rows that it writes; words: of a transfer,
    (words, octets) as they were on the stream.
    """

    number: int
    descriptor: Descriptor
    cycles: int
    results: Results | None = None
    sums: IntArray | None = None
    moves: Moves | None = None
    words: StreamWords | None = None


class CoreModel:
    """A core of some hardware with a program in its memory.

    Memories keep what they hold from run to run, as those of the hardware do; a new model is a core after power-up.

    memories: all words, and which are known; status, error, layer, cycles: what the registers hold after the last
    step, cycles without stalls.
    """

    def __init__(
        self,
        hardware: Hardware,
        program: Sequence[int] | npt.NDArray[np.integer[npt.NBitBase]],
        *,
        weights: IntArray | None = None,
        params: Lanes | None = None,
        tables: IntArray | None = None,
    ) -> None:
        """Fill the memories.

        Args:
            hardware: the core's parameters.
            program: words of 32 bits, from address 0, unsigned or as two's complement numbers.
            weights: (rows, COLS) signed W_W bits, from address 0; None or empty where the program brings them.
            params: (words, COLS) lanes {shift, bias, multiplier}, from address 0; None as for weights.
            tables: (entries, 1) unsigned entries of TABLE_W bits, from address 0; None as for weights.

        Raises:
            RangeError, ShapeError: an image that does not fit its memory, a word that is no integer of its bits.
            UnsupportedError: MulQuant lanes of more than 63 bits.
        """
        if len(program) > hardware.prg_depth:
            raise RangeError(f"program: {len(program)} words, PRG_DEPTH = {hardware.prg_depth}")
        self.hardware = hardware
        words = (
            check_range("program", program, -(1 << (WORD_BITS - 1)), (1 << WORD_BITS) - 1) if len(program) else program
        )
        self.program = [int(word) % (1 << WORD_BITS) for word in words]
        self.memories = Memories(hardware, weights, params, tables)
        self.status = Status(0)
        self.error = ErrorCode.NONE
        self.layer = 0
        self.cycles = 0

    def read(self, register: Register) -> int:
        """What a host reads from a register after the last step.

        Raises:
            KeyError: CONTROL, which is only written.
        """
        return {
            Register.STATUS: int(self.status),
            Register.ERROR: error_word(self.error),
            Register.LAYER: layer_word(self.layer),
            Register.CYCLES_LO: self.cycles % (1 << WORD_BITS),
            Register.CYCLES_HI: self.cycles >> WORD_BITS,
            Register.HARDWARE: hardware_word(self.hardware.parameters()),
        }[register]

    def run(self, host: Host) -> None:
        """Run the program once, to its end or its error."""
        for _ in self.steps(host):
            pass

    def steps(self, host: Host) -> Iterator[StepRecord]:
        """Run the program once and give what each step did, as soon as it is done.

        An unknown operation and a misplaced tlast end the program as they do in the core: STATUS says error, ERROR the
        code, LAYER the layer of the step.

        Args:
            host: serves the streams.

        Raises:
            ProgramError: a step does what the core does not guard against, or waits for the host forever.
        """
        self.status, self.error, self.layer = Status.BUSY, ErrorCode.NONE, 0
        self.cycles = pipeline.FIRST_STEP
        number = 0
        while self.status is Status.BUSY:
            words = self._fetch(number)
            self.layer = words[_LAYER] % (1 << COUNT_BITS)
            if not self._knows(words[_OP]):
                self._stop(ErrorCode.UNKNOWN_OPERATION, pipeline.END)
                return
            operation = Operation(words[_OP])
            place = Place(step=number, operation=operation.name, layer=self.layer)
            descriptor = _decode(words, place)
            record = self._carry_out(number, descriptor, place, host)
            if record is None:
                return
            self.cycles += record.cycles
            if operation is Operation.END:
                self.status = Status.DONE
            yield record
            number += 1

    def _knows(self, code: int) -> bool:
        """Without a row engine its operations are unknown."""
        return code in set(Operation) and (self.hardware.row_lanes > 0 or code not in ROW_STEPS)

    def _stop(self, code: ErrorCode, cycles: int) -> None:
        self.status, self.error = Status.ERROR, code
        self.cycles += cycles

    def _fetch(self, number: int) -> list[int]:
        words = self.program[number * DESCRIPTOR_WORDS : (number + 1) * DESCRIPTOR_WORDS]
        if len(words) < DESCRIPTOR_WORDS:
            place = Place(step=number, operation="none", layer=self.layer)
            raise place.error("op", f"the program ends after {len(self.program)} words, without END", len(self.program))
        return words

    def _carry_out(self, number: int, descriptor: Descriptor, place: Place, host: Host) -> StepRecord | None:
        """None if the step ends the program with an error."""
        cycles = step_cycles(descriptor, self.hardware)
        if descriptor.op is Operation.END:
            return StepRecord(number=number, descriptor=descriptor, cycles=cycles)
        if descriptor.op is Operation.RUN:
            sums, results = Engine(self.memories, descriptor, place).run()
            return StepRecord(number=number, descriptor=descriptor, cycles=cycles, results=results, sums=sums)
        if descriptor.op is Operation.MOVE:
            moves = move(self.memories, descriptor, place)
            return StepRecord(number=number, descriptor=descriptor, cycles=cycles, moves=moves)
        if descriptor.op in ROW_STEPS:
            done = Rows(self.memories, descriptor, place).run()
            return StepRecord(number=number, descriptor=descriptor, cycles=cycles, results=done)
        depth = len(self.memories.of(descriptor.op).words)
        if descriptor.base + descriptor.words > depth:
            text = f"{descriptor.words} words from {descriptor.base} on go beyond the {depth} of the memory"
            raise place.error("words", text, descriptor.base)
        try:
            if descriptor.op is Operation.STORE:
                words = self._store(descriptor, place, host)
            else:
                loaded = self._load(descriptor, host)
                if loaded is None:
                    return None
                words = loaded
        except HostStalledError as stalled:
            raise place.error("words", str(stalled)) from stalled
        return StepRecord(number=number, descriptor=descriptor, cycles=cycles, words=words)

    # ------------------------------------------------------------------ transfers
    def _load(self, descriptor: Descriptor, host: Host) -> StreamWords | None:
        """Words of s_axis into a memory; None after a misplaced tlast, up to which they are written."""
        beats = step_beats(descriptor, self.hardware)
        words, last = self._sent(host, beats)
        taken = len(words)
        if last is not None:
            wrong = np.flatnonzero(last != (np.arange(taken) == beats - 1))
            taken = int(wrong[0]) + 1 if len(wrong) else taken
            if len(wrong):
                self._write(descriptor, words[:taken])
                self._stop(ErrorCode.MISPLACED_TLAST, taken + pipeline.LOAD + pipeline.TURN)
                return None
        if taken < beats:
            raise HostStalledError(f"s_axis waits: {taken} of {beats} words came")
        self._write(descriptor, words)
        return words

    def _sent(self, host: Host, beats: int) -> tuple[StreamWords, Marks | None]:
        """What a host sends, whoever wrote it, after proving that it is as `Host.send` says."""
        given, marks = host.send(beats)
        words = check_octets(given, self.hardware.stream_w)
        if len(words) > beats:
            raise ShapeError(f"the host sends {len(words)} stream words, the step takes {beats}")
        if marks is None:
            return words, None
        last = np.asarray(marks, dtype=bool)
        if last.shape != (len(words),):
            raise ShapeError(f"tlast of shape {last.shape} for {len(words)} stream words")
        return words, last

    def _write(self, descriptor: Descriptor, words: StreamWords) -> None:
        """Whole memory words only."""
        op, hardware = descriptor.op, self.hardware
        layout, beats = transfer_layout(op, hardware), word_beats(op, hardware)
        whole = words[: len(words) // beats * beats]
        if len(whole):
            lanes = lanes_of(whole, layout, beats=beats, width=hardware.stream_w)
            self.memories.of(op).write(descriptor.base, lanes)

    def _store(self, descriptor: Descriptor, place: Place, host: Host) -> StreamWords:
        memory = self.memories.activations
        mine = slice(descriptor.base, descriptor.base + descriptor.words)
        known = memory.known[mine]
        if not known.all():
            word, bank = np.unravel_index(int((~known).argmax()), known.shape)
            text = f"stores bank {int(bank)}, which was never written"
            raise place.error("base", text, descriptor.base + int(word))
        layout = activation_layout(self.hardware)
        words = words_of(memory.words[mine], layout, layout.word_bits)
        host.take(words)
        return words


def _decode(words: Sequence[int], place: Place) -> Descriptor:
    try:
        return Descriptor.decode(words)
    except RangeError as error:
        name = str(error).removeprefix("descriptor ").partition(" = ")[0]
        raise place.error(name, str(error)) from error
