"""Bench of rtl/mulquant.v: corners first, then random vectors and pairs, in every mode, against golden.mulquant."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.mulquant import MulQuant, OutputStage, Widths, mulquant
from tb.axis import AxisMonitor, AxisSink, AxisSource
from tb.benches.mulquant_vectors import (
    Config,
    Item,
    Ranges,
    Vector,
    configs,
    corner_pairs,
    corner_vectors,
    mixed_items,
    random_vectors,
    singles,
)
from tb.scoreboard import Scoreboard
from tb.stalls import PROFILES, never
from tb.unit_job import UnitSettings

LATENCY = 3
"""As the header of rtl/mulquant.v says."""
PERIOD_NS = 2


class MulQuantBench:
    """The unit with a driver, a sink, monitors and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.rng = random.Random(unit.seed)
        self.widths = Widths(acc=unit["ACC_W"], scale=unit["SCALE_W"], bias=unit["BIAS_W"])
        self.shift_w, self.out_w = unit["SHIFT_W"], unit["OUT_W"]
        self.ranges = Ranges(widths=self.widths, shift_w=self.shift_w, out_w=self.out_w, rng=self.rng)
        self.source = AxisSource(dut, "s_axis", dut.clk_i, never())
        self.sink = AxisSink(dut.m_axis_tready_i, dut.clk_i, never())
        self.taken = AxisMonitor(dut, "s_axis", dut.clk_i, outgoing=False)
        self.monitor = AxisMonitor(dut, "m_axis", dut.clk_i, outgoing=True)
        self.sent: list[tuple[Config, Item]] = []
        self.expected: list[int] = []
        self.scoreboard = Scoreboard(dut, self.describe)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def stall(self, stall_in: str, stall_out: str) -> None:
        """Choose the back-pressure of both sides."""
        self.source.stalls = PROFILES[stall_in].cycles(self.rng)
        self.sink.stalls = PROFILES[stall_out].cycles(self.rng)

    def describe(self, index: int, expected: int, actual: int) -> str:
        return f"vector {index}: {self.sent[index]}: expected {expected:#x}, actual {actual:#x}"

    async def reset(self) -> None:
        """Reset for four cycles; the monitors look on only afterwards."""
        self.taken.enabled = self.monitor.enabled = False
        self.dut.rst_ni.value = 0
        for _ in range(4):
            await RisingEdge(self.dut.clk_i)
        self.dut.rst_ni.value = 1
        self.taken.enabled = self.monitor.enabled = True

    def pack(self, vector: Vector) -> int:
        """{shift, bias, multiplier, acc}, as the header says."""
        word = 0
        for value, width in (
            (vector.shift, self.shift_w),
            (vector.bias, self.widths.bias),
            (vector.multiplier, self.widths.scale),
            (vector.acc, self.widths.acc),
        ):
            word = (word << width) | (value % (1 << width))
        return word

    def golden(self, config: Config, items: Sequence[Item]) -> list[int]:
        """The unit's output for each item: the low OUT_W bits of golden's."""
        wrap, stage = 1 << self.out_w, vars(config)
        found = np.empty(len(items), dtype=np.int64)
        single = [index for index, item in enumerate(items) if len(item) == 1]
        if single:
            vectors = [items[index][0] for index in single]
            constants = MulQuant(
                multiplier=np.array([v.multiplier for v in vectors]),
                bias=np.array([v.bias for v in vectors]),
                shift=np.array([v.shift for v in vectors]),
                widths=self.widths,
                **stage,
            )
            found[single] = mulquant(np.array([[v.acc for v in vectors]]), constants, channel_axis=1)[0]
        double = [index for index, item in enumerate(items) if len(item) == 2]
        if double:
            # golden.mulquant.residual_add's formula, for operands wider than activations.
            pairs = [items[index] for index in double]
            p = [a.acc * a.multiplier + a.bias + b.acc * b.multiplier for a, b in pairs]
            found[double] = OutputStage(**stage).requantise(np.array(p), [b.shift for _, b in pairs])
        return [int(q) % wrap for q in found]

    async def run(self, config: Config, items: Sequence[Item]) -> None:
        """Set the configuration, send the items and wait until the last result has left."""
        dut, wrap = self.dut, 1 << (self.out_w + 1)
        dut.rounding_i.value = config.rounding.code
        dut.zero_point_i.value = config.zero_point % wrap
        dut.lo_i.value = config.lo % wrap
        dut.hi_i.value = config.hi % wrap
        self.sent += [(config, item) for item in items]
        self.expected += self.golden(config, items)
        for item in items:
            for vector in item:
                self.source.append(self.pack(vector), user=int(vector is not item[-1]))
        limit = 200 * len(items) + 2000
        await self.source.idle(limit)
        for _ in range(limit):
            if not self.expected:
                return
            await RisingEdge(dut.clk_i)
        raise AssertionError(f"m_axis: {len(self.expected)} results did not come within {limit} cycles")


async def _start(dut: HierarchyObject) -> MulQuantBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = MulQuantBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
async def corners(dut: HierarchyObject) -> None:
    """Corner vectors in every configuration."""
    bench = await _start(dut)
    for config in configs(bench.out_w):
        await bench.run(config, singles(corner_vectors(bench.ranges, 200)))
    bench.scoreboard.finish(len(bench.sent))


@cocotb.test()
async def random_data(dut: HierarchyObject) -> None:
    """Random vectors in every configuration."""
    bench = await _start(dut)
    for config in configs(bench.out_w):
        await bench.run(config, singles(random_vectors(bench.ranges, 400)))
    bench.scoreboard.finish(len(bench.sent))


@cocotb.test()
async def stalls(dut: HierarchyObject) -> None:
    """Random vectors behind back-pressure on both sides, every pair of profiles."""
    bench = await _start(dut)
    count = 60
    for stall_in in PROFILES:
        for stall_out in PROFILES:
            bench.stall(stall_in, stall_out)
            config = bench.rng.choice(configs(bench.out_w))
            await bench.run(config, singles(random_vectors(bench.ranges, count)))
    bench.scoreboard.finish(count * len(PROFILES) ** 2)


@cocotb.test()
async def pairs(dut: HierarchyObject) -> None:
    """Two scaled operands in one result: corners, then pairs among single vectors, then with gaps inside pairs."""
    bench = await _start(dut)
    sent: list[Item] = []
    for config in configs(bench.out_w)[::5]:  # each mode, each range
        items = [*corner_pairs(bench.ranges), *mixed_items(bench.ranges, 60)]
        await bench.run(config, items)
        sent += items
    last = [vector is item[-1] for item in sent for vector in item]
    taken = [cycle for cycle, end in zip(bench.taken.cycles, last, strict=True) if end]
    delays = {out - cycle for cycle, out in zip(taken, bench.monitor.cycles, strict=True)}
    assert delays == {LATENCY}, f"latencies {sorted(delays)}, the header says {LATENCY}"
    count = 60
    for stall_in, stall_out in product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        await bench.run(bench.rng.choice(configs(bench.out_w)), list(mixed_items(bench.ranges, count)))
    bench.scoreboard.finish(len(sent) + count * len(PROFILES) ** 2)


@cocotb.test()
async def latency(dut: HierarchyObject) -> None:
    """Without stalls every result leaves exactly LATENCY cycles after its input was taken."""
    bench = await _start(dut)
    await bench.run(configs(bench.out_w)[0], singles(random_vectors(bench.ranges, 50)))
    bench.scoreboard.finish(50)
    delays = {out - taken for taken, out in zip(bench.taken.cycles, bench.monitor.cycles, strict=True)}
    assert delays == {LATENCY}, f"latencies {sorted(delays)}, the header says {LATENCY}"


@cocotb.test()
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset with results inside, or inside a pair, drops them; what comes after is right and complete."""
    bench = await _start(dut)
    bench.stall("none", "blocked")
    for vector in random_vectors(bench.ranges, LATENCY):
        bench.source.append(bench.pack(vector))
    await bench.source.idle(100)
    assert dut.m_axis_tvalid_o.value == 1, "no result waits at the output; the reset would not hit anything"
    await bench.reset()
    bench.stall("none", "none")
    bench.source.append(bench.pack(next(random_vectors(bench.ranges, 1))), user=1)
    await bench.source.idle(100)
    await bench.reset()
    await bench.run(configs(bench.out_w)[1], singles(random_vectors(bench.ranges, 100)))
    bench.scoreboard.finish(100)
