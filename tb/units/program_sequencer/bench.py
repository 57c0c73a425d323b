"""Bench of rtl/program_sequencer.v: every cycle of a program against the cycles that the header states."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cocotb
from cocotb.handle import HierarchyObject

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.field_kinds import COUNT_BITS, WORD_BITS
from t2c.contract.operations import LOADS, ROW_STEPS, Operation
from t2c.contract.pipeline import FETCH, FETCHED, FIRST_STEP
from t2c.contract.registers import ErrorCode
from t2c.tb.catalogue.unit_table import read_entries
from t2c.tb.components.bins import Classes
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CollectingBench
from t2c.tb.units.program_sequencer.classes import PHASES, ProgramSeen, classes, cover_unit, done_event, fetch_event
from t2c.tb.units.program_sequencer.programs import steps as operations
from t2c.tb.units.unit_settings import UnitSettings

LAYER_WORD = next(field.index for field in FIELDS if field.name == "layer")
"""Word of a descriptor that layer_o shows."""
PULSES = {
    **dict.fromkeys(LOADS, "load_o"),
    **dict.fromkeys(ROW_STEPS, "rows_o"),
    **{Operation.RUN: "run_o", Operation.STORE: "store_o", Operation.MOVE: "move_o"},
}
"""The output that an operation begins a step with."""
NOTHING = 1 << 20
"""Cycles after which nothing is fetched any more."""
DENSE = 60
"""Steps at the beginning and the end of a program of which every cycle is looked at."""
SHORT, LONG = 6, 1000
"""Steps: a shorter program is run more often, a longer one but once to its end."""


@dataclass(frozen=True, kw_only=True)
class ProgramBreak:
    """Where a program is broken off: in which step, so many cycles after its start, by a reset or by tlast."""

    step: int
    cycle: int
    reset: bool


class ProgramBench(CollectingBench[ProgramSeen]):
    """The sequencer beside its program. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.words = read_entries().tolist()
        self.ops = self.words[::DESCRIPTOR_WORDS]
        self.pulses = {operation: PULSES[operation] for operation in operations(unit.parameters)}
        self.length = 1 + next(k for k, op in enumerate(self.ops) if op not in self.pulses)
        super().__init__(dut, unit, cover_unit(unit.parameters, self.ops[self.length - 1] == Operation.END))
        self.depth = unit["DEPTH"]
        self.known = False
        self.busy = self.done = False
        self.error = 0
        self.step = -1
        self.since = NOTHING
        """Cycles since the last step began."""

    @functools.cache  # noqa: B019 - the bench lives as long as its test
    def descriptor(self, step: int) -> int:
        """All words of a step, the first lowest; 0 before the first step."""
        if step < 0:
            return 0
        words = self.words[step * DESCRIPTOR_WORDS : (step + 1) * DESCRIPTOR_WORDS]
        return sum(word << (WORD_BITS * k) for k, word in enumerate(words))

    # ------------------------------------------------------------------ cycles
    def cycle(self, phase: str, *, skipped: int = 0, **given: int) -> None:
        """One cycle; given: inputs that are not 0. A start is noise in it where the sequencer is busy."""
        inputs = {"start_i": 0, "step_done_i": 0, "misplaced_i": 0, "rst_ni": 1, **given}
        if self.busy and not skipped:
            inputs["start_i"] = int(self.rng.random() < 0.3)
        begins = phase == PHASES[1]
        op = self.ops[self.step] if begins else -1
        pulse = self.pulses.get(op, "")  # type: ignore[call-overload]
        expected = {name: int(name == pulse) for name in PULSES.values()}
        expected |= {"busy_o": int(self.busy), "done_o": int(self.done), "error_o": int(self.error > 0)}
        if self.error:
            expected["error_code_o"] = self.error
        whole = self.known and (begins or self.rng.random() < 0.02)
        if self.known:
            descriptor = self.descriptor(self.step)
            expected["layer_o"] = descriptor >> (WORD_BITS * LAYER_WORD) & ((1 << COUNT_BITS) - 1)
            if whole:
                expected["desc_o"] = descriptor
        self.seen.append(
            ProgramSeen(
                **{"phase": phase, "step": self.step, "op": op, "word": whole, "start": inputs["start_i"] == 1},
                **{"reset": inputs["rst_ni"] == 0, "ended": self.done, "stopped": self.error},
            )
        )
        self.cycles.append(
            ClockCycle(inputs=inputs, expected=expected, note=f"step {self.step}, {phase}", skipped=skipped)
        )
        self.done, self.error = False, 0
        self.since += 1 + skipped
        if inputs["rst_ni"] == 0:
            self.busy = self.known = False
            self.since = NOTHING

    def program(self, stop: ProgramBreak | None = None, dense: int = DENSE) -> None:
        """A program from its start to its end, or to where it is broken off."""
        assert not self.busy
        self.coverage.hit("after a program", fetch_event(self.since))
        self.cycle(PHASES[4], start_i=1)
        self.busy = self.known = True
        self.step = -1
        for count in range(1, FIRST_STEP):
            if stop and stop.step < 0 and count == stop.cycle:
                self.cycle(PHASES[0], rst_ni=0)
                return
            self.cycle(PHASES[0])
        for step in range(self.length):
            self.step, self.since = step, 0
            if self._step(stop if stop and stop.step == step else None, dense < step < self.length - dense):
                return

    def _step(self, stop: ProgramBreak | None, sparse: bool) -> bool:
        """One step, from its start to the cycle before the next one's; True if it is the last."""
        if stop and stop.cycle == 0:
            self.cycle(PHASES[1], rst_ni=0)
            return True
        self.cycle(PHASES[1])
        op = self.ops[self.step]
        if op not in self.pulses:
            self.busy, self.done = False, op == Operation.END
            self.error = 0 if self.done else ErrorCode.UNKNOWN_OPERATION
            return True
        takes = self.any_time()
        total = stop.cycle + 1 if stop else max(takes + 1, FETCH)
        marks = sorted({1, takes, *range(takes + 1, min(takes + 2, total))} if sparse else range(1, total))
        for count, after in zip(marks, [*marks[1:], total], strict=True):
            if stop and count == stop.cycle:
                if stop.reset:
                    self.cycle(PHASES[2], rst_ni=0)
                else:
                    self.cycle(PHASES[2], misplaced_i=1)
                    self.busy, self.error = False, ErrorCode.MISPLACED_TLAST
                return True
            if count == takes and not stop:
                if event := done_event(count):
                    self.coverage.hit("done", event)
                self.cycle(PHASES[3], step_done_i=1)
            else:
                self.cycle(PHASES[2], skipped=after - count - 1)
        return False

    def closing_program(self) -> None:
        """A program after others, which goes on as ever: to its end if it is not LONG, else through its first steps."""
        self.program(None if self.length < LONG else ProgramBreak(step=DENSE, cycle=2, reset=True))

    def any_time(self) -> int:
        """Cycles that a step takes, from its start to its done."""
        return self.rng.choice((1, 2, 20, FETCHED - 1, FETCHED, FETCHED + 1, self.rng.randint(1, 120)))

    def idle(self, cycles: int) -> None:
        """Cycles between programs."""
        for _ in range(cycles):
            self.cycle(PHASES[4])

    def classes_of(self, seen: Sequence[ProgramSeen]) -> Classes:
        return classes(seen, self.depth)


async def _start(dut: HierarchyObject) -> ProgramBench:
    bench = ProgramBench(dut, UnitSettings.from_environment())
    idle = {"start_i": 0, "step_done_i": 0, "misplaced_i": 0, "rst_ni": 0}
    await bench.begin(idle)
    for _ in range(2):
        await bench.unseen(idle, _unseen())
    bench.idle(3)
    return bench


def _unseen() -> ProgramSeen:
    """A cycle of which nothing is said."""
    flags = dict.fromkeys(("word", "start", "reset", "ended"), False)
    return ProgramSeen(phase=PHASES[4], step=-1, op=-1, stopped=0, **flags)


@cocotb.test()
@reported
async def steps(dut: HierarchyObject) -> None:
    """The whole program, and again: each step's descriptor whole, at the first cycle that the header allows."""
    bench = await _start(dut)
    for _ in range(30 if bench.length < SHORT else 1):
        bench.program()
        bench.closing_program()
        bench.idle(60)
    bench.idle(2)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def errors(dut: HierarchyObject) -> None:
    """A misplaced tlast early and late in a LOAD, up to the cycle in which the next step is fetched and beyond."""
    bench = await _start(dut)
    for cycle in (1, 2, 3, 9, 20, *range(FETCHED - 3, FETCHED + 4)):
        bench.program(ProgramBreak(step=0, cycle=cycle, reset=False))
        bench.idle(cycle % 7)
    bench.closing_program()
    bench.idle(2)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def starts(dut: HierarchyObject) -> None:
    """A start each number of cycles after the end of a program, while words are still fetched and later."""
    bench = await _start(dut)
    for idle in range(FETCHED + 3):
        bench.program(ProgramBreak(step=0, cycle=1, reset=False))
        bench.idle(idle)
    for step in range(1, min(4, bench.length - 1)):
        if bench.ops[step] in bench.pulses:
            bench.program(ProgramBreak(step=step, cycle=2, reset=True))
    bench.closing_program()
    bench.idle(2)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset in each cycle up to the first step, and early and late in that; then a start after few cycles or many."""
    bench = await _start(dut)
    breaks = [ProgramBreak(step=-1, cycle=cycle, reset=True) for cycle in range(1, FIRST_STEP)]
    breaks += [
        ProgramBreak(step=0, cycle=cycle, reset=True) for cycle in (0, 1, 2, 3, 17, *range(FETCHED - 3, FETCHED + 3))
    ]
    for index, one in enumerate(breaks):
        bench.program(one)
        bench.idle(index % 4)
    bench.program(ProgramBreak(step=0, cycle=5, reset=False))
    bench.idle(2)
    await bench.go()
    bench.finish()
