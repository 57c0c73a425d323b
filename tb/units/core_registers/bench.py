"""Bench of rtl/core_registers.v: every cycle against a model of the register file, and literal values beside it."""

from __future__ import annotations

import itertools

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import ClockCycles

from t2c.contract.registers import Control, Register, error_word, layer_word
from t2c.tb.components.axi_lite import CHANNELS, OKAY, SLVERR
from t2c.tb.components.scoreboard import reported
from t2c.tb.components.stalls import PROFILES
from t2c.tb.units.core_registers.bench_parts import (
    BUSY,
    CONTROL,
    CYCLES_HI,
    CYCLES_LO,
    DONE,
    ERROR,
    FAILED,
    HARDWARE,
    LAYER,
    START_STROBE,
    STATUS,
    FakeProgram,
    RegistersBench,
)
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2
OTHERS = 0xFFFFFFFF ^ Control.START
"""All bits of CONTROL but START."""
ELSEWHERE = (0x01010101 << (Control.START.bit_length() - 1) % 8) & OTHERS
"""The same bit of the other bytes."""


async def _start(dut: HierarchyObject) -> RegistersBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = RegistersBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def addresses(dut: HierarchyObject) -> None:
    """Every byte address read and written, idle and with a program under way: SLVERR and 0 but for the registers."""
    bench = await _start(dut)
    registers = tuple(Register)
    for running in (False, True):
        for address in range(256):
            data, response = await bench.master.read(address)
            assert response == (OKAY if address in registers else SLVERR), f"read {address:#04x}: {response}"
            assert response == OKAY or data == 0, f"read {address:#04x}: {data:#x} with SLVERR"
            response = await bench.master.write(address, bench.rng.getrandbits(32) & OTHERS, bench.rng.getrandbits(4))
            assert response == (OKAY if address == CONTROL else SLVERR), f"write {address:#04x}: {response}"
            if address != CONTROL:
                assert await bench.master.write(address, 0xFFFFFFFF) == SLVERR, f"write {address:#04x}"
        await bench.expect(HARDWARE, bench.model.hardware, "hardware")
        assert bench.starts == running, f"{bench.starts} starts; only CONTROL starts"
        if not running:
            await bench.start(FakeProgram(cycles=4000))
    await bench.ended()
    await bench.finish()


@cocotb.test()
@reported
async def strobes(dut: HierarchyObject) -> None:
    """All strobes with data that ask for a start or not, idle and busy: only START with the strobe of its byte does."""
    bench = await _start(dut)
    for strobe, data in itertools.product(range(16), (0, Control.START, OTHERS, 0xFFFFFFFF, ELSEWHERE)):
        asks = bool(strobe & START_STROBE and data & Control.START)
        before = bench.starts
        assert await bench.master.write(CONTROL, data, strobe) == OKAY
        assert bench.starts == before + asks, f"strobe {strobe:04b}, data {data:#x}: started {bench.starts - before}"
        await bench.ended()
        await bench.start(FakeProgram(cycles=30))
        assert await bench.master.write(CONTROL, data, strobe) == (SLVERR if asks else OKAY)
        await bench.ended()
        assert bench.starts == before + asks + 1, f"strobe {strobe:04b}, data {data:#x}: started while busy"
    await bench.finish()


@cocotb.test()
@reported
async def channel_order(dut: HierarchyObject) -> None:
    """AW before W and W before AW by 0 .. 9 cycles, one write alone and four in a row, B and R held back or not."""
    bench = await _start(dut)
    for held, count in itertools.product(("none", "p90"), (1, 4)):
        bench.stall("none", "none", held, "none", held)
        for aw_wait, w_wait in [*((0, n) for n in range(10)), *((n, 0) for n in range(1, 10))]:
            for address in bench.rng.choices((CONTROL, STATUS, 0x40), k=count):
                bench.core.programs.append(FakeProgram(cycles=3))
                bench.master.post_write(
                    address, Control.START * bench.rng.randint(0, 1), aw_wait=aw_wait, w_wait=w_wait
                )
                bench.master.post_read(bench.rng.choice((STATUS, CYCLES_LO)), wait=aw_wait)
            await bench.master.idle()
            await bench.ended()
    assert bench.starts > 20, f"only {bench.starts} starts"
    await bench.finish()


@cocotb.test()
@reported
async def programs(dut: HierarchyObject) -> None:
    """Programs of every kind, one after the other, with literal values: sticky bits, code, layer, cycles."""
    bench = await _start(dut)
    for address in (STATUS, ERROR, LAYER, CYCLES_LO, CYCLES_HI):
        await bench.expect(address, 0, "after reset")
    limit = 1 << bench.unit["LO_W"]
    kinds = [FakeProgram(cycles=20, linger=k, code=c) for k in (-1, 0, 4) for c in (None, 0x5A, 0xFF)]
    kinds += [FakeProgram(cycles=n) for n in (*range(1, 9), 31, 32, 33, 63, 64, 65, 500)]
    kinds += [FakeProgram(cycles=12, code=7, both=True), FakeProgram(cycles=12)]
    for program in kinds:
        await bench.start(program)
        if program.cycles > 10:
            await bench.expect(STATUS, BUSY, "running; done and error of the last program are gone")
            await bench.expect(ERROR, 0, "running")
            assert await bench.master.write(CONTROL, Control.START) == SLVERR, "start while busy"
        await bench.ended()
        for _ in range(2):  # reading clears nothing
            await bench.expect(STATUS, DONE if program.code is None else FAILED, f"{program}")
            await bench.expect(ERROR, error_word(program.code or 0), f"{program}")
            await bench.expect(LAYER, layer_word(bench.core.ends[-1]), f"{program}")
            await bench.expect(CYCLES_LO, program.cycles % limit, f"{program}")
            await bench.expect(CYCLES_HI, program.cycles // limit, f"{program}")
    assert bench.starts == len(kinds), f"{bench.starts} starts, {len(kinds)} were asked for"
    await bench.pulses_at_the_start()
    await bench.finish()


@cocotb.test()
@reported
async def same_cycle(dut: HierarchyObject) -> None:
    """A read or a start in the cycle of done_i or error_i, and each cycle around it: it sees what was before."""
    bench = await _start(dut)
    met = set()
    for code, wait in itertools.product((None, 9), range(30)):
        await bench.start(FakeProgram(cycles=16, code=code, linger=-1))
        read = bench.master.post_read(STATUS, wait=wait)
        data, _ = await read.response()
        offset = bench.reads[-1] - (bench.model.began + 16)
        met.add(offset)
        after = DONE if code is None else FAILED
        assert data == (BUSY if offset <= 0 else after), f"{offset} cycles after the end STATUS is {data:03b}"
        await bench.ended()
    assert met >= set(range(-3, 4)), f"offsets met: {sorted(met)}"
    gaps = []
    for linger, wait in itertools.product((-1, 0), range(30)):
        await bench.start(FakeProgram(cycles=16, linger=linger))
        end, starts = bench.model.began + 16, bench.starts
        response = (await bench.master.post_write(CONTROL, Control.START, aw_wait=wait).response())[0]
        await bench.ended()
        assert bench.starts == starts + (response == OKAY)
        gaps += [bench.model.began - end] * (response == OKAY)
    assert bench.refused > 20, f"only {bench.refused} starts were refused"
    assert min(gaps) == 2, f"the earliest start_o after the end comes {min(gaps)} cycles later, the page says 2"
    await bench.finish()


@cocotb.test()
@reported
async def cycle_count(dut: HierarchyObject) -> None:
    """Pairs of reads give the count at the read of CYCLES_LO, across every carry, however late CYCLES_HI is read."""
    bench = await _start(dut)
    lo_w = bench.unit["LO_W"]
    high = set()
    for turn in range(3):
        await bench.start(FakeProgram(cycles=1500))
        began = bench.model.began
        while bench.model.running:
            low, _ = await bench.master.read(CYCLES_LO)
            wanted = bench.reads[-1] - began
            if bench.model.running:
                assert low == wanted % (1 << lo_w), f"cycle {wanted}: CYCLES_LO is {low:#x}"
                for _ in range(2):
                    await ClockCycles(dut.clk_i, bench.rng.randint(1, 3 + 20 * turn))
                    await bench.expect(CYCLES_HI, wanted >> lo_w, f"latched in cycle {wanted}")
                high.add(wanted >> lo_w)
        await bench.ended()
    assert len(high) > min(1500 >> lo_w, 40) // 2, f"CYCLES_HI only took the values {sorted(high)}"
    await bench.finish()


@cocotb.test()
@reported
async def reset(dut: HierarchyObject) -> None:
    """A reset in every phase of a write, a read and a program leaves nothing behind."""
    bench = await _start(dut)
    for blocked, cycles, length in itertools.product(CHANNELS, range(12), (1, 4)):
        bench.core.programs.clear()
        code = bench.rng.choice((0xA5, None))
        await bench.start(FakeProgram(cycles=40, code=code))
        await bench.ended()
        await bench.expect(ERROR, error_word(code or 0), "before the reset")
        await bench.expect(CYCLES_LO, 40 % (1 << bench.unit["LO_W"]), "before the reset")
        bench.stall(*("blocked" if name == blocked else "none" for name in CHANNELS))
        bench.core.programs.append(FakeProgram(cycles=4, code=3))
        for address in (CONTROL, CONTROL, STATUS):
            bench.master.post_write(address, Control.START)
            bench.master.post_read(CYCLES_LO)
        await ClockCycles(dut.clk_i, cycles + 1)
        await bench.reset(length)
        bench.stall("none")
        for address in (STATUS, ERROR, LAYER, CYCLES_HI, CYCLES_LO, CYCLES_HI):
            await bench.expect(address, 0, f"{blocked} blocked, reset after {cycles} cycles")
    assert bench.forgotten > 0, "no reset cut a transaction off"
    await bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random reads and writes behind random delays on all channels, with and without noise from the core."""
    bench = await _start(dut)
    rng = bench.rng
    known = tuple(Register)
    mixes = [(name,) for name in PROFILES] + [tuple(rng.choices(list(PROFILES), k=5)) for _ in range(10)]
    for mix, noise in itertools.product(mixes, (0.0, 0.1)):
        bench.stall(*mix)
        bench.core.noise = noise
        for _ in range(rng.randint(20, 60)):
            address = rng.choice(known) if rng.random() < 0.9 else rng.getrandbits(8)
            if rng.random() < 0.5:
                bench.master.post_read(address, wait=rng.choice((0, rng.randint(0, 9))))
                continue
            address = CONTROL if rng.random() < 0.6 else address
            data = rng.choice((Control.START, rng.getrandbits(32)))
            waits = {"aw_wait": rng.choice((0, rng.randint(0, 9))), "w_wait": rng.choice((0, rng.randint(0, 9)))}
            bench.master.post_write(address, data, rng.choice((15, rng.getrandbits(4))), **waits)
        await bench.master.idle()
        await bench.ended()
    assert bench.starts > 100, f"only {bench.starts} starts"
    assert bench.refused > 100, f"only {bench.refused} writes were refused"
    await bench.finish()
