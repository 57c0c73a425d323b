"""Builds a legal program step by step; the model of the core says at each step whether it is legal, and its sums."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS, Descriptor
from t2c.contract.field_kinds import TABLE_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import dimension
from t2c.contract.memory_layouts import transfer_layout, word_beats
from t2c.contract.operations import LOADS, ROW_STEPS, Combine, Operation
from t2c.contract.parameter_lanes import Lanes
from t2c.core_model import ProgramError, walk
from t2c.core_model.engine import Engine
from t2c.core_model.errors import Place
from t2c.core_model.memories import Memories
from t2c.core_model.stream_words import StreamWords
from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.cosim.host_transfers import cut_words
from t2c.tb.random_programs.constants import constants_for, random_values
from t2c.tb.random_programs.core_program import CoreProgram

RANGES = 24
"""Ranges of addresses that a step may read where the memory is not full: each is a LOAD."""
GAP = 16
"""Words between two addresses that still belong to one range."""
PIECES = 6
"""Cuts of a memory that is filled piece by piece."""
CHUNK = 1 << 14
"""Pixels whose reads are looked up together, divided by the K tiles."""


def ranges(address: IntArray) -> list[tuple[int, int]] | None:
    """Ranges, inclusive, of ascending addresses and what little lies between; None if they are too many or too long."""
    if not len(address):
        return []
    cuts = np.flatnonzero(np.diff(address) > GAP)
    lows, highs = address[np.r_[0, cuts + 1]], address[np.r_[cuts, len(address) - 1]]
    if len(lows) > RANGES or int((highs - lows).sum()) > 1 << 18:
        return None
    return list(zip(lows.tolist(), highs.tolist(), strict=True))


class Builder:
    """A program that grows, on memories that follow it.

    rng: where chance comes from; hardware: of the core; steps, words: so far; memories: after the last step; full:
    every word of the activation memory is known; renew: share of the RUNs that get new weights where all are known.
    """

    def __init__(self, hardware: Hardware, rng: np.random.Generator) -> None:
        self.rng = rng
        self.hardware = hardware
        self.steps: list[Descriptor] = []
        self.words: list[StreamWords] = []
        self.memories = Memories(hardware, None, None)
        self.full = False
        self.renew = 0.3

    # ------------------------------------------------------------------ transfers
    def load(self, operation: Operation, base: int, values: IntArray | Lanes) -> None:
        """LOAD, WEIGHTS, PARAMS or TABLES of these words, (words, lanes); beyond the memory they go on at 0."""
        depth = len(self.memories.of(operation).words)
        room = depth - base
        for low, part in ((base, values[:room]), (0, values[room : room + depth])):
            if not len(part):
                continue
            self.steps.append(self._transfer(operation, low, len(part)))
            layout, beats = transfer_layout(operation, self.hardware), word_beats(operation, self.hardware)
            self.words.append(cut_words(part, layout, self.hardware, beats))
            self.memories.of(operation).write(low, part)

    def load_random(self, operation: Operation, base: int, count: int) -> None:
        """The same with random words that any step may read."""
        hardware = self.hardware
        if operation is Operation.WEIGHTS:
            half = 1 << (hardware.w_w - 1)
            self.load(operation, base, random_values(self.rng, (count, hardware.cols), -half, half - 1))
        elif operation is Operation.LOAD:
            self.load(operation, base, random_values(self.rng, (count, hardware.rows), 0, (1 << hardware.x_w) - 1))
        elif operation is Operation.TABLES:
            self.load(operation, base, random_values(self.rng, (count, 1), 0, (1 << TABLE_BITS) - 1))
        else:
            sums = np.zeros((count, 1, hardware.cols), dtype=np.int64)
            self.load(operation, base, constants_for(self.rng, sums, Combine.SUM, hardware))

    def fill(self) -> None:
        """Random words in the whole of all memories, in several manners each."""
        for operation in LOADS:
            depth = len(self.memories.of(operation).words)
            cuts = np.unique([0, *self.rng.integers(1, depth, PIECES), depth])
            for low, high in itertools.pairwise(cuts.tolist()):
                self.load_random(operation, low, high - low)
        self.full = True

    def store(self, base: int, count: int) -> bool:
        """STORE of words of the activation memory; false if some are unknown."""
        known = self.memories.activations.known[base : base + count]
        if len(known) < count or not known.all():
            return False
        self.steps.append(self._transfer(Operation.STORE, base, count))
        return True

    def _unknown_operation(self) -> int:
        """A code with a bit above those of an operation, which is one but for that bit; or any other.

        Where there is no row engine, also one of its operations.
        """
        if not self.hardware.row_lanes and self.rng.random() < 0.3:
            return int(self.rng.choice(ROW_STEPS))
        code = int(self.rng.integers(len(Operation))) | 1 << int(self.rng.integers(3, 32))
        near = code not in set(Operation) and self.rng.random() < 0.7
        return code if near else int(self.rng.integers(len(Operation), 1 << 32))

    def _transfer(self, operation: Operation, base: int, count: int) -> Descriptor:
        return self._filled(operation, base=base, words=count)

    def _filled(self, operation: Operation, **given: int) -> Descriptor:
        """A step whose other fields hold whatever their words hold."""
        for entry in FIELDS:
            if operation not in entry.readers:
                low, high = entry.kind.word[0], entry.kind.word[-1]
                given[entry.name] = int(self.rng.integers(low, high, endpoint=True))
        given.setdefault("layer", dimension("descriptor.layer").draw(self.rng))
        return Descriptor(op=operation, **given)  # type: ignore[arg-type]

    # ------------------------------------------------------------------ RUN
    def run(self, step: Descriptor, constants: Lanes | None = None) -> bool:
        """Add a RUN with all that it reads; false if it is not legal here.

        Args:
            step: the RUN.
            constants: its parameter words, (words, COLS); without them, some that suit its sums.
        """
        memories = self.memories
        place = Place(step=len(self.steps), operation="RUN", layer=step.layer)
        brought = self.bring_activations(lambda: self._reads(step)) and self._bring_weights(step)
        if not (brought and self._bring_table(step)):
            return False
        tiles = np.arange(step.col_tiles)
        first = walk.parameter_word(step, tiles)
        last = int(walk.parameter_word(step, tiles[-1:], second=step.combine is Combine.PAIR)[0])
        needed = last + 1 - int(first[0])
        depth = self.hardware.par_depth
        base = step.param_base & ((1 << (depth - 1).bit_length()) - 1)
        before = memories.accumulators.words.copy(), memories.accumulators.known.copy()
        try:
            # The sums do not depend on constants: any will do to learn them, and then those that suit are loaded.
            self._known_params(base, needed)
            sums, _ = Engine(memories, step, place).run()
        except ProgramError:
            self._forget_params()
            memories.accumulators.words[:], memories.accumulators.known[:] = before
            return False
        memories.accumulators.words[:], memories.accumulators.known[:] = before
        self._forget_params()
        if not step.hold:
            lanes = constants
            if lanes is None:
                tiles_at_once = depth // 2 if step.combine is Combine.PAIR else depth
                lanes = constants_for(self.rng, sums[:tiles_at_once], step.combine, self.hardware)
            self.load(Operation.PARAMS, base, lanes[: min(needed, depth)])
            if needed > depth:
                self._bring_rest_of_params()
        Engine(memories, step, place).run()
        self.steps.append(step)
        return True

    def _known_params(self, base: int, needed: int) -> None:
        """Pretend that the parameter words of a step are there."""
        known = self.memories.params.known
        depth = len(known)
        self._pretended = [slice(base, min(base + needed, depth)), slice(0, min(max(0, base + needed - depth), depth))]
        self._were = [known[part].copy() for part in self._pretended]
        for part in self._pretended:
            known[part] = True

    def _forget_params(self) -> None:
        for part, were in reversed(list(zip(self._pretended, self._were, strict=True))):
            self.memories.params.known[part] = were

    def _bring_rest_of_params(self) -> None:
        unknown = np.flatnonzero(~self.memories.params.known)
        if len(unknown):
            self.load_random(Operation.PARAMS, int(unknown[0]), int(unknown[-1] - unknown[0]) + 1)

    def _bring_weights(self, step: Descriptor) -> bool:
        depth, rows = self.hardware.wgt_depth, self.hardware.rows
        needed = rows * step.col_tiles * (1 if step.same_weights else step.k_tiles)
        wrap = 1 << (depth - 1).bit_length()
        if wrap != depth and step.weight_base + needed > depth:
            return False
        base = step.weight_base & (wrap - 1)
        addresses = (base + np.arange(min(needed, depth))) & (wrap - 1)
        if self.rng.random() < self.renew or not self.memories.weights.known[addresses].all():
            self.load_random(Operation.WEIGHTS, base, len(addresses))
        return True

    def _bring_table(self, step: Descriptor) -> bool:
        """TABLES of the page that the results pass, and seldom of a part of it that is known already."""
        if not step.table or step.hold:
            return True
        depth, size = self.hardware.tbl_depth, 1 << self.hardware.x_w
        base = (step.table_page * size) & ((1 << (depth - 1).bit_length()) - 1)
        if base + size > depth:
            return False
        if not self.memories.tables.known[base : base + size].all():
            self.load_random(Operation.TABLES, base, size)
        elif self.rng.random() < self.renew:
            first, last = sorted(self.rng.integers(0, size, 2).tolist())
            self.load_random(Operation.TABLES, base + first, last - first + 1)
        return True

    def bring_activations(self, reads: Callable[[], Iterable[IntArray]]) -> bool:
        """LOAD what a step reads and nobody has written, unless it is all over the memory.

        Args:
            reads: gives the addresses that it reads, in parts.
        """
        memory = self.memories.activations
        if self.full:
            if self.rng.random() < 0.2:
                base = int(self.rng.integers(len(memory.words)))
                self.load_random(Operation.LOAD, base, int(self.rng.integers(1, len(memory.words) - base + 1)))
            return True
        unknown = self._unknown(reads())
        if unknown is None:
            return False
        for low, high in unknown:
            self.load_random(Operation.LOAD, low, high + 1 - low)
        return True

    def _reads(self, step: Descriptor) -> Iterator[IntArray]:
        """Addresses that a RUN reads."""
        hardware = self.hardware
        taps = walk.row_taps(step, hardware, np.arange(step.k_tiles))
        each = max(1, CHUNK // step.k_tiles)
        for low in range(0, step.pixels, each):
            pixels = walk.pixels_of(step, np.arange(low, min(low + each, step.pixels)))
            reads = walk.reads_of(step, hardware, pixels, taps)
            yield reads.address[reads.inside]

    def _unknown(self, reads: Iterable[IntArray]) -> list[tuple[int, int]] | None:
        """Ranges of addresses, inclusive; None if there are too many, or words beyond the memory."""
        memory = self.memories.activations
        found: list[IntArray] = []
        for part in reads:
            address = np.unique(part)
            found.append(
                address[(address >= len(memory.words)) | ~memory.known[address % len(memory.words)].all(axis=1)]
            )
        address = np.unique(np.concatenate(found))
        return None if len(address) and address[-1] >= len(memory.words) else ranges(address)

    # ------------------------------------------------------------------ end
    def store_known(self, limit: int) -> None:
        """STORE ranges of known words, at most `limit` of them."""
        known = self.memories.activations.known.all(axis=1)
        places = np.flatnonzero(known)
        if not len(places):
            return
        cuts = np.flatnonzero(np.diff(places) > 1)
        lows, highs = places[np.r_[0, cuts + 1]], places[np.r_[cuts, len(places) - 1]]
        chosen = sorted(self.rng.permutation(len(lows))[:limit].tolist())
        for index in chosen:
            self.store(int(lows[index]), int(highs[index] - lows[index]) + 1)

    def program(self, name: str, *, unknown: bool = False) -> CoreProgram:
        """The program, with END and whatever may stand behind it.

        Args:
            name: of the program.
            unknown: an operation that the core does not have takes the place of END.
        """
        last = self._filled(Operation.END)
        steps = list(self.steps) if unknown else [*self.steps, last]
        code = [word for step in steps for word in step.encode()]
        if unknown:
            code += last.encode()
            code[-DESCRIPTOR_WORDS] = self._unknown_operation()
        rest = max(0, min(64, self.hardware.prg_depth - len(code)))
        code += [int(word) for word in self.rng.integers(0, 1 << 32, rest)]
        octets = -(-self.hardware.stream_w // 8)
        return CoreProgram(
            name=name,
            hardware=self.hardware,
            code=code,
            steps=steps,
            words=np.concatenate([np.zeros((0, octets), dtype=np.uint8), *self.words]),
        )
