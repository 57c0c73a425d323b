"""The verdict on one simulation: every element that came out against golden, every rule of every port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from t2c.tb.accelerator.axi_port import Axi4Port
from t2c.tb.accelerator.bits import Bits
from t2c.tb.accelerator.events import NEVER, Events, PortEvents, memory_bits, word_bits
from t2c.tb.accelerator.port_words import StreamWords
from t2c.tb.accelerator.ram_port import MemoryPort, RamPort
from t2c.tb.accelerator.run_files import BoundAccelerator
from t2c.tb.accelerator.stream_port import StreamPort
from t2c.tb.accelerator.transfer import PlacedTensor
from t2c.tb.accelerator.writes import forbidden_writes, ports_on
from t2c.tb.accelerator.wrong_elements import earliest, shown_place, shown_values

STATES = {3: "loading", 5: "waiting for all ports to end", 7: "reading the results"}


@dataclass(frozen=True, kw_only=True)
class DoorFinding:
    """What is wrong. number: of the run in the simulation, from 1; run: which inputs it had; order: of its tensor in
    the program; cycle: -1 if it has none; tensor: its name, if it is a wrong element."""

    number: int
    run: int
    order: int
    cycle: int
    text: str
    tensor: str = ""


@dataclass(kw_only=True)
class TensorCount:
    """Of one entry of `out`, over all runs."""

    name: str
    port: str
    compared: int = 0
    wrong: int = 0
    missing: int = 0


@dataclass(kw_only=True)
class DoorVerdict:
    """findings: first wrong one first; cycles: of the first run, from its start to the last word."""

    findings: list[DoorFinding] = field(default_factory=list)
    counts: list[TensorCount] = field(default_factory=list)
    cycles: int = 0
    total_cycles: int = 0

    @property
    def passed(self) -> bool:
        return not self.findings


def judge(bound: BoundAccelerator, plan: Sequence[tuple[int, int]], events: Events, printed: str = "") -> DoorVerdict:
    """Compare everything.

    Args:
        bound: the accelerator; plan: (run, cycle of its reset) in order; events: what happened; printed: by the
        module, of an error if there was one.
    """
    return _Judge(bound, plan, events, printed).verdict()


class _Judge:
    def __init__(self, bound: BoundAccelerator, plan: Sequence[tuple[int, int]], events: Events, printed: str) -> None:
        self.bound, self.plan, self.events, self.printed = bound, plan, events, printed
        self.found = DoorVerdict(total_cycles=events.cycles)
        self.counts = {
            id(placed): TensorCount(name=placed.name, port=placed.transfer.port_name)
            for all_placed in bound.outs.values()
            for placed in all_placed
        }
        self.found.counts = list(self.counts.values())

    def verdict(self) -> DoorVerdict:
        started = 0
        for number, (run, reset) in enumerate(self.plan, 1):
            if number in self.events.spans:
                started = number
                if not reset and not self.found.cycles:
                    first, last = self.events.spans[number]
                    self.found.cycles = last - first
                if not reset:
                    self._run(number, run)
        self._early()
        alike = Counter((broken.run, broken.rule) for broken in self.events.broken)
        for broken in self.events.broken:
            more = alike.pop((broken.run, broken.rule), 0) - 1
            if more >= 0:
                again = f"; {more} more such" if more else ""
                self._add(broken.run, -2, broken.cycle, f"{broken.text}; cycle {broken.cycle}{again}")
        self._end(started)
        # A fault of a port comes before what follows from it, unless a tensor was wrong earlier.
        self.found.findings.sort(
            key=lambda finding: (finding.number, finding.order == _END, finding.order, finding.cycle)
        )
        return self.found

    def _add(self, number: int, order: int, cycle: int, text: str, tensor: str = "") -> None:
        number = min(max(number, 1), len(self.plan))
        run = self.plan[number - 1][0]
        found = DoorFinding(number=number, run=run, order=order, cycle=cycle, text=text, tensor=tensor)
        self.found.findings.append(found)

    def _early(self) -> None:
        """What came before the first run, or after a reset before the next one."""
        for (number, name), seen in self.events.ports.items():
            if number and not self.plan[number - 1][1]:
                continue
            after = self.events.spans[number][1] if number in self.events.spans else -1
            cycles = [cycle for cycle, *_ in seen.words if cycle > after]
            cycles += [cycle for cycle, *_ in seen.writes if cycle > after]
            if cycles:
                text = f"port {name}: {len(cycles):,} words come before a run begins; cycle {min(cycles)}"
                self._add(number, -2, min(cycles), text)

    def _end(self, started: int) -> None:
        """Why it ended, if not as it should."""
        stuck = self.events.stuck
        if stuck:
            steps = self.bound.description.steps.steps
            step = steps[stuck.step] if stuck.state == 4 and stuck.step < len(steps) else None
            where = f"step {stuck.step + 1}, {step.text}," if step else STATES.get(stuck.state, "the run")
            moved = max(stuck.cycle - stuck.idle, 0)
            text = f"{where} does not end: given up at cycle {stuck.cycle}, nothing has moved since cycle {moved}"
            if stuck.refused:
                text = f"{where} is refused: the register answers with an error; cycle {stuck.cycle}"
            text += "; last state of each port:"
            self._add(stuck.run, _END, moved, "\n      ".join([text, *stuck.ports]))
        elif not self.events.ended:
            said = f"; it printed: {self.printed}" if self.printed else ""
            text = f"the simulation ended by itself, before the harness ended it ($finish?){said}"
            self._add(max(started, 1), _END, -1, text)
        elif started < len(self.plan):
            self._add(len(self.plan), _END, -1, f"{started} of {len(self.plan)} runs began")

    def _run(self, number: int, run: int) -> None:
        for name, port in self.bound.description.ports.items():
            seen = self.events.ports.get((number, name), PortEvents())
            if isinstance(port, StreamPort):
                if port.gives:
                    self._stream(number, run, self.bound.streams[name], seen)
            elif isinstance(port, RamPort):
                self._ram(number, run, port, seen)
            elif isinstance(port, (MemoryPort, Axi4Port)):
                if port.memory == name:
                    self._memory(number, run, port, self._writes(number, name))
                if text := forbidden_writes(self.bound, port, seen, run):
                    self._add(number, _FORBIDDEN, -1, text)

    # ------------------------------------------------------------------ streams

    def _stream(self, number: int, run: int, stream: StreamWords, seen: PortEvents) -> None:
        port = stream.port
        got = word_bits([(known, text) for _, known, text in seen.words], port.width)
        cycles = np.array([cycle for cycle, _, _ in seen.words] or [0])
        wanted = stream.words
        padded: Bits = np.full((wanted, port.width), NEVER, np.uint8)
        padded[: len(got)] = got[:wanted]
        when = np.zeros(wanted, np.int64)
        when[: len(got)] = cycles[: len(got)][:wanted]
        place = f"port {port.name}"
        wrong = False
        for span in stream.spans:
            rows = slice(span.first, span.first + span.placed.words)
            columns = slice(span.offset, span.offset + span.placed.placement.width)
            part = (padded[rows, columns], when[rows])
            wrong |= self._compare(number, run, span.placed, *part, place, "word", span.first)
        count = len(seen.words)
        if count < wanted:
            text = f"{place}: too few: {count:,} of {wanted:,} words came"
            self._add(number, _after(stream), int(cycles[-1]) if count else -1, text)
        if count > wanted:
            text = f"{place}: {count - wanted:,} words are left over after {wanted:,}; cycle {int(cycles[wanted])}"
            self._add(number, _after(stream), int(cycles[wanted]), text)
        if port.has_last:
            self._last(number, stream, padded[: min(count, wanted), -1], when)
        if wrong:
            self._shifted(number, run, stream, got)

    def _last(self, number: int, stream: StreamWords, got: npt.NDArray[np.uint8], when: npt.NDArray[np.int64]) -> None:
        for word in np.flatnonzero(got != stream.last[: len(got)])[:1].tolist():
            kind = "unknown" if got[word] > 1 else "early" if got[word] else "missing"
            ends = np.flatnonzero(stream.last[word:])
            text = f"port {stream.port.name}: last is {kind} at word {word} of {stream.words:,}"
            text += f"; it belongs to word {word + int(ends[0])}" if len(ends) and kind == "early" else ""
            self._add(number, _after(stream), int(when[word]), f"{text}; cycle {int(when[word])}")

    def _shifted(self, number: int, run: int, stream: StreamWords, got: Bits) -> None:
        """Say so where one word is lost or comes twice: what follows is right then, one place off."""
        words, care = stream.lay(run)
        both = min(len(got), len(words))
        bad = np.flatnonzero(((got[:both] != words[:both]) & (care[:both] == 1)).any(axis=1))
        if not len(bad):
            return
        at = int(bad[0])
        width = stream.port.width - stream.port.has_last
        for text, mine, theirs in (
            (f"word {at} is lost: from there on all is right one word earlier", at, at + 1),
            (f"a word comes twice or from nowhere at word {at}: from there on all is right one word later", at + 1, at),
        ):
            size = min(len(got) - mine, len(words) - theirs)
            if size >= 3:
                same = (got[mine : mine + size] == words[theirs : theirs + size]) | (care[theirs : theirs + size] == 0)
                if same[:, :width].all() and len(np.unique(words[theirs : theirs + size], axis=0)) > 1:
                    self._add(number, _after(stream), -1, f"port {stream.port.name}: {text}")
                    return

    # ------------------------------------------------------------------ memories

    def _ram(self, number: int, run: int, port: RamPort, seen: PortEvents) -> None:
        bits = word_bits([(known, text) for _, _, known, text in seen.reads], port.width)
        rows = {at: row for row, (_, at, _, _) in enumerate(seen.reads)}
        for placed in self.bound.outs.get(port.name, ()):
            there: Bits = np.full((placed.words, port.width), NEVER, np.uint8)
            when = np.zeros(placed.words, np.int64)
            for word in range(placed.words):
                if placed.at(run) + word in rows:
                    there[word] = bits[rows[placed.at(run) + word]]
                    when[word] = seen.reads[rows[placed.at(run) + word]][0]
            self._compare(number, run, placed, there, when, f"port {port.name}", "address", placed.at(run))

    def _memory(self, number: int, run: int, port: MemoryPort | Axi4Port, seen: PortEvents) -> None:
        per_byte = isinstance(port, Axi4Port)
        width, lanes = (8, port.width // 8) if isinstance(port, Axi4Port) else (port.width, port.strobes)
        outs = self.bound.outs.get(port.name, ())
        for placed in outs:
            bits, when = memory_bits(seen, placed.at(run), placed.words, width, lanes, per_byte)
            self._compare(
                number, run, placed, bits, when, f"port {placed.transfer.port.name}", "address", placed.at(run)
            )

    def _writes(self, number: int, memory: str) -> PortEvents:
        """Of all ports on a memory, in their order."""
        seen = [
            self.events.ports.get((number, name), PortEvents()).writes
            for name in ports_on(self.bound.description, memory)
        ]
        return PortEvents(writes=sorted((write for writes in seen for write in writes), key=lambda write: write[0]))

    # ------------------------------------------------------------------ elements

    def _compare(
        self,
        number: int,
        run: int,
        placed: PlacedTensor,
        got: Bits,
        when: npt.NDArray[np.int64],
        place: str,
        unit: str,
        first: int,
    ) -> bool:
        """Compare a tensor's words; whether an element is wrong, not only missing."""
        words, care = placed.lay(run)
        count = self.counts[id(placed)]
        wrong_all = False
        for repeat in range(placed.repeat):
            rows = slice(repeat * placed.placement.words, (repeat + 1) * placed.placement.words)
            want, counts, have = (placed.placement.slots(part[rows]) for part in (words, care, got))
            elements = placed.placement.elements
            counted = counts.any(axis=1)
            missing = (have == NEVER).all(axis=1) & counted
            wrong = ((want != have) & (counts == 1)).any(axis=1) & ~missing
            count.compared += int((counted & ~missing).sum())
            count.wrong += int(wrong.sum())
            count.missing += int(missing.sum())
            wrong_all |= bool(wrong.any())
            for index in earliest(wrong, when, placed, rows.start):
                word, lane = placed.placement.place_of(index)
                cycle = int(when[rows.start + word + placed.placement.spread - 1])
                name = placed.coordinate(int(elements[index])) if elements[index] >= 0 else f"padding of {placed.name}"
                lanes = f", lane {lane}" if placed.placement.lanes > 1 else ""
                where = f"{place}, {shown_place(unit, first + rows.start + word)}{lanes}; cycle {cycle}"
                text = f"{name}: {shown_values(placed, want[index], have[index])}; {where}"
                self._add(number, placed.tensor.order, cycle, text, placed.name)
            if missing.any() and unit == "address":
                index = int(np.flatnonzero(missing)[0])
                name = placed.coordinate(int(elements[index])) if elements[index] >= 0 else placed.name
                word = first + rows.start + placed.placement.place_of(index)[0]
                text = f"{int(missing.sum()):,} of {int(counted.sum()):,} elements of {placed.name} were never written"
                text = f"{text}, the first {name}; {place}, {shown_place(unit, word)}"
                self._add(number, placed.tensor.order, -1, text, placed.name)
        return wrong_all


_END, _FORBIDDEN = 1 << 30, -1


def _after(stream: StreamWords) -> int:
    """Behind the tensors of the stream."""
    return max((span.placed.tensor.order for span in stream.spans), default=0)
