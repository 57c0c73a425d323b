"""Bench of rtl/lut_softmax.v: corner rows first, then random rows, against t2c.golden.arithmetic.softmax."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.softmax import SoftmaxTable, softmax
from t2c.tb.catalogue.interface import ROW
from t2c.tb.catalogue.unit_table import read_entries
from t2c.tb.components.axi_stream import Beat
from t2c.tb.components.bins import stall_pairs
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.components.stalls import PROFILES
from t2c.tb.dut.own_arithmetic import own_arithmetic
from t2c.tb.units.lut_softmax.classes import classes, cover_unit
from t2c.tb.units.lut_softmax.rows import Row, Space, corner_rows, random_rows
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings

PATIENCE = 10_000
"""Cycles in which nothing moves after which nothing is waited for; the longest row is summed in fewer."""
SETTLED = 100
"""Cycles without an element taken after which a blocked unit is as full as it gets."""
PERIOD_NS = 2


def latency(length: int, reciprocal_bits: int) -> int:
    """Cycles from the last element of a row to its first result, as the header of rtl/lut_softmax.v says."""
    return length + reciprocal_bits + 9


def period(length: int, reciprocal_bits: int) -> int:
    """Cycles a row where rows follow one another, as the header says."""
    return 2 * length + reciprocal_bits + 8


class SoftmaxBench(StreamBench):
    """The unit with its streams and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.x_w, self.longest = unit["X_W"], 1 << unit["LEN_W"]
        self.table = SoftmaxTable(
            exp=read_entries(),
            exponent_bits=unit["E_W"],
            output_bits=unit["OUT_W"],
            reciprocal_bits=unit["R_W"],
        )
        fixed = unit.traits.constants.get("x_signed")
        self.signs = (True, False) if fixed is None else (bool(fixed),)
        where = unit.traits.rules.reference
        self.own = own_arithmetic(where, (ROW,), 0, (1 << unit["OUT_W"]) - 1) if where else None
        self.sent: list[tuple[Row, int]] = []
        self.fmt = IntFormat(bits=self.x_w, signed=self.signs[0])
        self.coverage = cover_unit(unit.parameters, self.table, self.signs)
        if not unit.traits.has("overlong"):
            self.coverage.exclude("events", "row longer than MAX_LEN", "the module does not say so")
        self.inputs = Inputs(self.coverage, stall_pairs)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def describe(self, index: int, expected: Beat, actual: Beat) -> str:
        row, place = self.sent[index]
        shown = f"{row[:8]}..." if len(row) > 8 else f"{row}"
        return f"element {place} of {len(row)} in {shown}: expected (y, last) = {expected}, actual {actual}"

    def space(self, *, signed: bool) -> Space:
        fmt = IntFormat(bits=self.x_w, signed=signed)
        return Space(fmt=fmt, longest=self.longest, table=self.table, rng=self.rng)

    def send(self, row: Sequence[int], *, last: bool = True) -> None:
        """Queue the elements of a row; without `last` the row stays open."""
        for place, element in enumerate(row, 1):
            self.source.append(element % (1 << self.x_w), last=last and place == len(row))

    def expect(self, row: Row) -> None:
        """Queue the results of a row."""
        stall_in, stall_out = self.stalls
        self.inputs.add(classes(row, self.table, self.fmt, self.longest, stall_in=stall_in, stall_out=stall_out))
        results = self.results(row)
        self.sent += [(row, place) for place in range(len(row))]
        self.expected += [(y, place == len(row) - 1) for place, y in enumerate(results)]

    def results(self, row: Row) -> list[int]:
        """What golden, or a function of the user's own, makes of a row."""
        if self.own:
            return self.own.results({ROW: list(row)}, len(row))
        return list(softmax(np.array(row), self.table).tolist())

    def read_as(self, *, signed: bool) -> None:
        """Say how the elements are to be read; nothing is inside."""
        self.fmt = IntFormat(bits=self.x_w, signed=signed)
        self.dut.x_signed_i.value = int(signed)

    async def run(self, rows: Iterable[Row], *, signed: bool) -> None:
        """Send rows one after another and wait until the last result has left."""
        self.read_as(signed=signed)
        for row in rows:
            self.expect(row)
            self.send(row)
        await self.drain(PATIENCE)

    def finish(self) -> None:
        """End of test: as many results as elements, and no row was too long."""
        self.scoreboard.finish(len(self.sent))
        assert self.dut.overlong_o.value == 0, "overlong_o is high; no row was too long"


async def _start(dut: HierarchyObject) -> SoftmaxBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    dut.x_signed_i.value = 0
    bench = SoftmaxBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Corner rows, signed and unsigned."""
    bench = await _start(dut)
    for signed in bench.signs:
        await bench.run(corner_rows(bench.space(signed=signed)), signed=signed)
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random rows, signed and unsigned."""
    bench = await _start(dut)
    for signed in bench.signs:
        await bench.run(random_rows(bench.space(signed=signed), 60, 40), signed=signed)
    bench.finish()


@cocotb.test()
@reported
async def stalls(dut: HierarchyObject) -> None:
    """Random rows behind back-pressure on both sides, every pair of profiles."""
    bench = await _start(dut)
    for stall_in, stall_out in product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        await bench.run(random_rows(bench.space(signed=bench.signs[0]), 4, 9), signed=bench.signs[0])
    bench.finish()


@cocotb.test()
@reported
async def timing(dut: HierarchyObject) -> None:
    """Without stalls, latency and cycles a row are exactly those of the header."""
    bench = await _start(dut)
    space = bench.space(signed=bench.signs[0])
    bits = bench.table.reciprocal_bits
    for length in sorted({1, 2, min(5, bench.longest), bench.longest}):
        rows = [[bench.rng.randint(space.fmt.lo, space.fmt.hi) for _ in range(length)] for _ in range(4)]
        before = len(bench.monitor.cycles)
        await bench.run(rows, signed=bench.signs[0])
        taken, out = (np.array(monitor.cycles[before:]).reshape(4, length) for monitor in (bench.taken, bench.monitor))
        assert out[0, 0] - taken[0, -1] == latency(length, bits), (
            f"L = {length}: first result after {out[0, 0] - taken[0, -1]} cycles, our own module's come after "
            f"{latency(length, bits)}; a module with a timing of its own says absent: timing"
        )
        assert (np.diff(out, axis=1) == 1).all(), f"L = {length}: a gap within the results of a row"
        periods = set(np.diff(out[:, 0]).tolist())
        assert periods == {period(length, bits)}, f"L = {length}: {sorted(periods)} cycles a row"
    bench.finish()


@cocotb.test()
@reported
async def overlong_rows(dut: HierarchyObject) -> None:
    """A row without an end among its first MAX_LEN elements is ended there, overlong_o says so until reset."""
    bench = await _start(dut)
    space = bench.space(signed=bench.signs[0])
    longest = bench.longest
    for excess in (1, 2, longest, longest + 1):
        row = [bench.rng.randint(space.fmt.lo, space.fmt.hi) for _ in range(longest + excess)]
        bench.read_as(signed=bench.signs[0])
        assert dut.overlong_o.value == 0, "overlong_o is high before the row"
        for start in range(0, len(row), longest):
            bench.expect(row[start : start + longest])
        bench.send(row)
        await bench.drain(PATIENCE)
        assert dut.overlong_o.value == 1, f"overlong_o stayed low at a row of {longest + excess} elements"
        await bench.run(random_rows(space, 3, longest), signed=bench.signs[0])
        assert dut.overlong_o.value == 1, "overlong_o fell before reset"
        bench.coverage.hit("events", "row longer than MAX_LEN")
        await bench.reset()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_row(dut: HierarchyObject) -> None:
    """A reset with part of a row in, or n cycles into a row, drops it all; what comes after is right and complete."""
    bench = await _start(dut)
    length = min(5, bench.longest)
    row = [bench.rng.randrange(1 << (bench.x_w - 1)) for _ in range(length)]  # of either sign's format
    for part in range(1, length):
        bench.send(row[:part], last=False)
        await bench.source.idle(PATIENCE)
        await bench.reset()
        bench.coverage.hit("events", "reset with part of a row in")
        await bench.run(random_rows(bench.space(signed=bench.signs[0]), 3, 6), signed=bench.signs[0])
    for stall_out in ("none", "blocked"):
        for cycles in range(period(length, bench.table.reciprocal_bits) + 4):
            bench.monitor.enabled = False
            bench.stall("none", stall_out)
            bench.send(row)
            bench.send(row)
            taken = await bench.settle(SETTLED)  # a module need not take a second row before the first has left
            assert taken >= length, f"{taken} of the {length} elements of a row were taken; the reset would hit no row"
            for _ in range(cycles):
                await RisingEdge(dut.clk_i)
            await bench.reset()
            bench.coverage.hit("events", "reset with a row under way")
            bench.stall("none", "none")
            await bench.run(random_rows(bench.space(signed=bench.signs[0]), 3, 6), signed=bench.signs[0])
    bench.finish()
