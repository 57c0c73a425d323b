"""Bench of rtl/layer_norm.v: corner rows first, then random rows, against t2c.golden.arithmetic.layer_norm."""

from __future__ import annotations

import itertools

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from t2c.tb.components.scoreboard import reported
from t2c.tb.components.stalls import PROFILES, never
from t2c.tb.units.layer_norm.row_bench import PATIENCE, LayerNormBench, latency, periods, single_results
from t2c.tb.units.layer_norm.rows import (
    Row,
    after_reset,
    corner_rows,
    longest_row,
    random_quant,
    random_rows,
    root_cases,
    telling_quant,
)
from t2c.tb.units.unit_settings import UnitSettings

SETTLED = 150
"""Cycles without a beat taken after which a blocked unit is as full as it gets."""
DEEPEST = 8
"""Beats of a row that does not fit the pipeline of our own module."""
PERIOD_NS = 2


async def _start(dut: HierarchyObject) -> LayerNormBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = LayerNormBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Corner rows, one after another, then alone with every bit of t in sight; roots at their limits."""
    bench = await _start(dut)
    for space in bench.spaces:
        bench.space = space
        rows = list(corner_rows(space))
        for epsilon in (1, 1 << 60, space.any_norm().epsilon):
            await bench.run(rows, space.norm(epsilon), random_quant(space))
        for row in rows:
            norm = space.norm(1 if bench.rng.random() < 0.7 else space.any_norm().epsilon)
            await bench.run([row], norm, telling_quant(space, row, norm))
        for row, norm in root_cases(space):
            await bench.run([row], norm, telling_quant(space, row, norm))
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random rows, signed and unsigned."""
    bench = await _start(dut)
    for space in bench.spaces:
        bench.space = space
        for _ in range(8):
            await bench.run(random_rows(space, 12, 64), space.any_norm(), random_quant(space))
        for row in random_rows(space, 40, 64):
            norm = space.any_norm()
            await bench.run([row], norm, telling_quant(space, row, norm))
    bench.finish()


@cocotb.test()
@reported
async def stalls(dut: HierarchyObject) -> None:
    """Random rows behind back-pressure on both sides, every pair of profiles."""
    bench = await _start(dut)
    for stall_in, stall_out in itertools.product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        rows = random_rows(bench.space, 5, 12 * bench.lanes)
        await bench.run(rows, bench.space.norm(1), random_quant(bench.space))
    bench.finish()


@cocotb.test()
@reported
async def standstill(dut: HierarchyObject) -> None:
    """The unit is as full as it gets; then results go one by one, and all that does not wait for them goes on."""
    bench = await _start(dut)
    space, bits = bench.space, bench.unit["ROOT_W"]
    bench.sink.stalls = itertools.repeat(True)
    rows: list[Row] = []
    for _ in range(4):
        rows += [*random_rows(space, 2, space.longest), *random_rows(space, 3, 3 * bench.lanes)]
        rows.append(longest_row(space))
    bench.configure(space.norm(1), random_quant(space))
    for row in rows:
        bench.expect(row)
        bench.send(row)
    await bench.settle(SETTLED)
    bench.sink.stalls = single_results(bench.rng, latency(bits) + bench.rng.randint(0, 20))
    await bench.drain(PATIENCE)
    bench.coverage.hit("events", "results one by one while all else waits")
    bench.finish()


@cocotb.test()
@reported
async def timing(dut: HierarchyObject) -> None:
    """Without stalls, latency and cycles a row are exactly those of the header."""
    bench = await _start(dut)
    fmt, lanes, bits = bench.space.fmt, bench.lanes, bench.unit["ROOT_W"]
    for beats in sorted({1, 2, min(5, bench.space.longest // lanes), bench.space.longest // lanes}):
        rows = [[bench.rng.randint(fmt.lo, fmt.hi) for _ in range(beats * lanes)] for _ in range(5)]
        before = len(bench.monitor.cycles)
        await bench.run(rows)
        taken, out = (np.array(side.cycles[before:]).reshape(5, beats) for side in (bench.taken, bench.monitor))
        assert out[0, 0] - taken[0, -1] == latency(bits), (
            f"{beats} beats: first results after {out[0, 0] - taken[0, -1]} cycles, our own module's come after "
            f"{latency(bits)}; a module with a timing of its own says absent: timing"
        )
        assert (np.diff(out, axis=1) == 1).all(), f"{beats} beats: a gap within the results of a row"
        cycles = np.diff(out[:, 0]).tolist()
        assert set(cycles) <= set(periods(beats, bits, 2 * bench.space.longest // lanes)), (
            f"{beats} beats: {cycles} cycles a row"
        )
    await _without_a_gap(bench)
    bench.finish()


async def _without_a_gap(bench: LayerNormBench) -> None:
    """A row whose constants are there follows the one before without a gap; of rows that the pipeline cannot hold."""
    beats = bench.space.longest // bench.lanes
    if beats < DEEPEST:
        return
    bench.sink.stalls = itertools.repeat(True)
    before = len(bench.monitor.cycles)
    for row in [longest_row(bench.space) for _ in range(4)]:
        bench.expect(row)
        bench.send(row)
    await bench.settle(SETTLED)
    bench.sink.stalls = never()
    await bench.drain(PATIENCE)
    gaps = np.diff(bench.monitor.cycles[before : before + 2 * beats]).tolist()
    assert set(gaps) == {1}, f"two rows of {beats} beats that wait: {gaps} cycles from one result to the next"


@cocotb.test()
@reported
async def overlong_rows(dut: HierarchyObject) -> None:
    """A row without an end among its first MAX_LEN elements is ended there, overlong_o says so until reset."""
    bench = await _start(dut)
    fmt, longest, lanes = bench.space.fmt, bench.space.longest, bench.lanes
    for excess in sorted({1, lanes, lanes + 1, longest, longest + 1}):
        row = [bench.rng.randint(fmt.lo, fmt.hi) for _ in range(longest + excess)]
        assert dut.overlong_o.value == 0, "overlong_o is high before the row"
        bench.configure(bench.space.any_norm(), random_quant(bench.space))
        for start in range(0, len(row), longest):
            bench.expect(row[start : start + longest])
        bench.send(row)
        await bench.drain(PATIENCE)
        assert dut.overlong_o.value == 1, f"overlong_o stayed low at a row of {longest + excess} elements"
        await bench.run(random_rows(bench.space, 3, longest))
        assert dut.overlong_o.value == 1, "overlong_o fell before reset"
        bench.coverage.hit("events", "row longer than MAX_LEN")
        await bench.reset()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_row(dut: HierarchyObject) -> None:
    """A reset with part of a row in, or n cycles into a row, drops it all; what comes after is right and complete."""
    bench = await _start(dut)
    beats = min(3, bench.space.longest // bench.lanes)
    row = [bench.rng.randrange(1 << (bench.x_w - 1)) for _ in range(beats * bench.lanes)]  # of either sign's format
    for part in range(1, beats):
        bench.send(row[: part * bench.lanes], last=False)
        await bench.source.idle(PATIENCE)
        await bench.reset()
        bench.coverage.hit("events", "reset with part of a row in")
        await bench.run(after_reset(bench.space), bench.space.norm(1), random_quant(bench.space))
    for stall_out, step in (("none", 1), ("blocked", 5)):
        for cycles in range(0, latency(bench.unit["ROOT_W"]) + beats + 4, step):
            bench.monitor.enabled = False
            bench.stall("none", stall_out)
            for _ in range(3):
                bench.send(row)
            taken = await bench.settle(SETTLED)  # a module need not take a second row before the first has left
            assert taken >= beats, f"{taken} of the {beats} beats of a row were taken; the reset would hit no row"
            for _ in range(cycles):
                await RisingEdge(dut.clk_i)
            await bench.reset()
            bench.coverage.hit("events", "reset with a row under way")
            bench.stall("none", "none")
            await bench.run(after_reset(bench.space), bench.space.norm(1), random_quant(bench.space))
    bench.finish()
