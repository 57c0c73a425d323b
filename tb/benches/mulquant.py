"""Bench of rtl/mulquant.v: corners first, then random vectors, in every rounding mode, against golden.mulquant."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.mulquant import MulQuant, Widths, mulquant
from golden.rounding import Rounding
from tb.axis import AxisMonitor, AxisSink, AxisSource
from tb.scoreboard import Scoreboard
from tb.stalls import PROFILES, never
from tb.unit_job import UnitSettings

LATENCY = 3
"""As the header of rtl/mulquant.v says."""
PERIOD_NS = 2


@dataclass(frozen=True, kw_only=True)
class Config:
    """What must not change while results are inside: rounding mode, zero point and clip range."""

    rounding: Rounding
    zero_point: int
    lo: int
    hi: int


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One input of the unit."""

    acc: int
    multiplier: int
    bias: int
    shift: int


class MulQuantBench:
    """The unit with a driver, a sink, monitors and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.rng = random.Random(unit.seed)
        self.widths = Widths(acc=unit["ACC_W"], scale=unit["SCALE_W"], bias=unit["BIAS_W"])
        self.shift_w, self.out_w = unit["SHIFT_W"], unit["OUT_W"]
        self.source = AxisSource(dut, "s_axis", dut.clk_i, never())
        self.sink = AxisSink(dut.m_axis_tready_i, dut.clk_i, never())
        self.taken = AxisMonitor(dut, "s_axis", dut.clk_i, outgoing=False)
        self.monitor = AxisMonitor(dut, "m_axis", dut.clk_i, outgoing=True)
        self.sent: list[tuple[Config, Vector]] = []
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

    def golden(self, config: Config, vectors: list[Vector]) -> list[int]:
        """The unit's output for each vector: the low OUT_W bits of golden's."""
        constants = MulQuant(
            multiplier=np.array([v.multiplier for v in vectors]),
            bias=np.array([v.bias for v in vectors]),
            shift=np.array([v.shift for v in vectors]),
            rounding=config.rounding,
            zero_point=config.zero_point,
            lo=config.lo,
            hi=config.hi,
            widths=self.widths,
        )
        acc = np.array([[v.acc for v in vectors]])
        return [int(q) % (1 << self.out_w) for q in mulquant(acc, constants, channel_axis=1)[0]]

    async def run(self, config: Config, vectors: list[Vector]) -> None:
        """Set the configuration, send the vectors and wait until the last result has left."""
        dut, wrap = self.dut, 1 << (self.out_w + 1)
        dut.rounding_i.value = config.rounding.code
        dut.zero_point_i.value = config.zero_point % wrap
        dut.lo_i.value = config.lo % wrap
        dut.hi_i.value = config.hi % wrap
        self.sent += [(config, vector) for vector in vectors]
        self.expected += self.golden(config, vectors)
        for vector in vectors:
            self.source.append(self.pack(vector))
        limit = 100 * len(vectors) + 2000
        await self.source.idle(limit)
        for _ in range(limit):
            if not self.expected:
                return
            await RisingEdge(dut.clk_i)
        raise AssertionError(f"m_axis: {len(self.expected)} results did not come within {limit} cycles")


def near_powers(bits: int) -> list[int]:
    """Corners of a signed format: its ends, 0, and every +-2^k + {-2..2} that fits."""
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = {lo, lo + 1, hi - 1, hi}
    for k in range(bits):
        values |= {sign * (1 << k) + d for sign in (-1, 1) for d in (-2, -1, 0, 1, 2)}
    return sorted(v for v in values if lo <= v <= hi)


def configs(out_w: int) -> list[Config]:
    """Every rounding mode with a signed, an unsigned, a ReLU and a one-value range."""
    signed, unsigned = (1 << (out_w - 1)), (1 << out_w) - 1
    ranges = ((0, -signed, signed - 1), (unsigned // 2, 0, unsigned), (-signed, -signed, 1), (1, 1, 1))
    return [Config(rounding=mode, zero_point=z, lo=lo, hi=hi) for mode in Rounding for z, lo, hi in ranges]


def corner_vectors(bench: MulQuantBench, count: int) -> Iterator[Vector]:
    """Accumulator corners, exact ties of both signs around the rounding point, largest shifts, extreme constants."""
    widths, max_shift, rng = bench.widths, (1 << bench.shift_w) - 1, bench.rng
    accs, scales, biases = near_powers(widths.acc), near_powers(widths.scale), near_powers(widths.bias)
    for extreme in (accs[0], accs[-1], 0):
        for scale in (scales[0], scales[-1], 0, 1, -1):
            for bias in (biases[0], biases[-1], 0):
                for shift in (0, 1, widths.scale - 1, max_shift // 2, max_shift):
                    yield Vector(acc=extreme, multiplier=scale, bias=bias, shift=shift)
    for shift in range(1, min(max_shift, widths.bias - 3) + 1):
        half = 1 << (shift - 1)
        for quotient in (-2, -1, 0, 1):
            for delta in (-1, 0, 1):
                # p = (2 q + 1) 2^(S-1) + delta: a tie where delta is 0.
                yield Vector(acc=0, multiplier=1, bias=(2 * quotient + 1) * half + delta, shift=shift)
    # The same ties by the product, acc M = (2 q + 1) 2^(S-1), up to the largest shift that a product reaches.
    for acc_bits in range(widths.acc - 3):
        for scale_bits in {rng.randint(0, widths.scale - 2), widths.scale - 2}:
            shift = acc_bits + scale_bits + 1
            if shift <= max_shift:
                for odd in (-3, -1, 1, 3):
                    yield Vector(acc=odd << acc_bits, multiplier=1 << scale_bits, bias=0, shift=shift)
    for _ in range(count):
        yield Vector(
            acc=rng.choice(accs),
            multiplier=rng.choice(scales),
            bias=rng.choice(biases),
            shift=rng.randint(0, max_shift),
        )


def random_vectors(bench: MulQuantBench, count: int) -> Iterator[Vector]:
    """Vectors whose result lies around the output range, so that rounding shows and both ends saturate."""
    widths, max_shift, rng = bench.widths, (1 << bench.shift_w) - 1, bench.rng
    for _ in range(count):
        acc = rng.getrandbits(rng.randint(1, widths.acc - 1)) * rng.choice((-1, 1))
        scale = rng.getrandbits(rng.randint(1, widths.scale - 1)) * rng.choice((-1, 1))
        product_bits = (acc * scale).bit_length()
        shift = min(max(product_bits - bench.out_w + rng.randint(-2, 3), 0), max_shift)
        span = min(shift + bench.out_w - 1, widths.bias - 1)
        bias = rng.getrandbits(span) * rng.choice((-1, 0, 1)) if span > 0 else 0
        yield Vector(acc=acc, multiplier=scale, bias=bias, shift=shift)


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
        await bench.run(config, list(corner_vectors(bench, 200)))
    bench.scoreboard.finish(len(bench.sent))


@cocotb.test()
async def random_data(dut: HierarchyObject) -> None:
    """Random vectors in every configuration."""
    bench = await _start(dut)
    for config in configs(bench.out_w):
        await bench.run(config, list(random_vectors(bench, 400)))
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
            await bench.run(config, list(random_vectors(bench, count)))
    bench.scoreboard.finish(count * len(PROFILES) ** 2)


@cocotb.test()
async def latency(dut: HierarchyObject) -> None:
    """Without stalls every result leaves exactly LATENCY cycles after its input was taken."""
    bench = await _start(dut)
    await bench.run(configs(bench.out_w)[0], list(random_vectors(bench, 50)))
    bench.scoreboard.finish(50)
    delays = {out - taken for taken, out in zip(bench.taken.cycles, bench.monitor.cycles, strict=True)}
    assert delays == {LATENCY}, f"latencies {sorted(delays)}, the header says {LATENCY}"


@cocotb.test()
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset with results inside drops them; what comes after is right and complete."""
    bench = await _start(dut)
    bench.stall("none", "blocked")
    for vector in random_vectors(bench, LATENCY):
        bench.source.append(bench.pack(vector))
    await bench.source.idle(100)
    assert dut.m_axis_tvalid_o.value == 1, "no result waits at the output; the reset would not hit anything"
    await bench.reset()
    await bench.run(configs(bench.out_w)[1], list(random_vectors(bench, 100)))
    bench.scoreboard.finish(100)
