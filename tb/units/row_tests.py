"""Tests that every unit passes that takes rows in beats: stalls, a standstill, its timing, rows too long, resets."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from t2c.tb.components.scoreboard import reported
from t2c.tb.components.stalls import PROFILES, never
from t2c.tb.units.row_bench import PATIENCE, BeatsBench, single_results
from t2c.tb.units.row_space import Row
from t2c.tb.units.unit_settings import UnitSettings

SETTLED = 150
"""Cycles without a beat taken after which a blocked unit is as full as it gets."""
DEEPEST = 8
"""Beats of a row that does not fit the pipeline of our own module."""
MOST_INSIDE = 7
"""Longest rows that our own module takes before the first result has left."""
PERIOD_NS = 2
_Bench = TypeVar("_Bench", bound=BeatsBench)


def row_test(make: type[_Bench]) -> Callable[[Callable[[_Bench], Awaitable[None]]], Any]:
    """A decorator: what it gets is a cocotb test that starts with a bench made and reset, and ends with its end."""

    def decorate(body: Callable[[_Bench], Awaitable[None]]) -> Any:
        @functools.wraps(body)
        async def test(dut: Any) -> None:
            Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
            bench = make(dut, UnitSettings.from_environment())
            await bench.reset()
            await body(bench)
            bench.finish()

        return cocotb.test()(reported(test))

    return decorate


async def stalls(bench: BeatsBench) -> None:
    """Random rows behind back-pressure on both sides, every pair of profiles."""
    for stall_in, stall_out in itertools.product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        bench.vary()
        await bench.run(bench.random_rows(5, 12 * bench.lanes))


async def standstill(bench: BeatsBench) -> None:
    """The unit is as full as it gets; then results go one by one, and all that does not wait for them goes on."""
    bench.sink.stalls = itertools.repeat(True)
    rows: list[Row] = [bench.space.longest_row() for _ in range(MOST_INSIDE + 1)]
    for _ in range(4):
        rows += [*bench.random_rows(2, bench.space.longest), *bench.random_rows(3, 3 * bench.lanes)]
        rows.append(bench.space.longest_row())
    bench.vary()
    for row in rows:
        bench.expect(row)
        bench.send(row)
    await bench.settle(SETTLED)
    bench.sink.stalls = single_results(bench.rng, bench.latency(1) + bench.rng.randint(0, 20))
    await bench.drain(PATIENCE)
    bench.coverage.hit("events", "results one by one while all else waits")


async def timing(bench: BeatsBench) -> None:
    """Without stalls, latency and cycles a row are exactly those of the header."""
    lanes, longest = bench.lanes, bench.space.longest // bench.lanes
    for beats in sorted({1, 2, min(5, longest), longest}):
        rows = [bench.space.row(beats * lanes) for _ in range(5)]
        before = len(bench.monitor.cycles)
        await bench.run(rows)
        taken, out = (np.array(side.cycles[before:]).reshape(5, beats) for side in (bench.taken, bench.monitor))
        assert out[0, 0] - taken[0, -1] == bench.latency(beats), (
            f"{beats} beats: first results after {out[0, 0] - taken[0, -1]} cycles, our own module's come after "
            f"{bench.latency(beats)}; a module with a timing of its own says absent: timing"
        )
        assert (np.diff(out, axis=1) == 1).all(), f"{beats} beats: a gap within the results of a row"
        cycles = np.diff(out[:, 0]).tolist()
        assert set(cycles) <= set(bench.periods(beats)), f"{beats} beats: {cycles} cycles a row"
    await _without_a_gap(bench)


async def _without_a_gap(bench: BeatsBench) -> None:
    """A row whose constants are there follows the one before without a gap; of rows that the pipeline cannot hold."""
    beats = bench.space.longest // bench.lanes
    if beats < DEEPEST:
        return
    bench.sink.stalls = itertools.repeat(True)
    before = len(bench.monitor.cycles)
    for row in [bench.space.longest_row() for _ in range(MOST_INSIDE + 1)]:
        bench.expect(row)
        bench.send(row)
    await bench.settle(SETTLED)
    bench.sink.stalls = never()
    await bench.drain(PATIENCE)
    gaps = np.diff(bench.monitor.cycles[before : before + 2 * beats]).tolist()
    assert set(gaps) == {1}, f"two rows of {beats} beats that wait: {gaps} cycles from one result to the next"


async def overlong_rows(bench: BeatsBench) -> None:
    """A row without an end among its first MAX_LEN elements is ended there, overlong_o says so until reset."""
    longest, lanes, dut = bench.space.longest, bench.lanes, bench.dut
    for excess in sorted({1, lanes, lanes + 1, longest, longest + 1}):
        row = bench.space.row(longest + excess)
        assert dut.overlong_o.value == 0, "overlong_o is high before the row"
        bench.vary()
        for start in range(0, len(row), longest):
            bench.expect(row[start : start + longest])
        bench.send(row)
        await bench.drain(PATIENCE)
        assert dut.overlong_o.value == 1, f"overlong_o stayed low at a row of {longest + excess} elements"
        await bench.run(bench.random_rows(3, longest))
        assert dut.overlong_o.value == 1, "overlong_o fell before reset"
        bench.coverage.hit("events", "row longer than MAX_LEN")
        await bench.reset()


async def reset_in_mid_row(bench: BeatsBench) -> None:
    """A reset with part of a row in, or n cycles into a row, drops it all; what comes after is right and complete."""
    beats = min(3, bench.space.longest // bench.lanes)
    row = [bench.rng.randrange(1 << (bench.x_w - 1)) for _ in range(beats * bench.lanes)]  # of either sign's format
    for part in range(1, beats):
        bench.send(row[: part * bench.lanes], last=False)
        await bench.source.idle(PATIENCE)
        await bench.reset()
        bench.coverage.hit("events", "reset with part of a row in")
        await _after_reset(bench)
    for stall_out, step in (("none", 1), ("blocked", 5)):
        for cycles in range(0, bench.latency(beats) + beats + 4, step):
            bench.monitor.enabled = False
            bench.stall("none", stall_out)
            for _ in range(3):
                bench.send(row)
            taken = await bench.settle(SETTLED)  # a module need not take a second row before the first has left
            assert taken >= beats, f"{taken} of the {beats} beats of a row were taken; the reset would hit no row"
            for _ in range(cycles):
                await RisingEdge(bench.dut.clk_i)
            await bench.reset()
            bench.coverage.hit("events", "reset with a row under way")
            bench.stall("none", "none")
            await _after_reset(bench)


async def _after_reset(bench: BeatsBench) -> None:
    """The longest row first, which a counter of beats that was not reset would end too early; then short ones."""
    bench.vary()
    await bench.run([bench.space.longest_row(), *bench.random_rows(2, 6)])
