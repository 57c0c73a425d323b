"""Bench of rtl/lut_pointwise.v: every element, in order and at random, against t2c.golden.arithmetic.pointwise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable, pointwise
from t2c.tb.catalogue.unit_table import read_entries
from t2c.tb.components.axi_stream import Beat
from t2c.tb.components.bins import stall_pairs
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.components.stalls import PROFILES
from t2c.tb.dut.latency import check_fixed_latency
from t2c.tb.units.lut_pointwise.classes import RESET, classes, cover_unit
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings

PATIENCE = 2000
"""Cycles in which nothing moves after which nothing is waited for."""
PERIOD_NS = 2


class PointwiseBench(StreamBench):
    """The unit with its streams and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        output = IntFormat(bits=unit["OUT_W"], signed=False)
        self.table = PointwiseTable(entries=read_entries(), output=output)
        self.x_w, self.elements = unit["X_W"], 1 << unit["X_W"]
        self.sent: list[Beat] = []
        self.coverage = cover_unit(unit.parameters)
        self.inputs = Inputs(self.coverage, stall_pairs)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def describe(self, index: int, expected: Beat, actual: Beat) -> str:
        return f"element {index}: x = {self.sent[index][0]:#x}: expected (q, last) = {expected}, actual {actual}"

    def random(self, count: int) -> list[int]:
        """Random elements."""
        return [self.rng.randrange(self.elements) for _ in range(count)]

    async def run(self, elements: Sequence[int]) -> None:
        """Send elements, each with a random tlast, and wait until the last result has left."""
        results = pointwise(np.array(elements), self.table, signed=False).tolist()
        ends = [self.rng.random() < 0.3 for _ in elements]
        stall_in, stall_out = self.stalls
        self.inputs.add(classes(elements, ends, self.x_w, stall_in=stall_in, stall_out=stall_out))
        for x, q, last in zip(elements, results, ends, strict=True):
            self.sent.append((x, last))
            self.expected.append((q, last))
            self.source.append(x, last=last)
        await self.drain(PATIENCE)


async def _start(dut: HierarchyObject) -> PointwiseBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = PointwiseBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def sweep(dut: HierarchyObject) -> None:
    """Every element, upwards and in random order."""
    bench = await _start(dut)
    every = list(range(bench.elements))
    await bench.run(every)
    await bench.run(bench.rng.sample(every, len(every)))
    bench.scoreboard.finish(2 * len(every))


@cocotb.test()
@reported
async def stalls(dut: HierarchyObject) -> None:
    """Random elements behind back-pressure on both sides, every pair of profiles."""
    bench = await _start(dut)
    count = 40
    for stall_in, stall_out in product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        await bench.run(bench.random(count))
    bench.scoreboard.finish(count * len(PROFILES) ** 2)


@cocotb.test()
@reported
async def latency(dut: HierarchyObject) -> None:
    """Without stalls every result leaves exactly `latency` cycles after its element was taken; ours: one a cycle."""
    bench = await _start(dut)
    await bench.run(bench.random(50))
    if bench.traits.fixed_latency:
        check_fixed_latency(bench.scoreboard.compared_pairs(), bench.traits)
    bench.scoreboard.finish(50)
    delays = sorted({out - taken for taken, out in zip(bench.taken.cycles, bench.monitor.cycles, strict=True)})
    stated = bench.traits.latency
    assert delays == [stated], f"results come {delays} cycles after their elements, the description says {stated}"
    if not bench.traits.own:
        return  # a module that needs gaps between its elements says so with its ready
    gaps = set(np.diff(bench.taken.cycles).tolist())
    assert gaps == {1}, f"elements were taken {sorted(gaps)} cycles apart, the header says one a cycle"


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset with a result waiting, and more on their way, drops them; what comes after is right and complete."""
    bench = await _start(dut)
    await bench.fill(lambda: bench.source.append(bench.random(1)[0]), PATIENCE)
    await bench.reset()
    bench.coverage.hit("reset", RESET)
    bench.stall("none", "none")
    await bench.run(bench.random(100))
    bench.scoreboard.finish(100)
