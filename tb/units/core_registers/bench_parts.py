"""What the bench of rtl/core_registers.v is made of: a model of the registers, a player of the core, the bench."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

import cocotb
from cocotb.handle import HierarchyObject
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from t2c.contract.registers import Control, Register, Status, error_word, hardware_word, layer_word
from t2c.tb.components.axi_lite import CHANNELS, OKAY, SLVERR, AxiLiteMaster, AxiLiteMonitor, BusCycle, Word
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard
from t2c.tb.components.stalls import PROFILES
from t2c.tb.units.core_registers.classes import cover_unit, cycle_bins
from t2c.tb.units.unit_settings import UnitSettings

CONTROL, STATUS, ERROR, LAYER = Register.CONTROL, Register.STATUS, Register.ERROR, Register.LAYER
CYCLES_LO, CYCLES_HI, HARDWARE = Register.CYCLES_LO, Register.CYCLES_HI, Register.HARDWARE
BUSY, DONE, FAILED = Status
START_STROBE = 1 << (Control.START.bit_length() - 1) // 8
"""The strobe of the byte that START is in."""


@dataclass(frozen=True, kw_only=True)
class CoreCycle:
    """What the core says in one cycle."""

    busy: bool = False
    done: bool = False
    error: bool = False
    code: int = 0
    layer: int = 0


class Registers:
    """The register file as docs/units/core_registers.md has it; `advance` takes one clock cycle.

    now: this cycle; start: start_o in it; b, r: the response that waits in it; began, ended: cycle of start_o and of
    done_i or error_i.
    """

    def __init__(self, unit: UnitSettings, now: int = 0) -> None:
        self.lo_w, self.now = unit["LO_W"], now
        self.hardware = hardware_word(unit.parameters)
        self.start = False
        self.began = self.ended = now
        self.running = self.failed = self.done = False
        self.code = self.layer = self.latched = 0
        self.aw: Word | None = None
        self.w: Word | None = None
        self.b: Word | None = None
        self.r: Word | None = None

    def handshakes(self) -> dict[str, bool]:
        """The controls that the unit drives in this cycle."""
        ready = {"awready": self.aw is None, "wready": self.w is None, "arready": self.r is None}
        return ready | {"bvalid": self.b is not None, "rvalid": self.r is not None, "start": self.start}

    def read(self, address: int, busy: bool) -> Word:
        cycles = (self.now if self.running else self.ended) - self.began
        if address == CYCLES_LO:
            self.latched = cycles >> self.lo_w
        values = {
            CONTROL: 0,
            STATUS: BUSY * busy + DONE * self.done + FAILED * self.failed,
            ERROR: error_word(self.code),
            LAYER: layer_word(self.layer),
            CYCLES_LO: cycles % (1 << self.lo_w),
            CYCLES_HI: self.latched,
            HARDWARE: self.hardware,
        }
        return (values[address], OKAY) if address in values else (0, SLVERR)

    def advance(self, bus: BusCycle, core: CoreCycle) -> None:
        busy = self.running or core.busy
        begin = False
        b, r = (None if name in bus.taken else word for name, word in (("b", self.b), ("r", self.r)))
        if self.aw is not None and self.w is not None and self.b is None:
            (address,), (data, strobe) = self.aw, self.w
            asked = bool(data & Control.START and strobe & START_STROBE)
            b = (SLVERR if address != CONTROL or (asked and busy) else OKAY,)
            begin = asked and b == (OKAY,)
            self.aw = self.w = None
        self.aw, self.w = bus.taken.get("aw", self.aw), bus.taken.get("w", self.w)
        if "ar" in bus.taken:
            r = self.read(*bus.taken["ar"], busy)
        if self.running:
            self.layer = self.layer if self.start else core.layer
            if core.done or core.error:
                self.running, self.ended = False, self.now
                self.failed, self.done = core.error, not core.error
                self.code = core.code if core.error else self.code
        if begin:
            self.running, self.began = True, self.now + 1
            self.failed = self.done = False
            self.code = self.layer = 0
        self.start, self.b, self.r = begin, b, r
        self.now += 1


@dataclass(frozen=True, kw_only=True)
class FakeProgram:
    """cycles: from start_o to its end; code: of the error, None for done; linger: cycles that busy_i outlives it."""

    cycles: int
    code: int | None = None
    linger: int = 0
    both: bool = False


class Core:
    """Plays the core: runs a program at each start_o; noise: pulses and busy_i without one. layer_i never rests."""

    def __init__(self, dut: HierarchyObject, rng: random.Random) -> None:
        self.dut, self.rng = dut, rng
        self.programs: deque[FakeProgram] = deque()
        self.noise = 0.0
        self.current = CoreCycle()
        self.held: CoreCycle | None = None
        """Said in every cycle as long as it is there."""
        self.ends: list[int] = []
        """Layer at the end of each program."""
        self.restart()
        cocotb.start_soon(self._drive())

    def restart(self) -> None:
        self.running: FakeProgram | None = None
        self.age = 0

    def _next(self) -> CoreCycle:
        rng, program = self.rng, self.running
        code, layer = rng.getrandbits(8), rng.getrandbits(16)
        done, error, busy = (rng.random() < self.noise for _ in range(3))
        if self.held is not None:
            self.running = None
            return self.held
        if program is None:
            return CoreCycle(busy=busy, done=done, error=error, code=code, layer=layer)
        self.age += 1
        end = self.age == program.cycles
        if end:
            self.ends.append(layer)
        if self.age >= program.cycles + max(program.linger, 0):
            self.running = None
        return CoreCycle(
            busy=self.age <= program.cycles + program.linger,
            done=end and (program.code is None or program.both),
            error=end and program.code is not None,
            code=program.code if end and program.code is not None else code,
            layer=layer,
        )

    async def _drive(self) -> None:
        dut = self.dut
        while True:
            self.current = now = self._next()
            dut.busy_i.value, dut.done_i.value, dut.error_i.value = now.busy, now.done, now.error
            dut.error_code_i.value, dut.layer_i.value = now.code, now.layer
            await FallingEdge(dut.clk_i)
            if dut.start_o.value == 1 and dut.rst_ni.value == 1:
                self.running = self.programs.popleft() if self.programs else random_program(self.rng)
                self.age = 0
            await RisingEdge(dut.clk_i)


def random_program(rng: random.Random) -> FakeProgram:
    """Mostly short; half of them fail."""
    code = rng.choice((None, None, rng.randint(1, 255), 255))
    both = code is not None and rng.random() < 0.2
    return FakeProgram(cycles=rng.choice((1, 2, rng.randint(1, 60))), code=code, linger=rng.randint(-1, 5), both=both)


class RegistersBench:
    """The unit with a master, a core, the model and a scoreboard of every response."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut, self.unit = dut, unit
        self.rng = random.Random(unit.seed)
        self.model = Registers(unit)
        self.monitor = AxiLiteMonitor(dut, "s_axil", dut.clk_i)
        self.monitor.observers.append(self.observe)
        self.master = AxiLiteMaster(self.monitor)
        self.core = Core(dut, self.rng)
        self.coverage = cover_unit(unit.parameters)
        self.scoreboard = Scoreboard(dut, self.describe, Inputs(self.coverage))
        self.answered: list[str] = []
        self.reads: list[int] = []
        """Cycle of each AR."""
        self.starts = self.refused = self.forgotten = 0

    def describe(self, index: int, expected: Word, actual: Word) -> str:
        return f"response {index}: {self.answered[index]}: expected {expected}, actual {actual} (data, response)"

    def observe(self, bus: BusCycle) -> None:
        """One cycle: compare what the unit drives with the model, then move the model on."""
        model, start = self.model, self.dut.start_o.value
        assert start.is_resolvable, "start_o is unknown"
        actual = {f"{name}ready": bool(bus.ready[name]) for name in ("aw", "w", "ar")}
        actual |= {f"{name}valid": bool(bus.valid[name]) for name in ("b", "r")} | {"start": start == 1}
        expected = model.handshakes()
        assert actual == expected, f"cycle {model.now}: expected {expected}, actual {actual}"
        for name, waiting in (("b", model.b), ("r", model.r)):
            if name in bus.taken:
                self.answered.append(f"{name} in cycle {model.now}")
                self.scoreboard.compare(bus.taken[name], waiting, self.dut._log)
        if "ar" in bus.taken:
            self.reads.append(model.now)
        self.refused += bus.taken.get("b") == (SLVERR,)
        self.starts += model.start
        core = self.core.current
        for group, name in cycle_bins(
            bus.taken,
            aw_waits=model.aw is not None,
            w_waits=model.w is not None,
            ends=(model.running and core.done, model.running and core.error),
            start=model.start,
            busy=model.running or core.busy,
        ):
            self.coverage.hit(group, name)
        model.advance(bus, core)

    @property
    def requests(self) -> int:
        return self.monitor.counts["aw"] + self.monitor.counts["ar"]

    def stall(self, *profiles: str) -> None:
        """Choose the delays of aw, w, b, ar and r; one profile serves all."""
        for name, profile in zip(CHANNELS, profiles * (len(CHANNELS) // len(profiles)), strict=True):
            self.master.stalls[name] = PROFILES[profile].cycles(self.rng)
            self.coverage.hit("stalls", f"{name} {profile}")

    async def reset(self, length: int = 4) -> None:
        """Reset for that many cycles with all valids low; transactions and programs are forgotten."""
        await RisingEdge(self.dut.clk_i)
        if self.monitor.enabled:
            self.coverage.hit("reset", "reset with a program under way" if self.model.running else "reset while idle")
        self.monitor.enabled = False
        self.dut.rst_ni.value = 0
        self.master.restart()
        self.core.restart()
        for _ in range(length):
            await RisingEdge(self.dut.clk_i)
        self.dut.rst_ni.value = 1
        self.model = Registers(self.unit, self.model.now)
        self.forgotten = self.requests - self.scoreboard.compared
        self.monitor.enabled = True

    async def expect(self, address: int, wanted: int, what: str) -> None:
        """Read a register and demand a literal value."""
        data, response = await self.master.read(address)
        assert (data, response) == (wanted, OKAY), f"{what}: {address:#04x} reads {data:#x}, response {response}"

    async def start(self, program: FakeProgram) -> None:
        """Start a program; the core must be idle."""
        self.core.programs.append(program)
        response = await self.master.write(CONTROL, Control.START)
        assert response == OKAY, f"start: response {response}"

    async def pulses_at_the_start(self) -> None:
        """done_i and error_i held: nobody's before a start, the end of a program of no cycles in that of start_o."""
        self.core.held = CoreCycle(busy=True)
        assert await self.master.write(CONTROL, Control.START) == SLVERR, "busy_i alone refuses a start"
        self.core.held = None
        await self.ended()
        for done, error, status, code in ((True, False, DONE, 0), (False, True, FAILED, 77), (True, True, FAILED, 77)):
            await self.start(FakeProgram(cycles=3))  # fits CYCLES_LO of any LO_W
            await self.ended()
            before = DONE, self.core.ends[-1], 3
            self.core.held = CoreCycle(done=done, error=error, code=77, layer=0x1234)
            for after in (before, (status, 0, 0)):
                await ClockCycles(self.dut.clk_i, 5)
                await self.expect(STATUS, after[0], "pulses without a program" if after == before else "at start_o")
                await self.expect(LAYER, layer_word(after[1]), "layer")
                await self.expect(CYCLES_LO, after[2], "cycles")
                if after == before:
                    assert await self.master.write(CONTROL, Control.START) == OKAY
            await self.expect(ERROR, error_word(code), "code")
            self.core.held = None

    async def ended(self, limit: int = 5000) -> None:
        """Wait until the program has ended and the core is quiet."""
        for _ in range(limit):
            if not (self.model.running or self.core.running or self.core.current.busy):
                return
            await RisingEdge(self.dut.clk_i)
        raise AssertionError(f"the program did not end within {limit} cycles")

    async def finish(self) -> None:
        """Every request has had its response, but for those that a reset cut off."""
        await self.master.idle()
        self.scoreboard.finish(self.requests - self.forgotten)
