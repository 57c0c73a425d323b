"""Bench of the toy."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.components.stalls import PROFILES
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings
from toy.classes import classes, cover_unit
from toy.golden import larger

NONE = np.zeros((0, 2), dtype=np.int64)


class ToyBench(StreamBench):
    """The toy with its streams and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.width, self.sent = unit["W"], 0
        self.coverage = cover_unit(unit.parameters, NONE)
        self.inputs = Inputs(self.coverage, lambda _: {})
        self.scoreboard = Scoreboard(dut, lambda i, e, a: f"pair {i}: expected {e}, actual {a}", self.inputs)
        self.scoreboard.add_interface(self.monitor, self.expected)

    async def run(self, count: int) -> None:
        """Send random pairs, among them equal ones, and wait for their results."""
        draws = [[self.rng.getrandbits(self.width) for _ in range(2)] for _ in range(count)]
        pairs: IntArray = np.array([(a, a if self.rng.random() < 0.2 else b) for a, b in draws])
        self.inputs.add(classes(pairs))
        self.expected += [int(q) for q in larger(pairs)]
        for a, b in pairs.tolist():
            self.source.append(b << self.width | a)
        await self.drain(2000)
        self.sent += count


async def _start(dut: HierarchyObject) -> ToyBench:
    Clock(dut.clk_i, 2, "ns", impl="gpi").start(start_high=False)
    bench = ToyBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    bench = await _start(dut)
    await bench.run(200)
    bench.scoreboard.finish(bench.sent)


@cocotb.test()
@reported
async def stalls(dut: HierarchyObject) -> None:
    bench = await _start(dut)
    for profile in PROFILES:
        bench.stall(profile, "p50")
        await bench.run(30)
    bench.scoreboard.finish(bench.sent)
