"""Register accesses at random moments of a run: what the harness does, and what each must be answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.registers import (
    ErrorCode,
    Register,
    Response,
    Status,
    error_word,
    hardware_word,
    layer_word,
)
from t2c.tb.random_programs.core_program import Expectation

NEVER = (1 << WORD_BITS) - 1
"""Cycle of an access after the end."""
FIRST = 4
"""Cycle of the write that starts the program."""
TO_TAKEN, TO_EFFECT, TO_START = 2, 3, 4
"""From the cycle of an undelayed write: to its handshakes, to its effect, to start_o."""
DELAY_MAX = 15
WRITE_SPACE = 48
"""Cycles after which an access has surely been answered."""
START = 1


@dataclass(frozen=True, kw_only=True)
class Write:
    """cycle: of its beginning; strobes: of the four bytes; aw, w, b: cycles by which the host delays these channels."""

    cycle: int
    address: int = Register.CONTROL
    data: int = START
    strobes: int = 15
    aw: int = 0
    w: int = 0
    b: int = 0

    @property
    def starts(self) -> bool:
        """Whether it asks for a start."""
        return self.address == Register.CONTROL and bool(self.data & START) and bool(self.strobes & 1)

    def words(self) -> tuple[int, int, int]:
        """As the harness reads it."""
        how = self.b << 20 | self.w << 16 | self.aw << 12 | self.strobes << 8 | self.address
        return self.cycle, how, self.data


@dataclass(frozen=True, kw_only=True)
class Read:
    """cycle: of its beginning; r: cycles by which the host delays the answer."""

    cycle: int
    address: int
    r: int = 0

    def words(self) -> tuple[int, int]:
        """As the harness reads it."""
        return self.cycle, self.r << 8 | self.address


@dataclass(frozen=True, kw_only=True)
class Accesses:
    """What a host does with the registers during a run. The first write starts the program."""

    writes: tuple[Write, ...]
    reads: tuple[Read, ...]


AFTER = tuple(Read(cycle=NEVER, address=register) for register in Register)
"""All registers after the end; CYCLES_LO comes before CYCLES_HI, whose latch it is."""
_EARLY = tuple(Read(cycle=40, address=register) for register in (Register.STATUS, Register.ERROR))
"""While the first step is fetched, which every program waits for: nothing is left of the program before."""
PLAIN = Accesses(writes=(Write(cycle=FIRST),), reads=(*_EARLY, *AFTER))
"""A start, what the registers say soon after it, and all of them after the end."""
AGAIN = Accesses(writes=(Write(cycle=FIRST), Write(cycle=NEVER)), reads=AFTER)
"""The same program twice."""


def random_accesses(rng: np.random.Generator, cycles: int, each: int = 150) -> Accesses:
    """Starts and other writes while the core is busy, up to the last cycle, and reads before, meanwhile and after.

    Args:
        rng: where chance comes from.
        cycles: that the program takes at least.
        each: an access every so many cycles, at random.
    """
    last = FIRST + TO_START + cycles
    writes = [Write(cycle=FIRST)]
    moments = _moments(rng, FIRST + WRITE_SPACE, last - 2 * WRITE_SPACE, max(WRITE_SPACE, each))
    writes += [_random_write(rng, cycle) for cycle in moments]
    # The last one takes effect in one of the last cycles in which the core is busy.
    aw, w = (int(value) for value in rng.integers(0, DELAY_MAX, 2, endpoint=True))
    late = last - int(rng.integers(0, 4)) - TO_EFFECT - max(aw, w)
    if late > writes[-1].cycle + WRITE_SPACE:
        writes.append(Write(cycle=late, aw=aw, w=w))
    reads = [_random_read(rng, cycle) for cycle in _moments(rng, 0, last + 200, each)]
    return Accesses(writes=tuple(writes), reads=(*reads, *AFTER))


def _moments(rng: np.random.Generator, low: int, high: int, each: int) -> Iterator[int]:
    space = WRITE_SPACE
    now = low
    while now < high:
        yield now
        now += space + int(rng.exponential(max(1, each - space)))


def _random_write(rng: np.random.Generator, cycle: int) -> Write:
    """Three in four ask for a start."""
    aw, w, b = (int(value) if rng.random() < 0.5 else 0 for value in rng.integers(0, DELAY_MAX, 3, endpoint=True))
    data = int(rng.integers(0, 1 << WORD_BITS))
    kind = int(rng.integers(8))
    if kind < 6:
        return Write(cycle=cycle, data=data | START, strobes=int(rng.integers(16)) | 1, aw=aw, w=w, b=b)
    if kind == 6:
        return Write(cycle=cycle, data=data, strobes=int(rng.integers(8)) << 1, aw=aw, w=w, b=b)
    return Write(cycle=cycle, address=int(rng.integers(1, 256)), data=data | START, aw=aw, w=w, b=b)


def _random_read(rng: np.random.Generator, cycle: int) -> Read:
    address = int(rng.choice(list(Register))) if rng.random() < 0.9 else int(rng.integers(256))
    return Read(cycle=cycle, address=address, r=int(rng.integers(0, DELAY_MAX + 1)))


def file_words(entries: Iterable[Read] | Iterable[Write]) -> bytes:
    """The file of a script: how many words follow, then the words."""
    words = np.array([word for entry in entries for word in entry.words()], dtype=">u4")
    return np.array([len(words)], dtype=">u4").tobytes() + words.tobytes()


# ------------------------------------------------------------------ what the answers must be
def answer_faults(
    text: str,
    accesses: Accesses,
    expected: Expectation,
    hardware: Hardware,
    exact: bool,
    programs: int = 1,
    *,
    least: bool = True,
) -> list[str]:
    """What is wrong with the answers of a run.

    Args:
        text: lines `R cycle address response data` and `W ...` in hexadecimal, as the harness writes them.
        accesses: what was asked for.
        expected: of the program.
        hardware: of the core.
        exact: nothing was held back, so that the model knows each cycle; else the last CYCLES is taken for the length.
        programs: starts that the core accepts; reads are then all after the last one's end.
        least: no program takes fewer cycles than the model says.
    """
    answers: dict[str, list[tuple[int, int, int, int]]] = {"R": [], "W": []}
    for line in text.splitlines():
        try:
            kind, *numbers = line.split()
            cycle, address, response, data = (int(number, 16) for number in numbers)
        except ValueError:
            return [f"a register access was answered {line!r}"]
        answers[kind].append((cycle, address, response, data))
    asked = {"R": [read.address for read in accesses.reads], "W": [write.address for write in accesses.writes]}
    for kind, name in (("R", "reads"), ("W", "writes")):
        if [address for _, address, _, _ in answers[kind]] != asked[kind]:
            return [f"{len(answers[kind])} of {len(asked[kind])} {name} were answered"]
    begin = answers["W"][programs - 1][0] + TO_START - TO_TAKEN
    counts = [data for _, address, _, data in answers["R"] if address == Register.CYCLES_LO]
    length = expected.cycles if exact else counts[-1]
    if least and length < expected.cycles:
        return [f"the program took {length} cycles, it needs {expected.cycles}"]
    faults = []
    for write, (cycle, address, response, _) in zip(accesses.writes, answers["W"], strict=True):
        busy = begin <= cycle + 1 <= begin + length
        refused = address != Register.CONTROL or (write.starts and busy)
        wanted = Response.SLVERR if refused else Response.OKAY
        if response != wanted:
            what = "start" if write.starts else f"write of {write.data:#x} to {address:#04x}"
            faults.append(
                f"cycle {cycle - begin} of {length}: a {what} was answered with {response}, not {int(wanted)}"
            )
    state = _RegisterState(expected=expected, hardware=hardware, begin=begin, length=length, exact=exact)
    for cycle, address, response, data in answers["R"]:
        faults += state.read_faults(cycle, address, response, data)
    return faults


@dataclass(kw_only=True)
class _RegisterState:
    """What the registers must hold in each cycle of a run. begin: cycle of start_o; length: of the program."""

    expected: Expectation
    hardware: Hardware
    begin: int
    length: int
    exact: bool
    high: int = 0

    def read_faults(self, cycle: int, address: int, response: int, data: int) -> list[str]:
        known = address in set(Register)
        wanted = self._values(cycle, address) if known else {0}
        right = Response.OKAY if known else Response.SLVERR
        if response == right and data in wanted:
            return []
        name = Register(address).name if known else f"address {address:#04x}"
        where = f"cycle {cycle - self.begin} of {self.length}"
        values = " or ".join(str(value) for value in sorted(wanted)[:3])
        return [f"{where}: a read of {name} gave {data}, response {response}; {values}, {int(right)} was expected"]

    def _values(self, cycle: int, address: int) -> set[int]:
        expected, since = self.expected, cycle - self.begin
        before, after = since < 0, since > self.length
        if address == Register.STATUS:
            return {int(Status(0) if before else expected.status if after else Status.BUSY)}
        if address == Register.ERROR:
            return {error_word(expected.error if after else ErrorCode.NONE)}
        if address in (Register.CYCLES_LO, Register.CYCLES_HI):
            count = 0 if before else min(since, self.length)
            if address == Register.CYCLES_LO:
                self.high = count >> WORD_BITS
                return {count % (1 << WORD_BITS)}
            return {self.high}
        if address == Register.LAYER:
            return self._layers(since)
        return {hardware_word(self.hardware.parameters()) if address == Register.HARDWARE else 0}

    def _layers(self, since: int) -> set[int]:
        """LAYER shows that of the cycle before, 0 before the first step."""
        expected = self.expected
        if since > self.length:
            return {layer_word(expected.layer)}
        done = int(np.searchsorted(expected.starts, since - 1, side="right"))
        if self.exact or not done:
            return {layer_word(expected.layers[done - 1]) if done and since > 0 else 0}
        return {0, *(layer_word(layer) for layer in expected.layers[:done])}
