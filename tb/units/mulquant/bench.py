"""Bench of rtl/mulquant.v: corners first, then random vectors and pairs, in every mode, against golden's mulquant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice, product

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from t2c.golden.arithmetic.mulquant import Widths
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.components.stalls import PROFILES
from t2c.tb.dut.latency import check_fixed_latency
from t2c.tb.dut.own_arithmetic import own_arithmetic
from t2c.tb.units.mulquant.arithmetic import Arithmetic
from t2c.tb.units.mulquant.beats import Beat, groups_of_beats
from t2c.tb.units.mulquant.classes import SentBatch, classes, cover_unit, crosses
from t2c.tb.units.mulquant.legal_bins import exclude_illegal
from t2c.tb.units.mulquant.stimulus import (
    Config,
    Item,
    Ranges,
    Vector,
    one_of_each_mode,
)
from t2c.tb.units.mulquant.supply import LegalSupply, legal_configs, supply
from t2c.tb.units.mulquant.unit import REFERENCE
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2
SETTLE = 4
"""Cycles at least that static constants are there before the first input that they are for."""
PATIENCE = 2000
"""Cycles without a result, or without an input taken, after which nothing is waited for."""


def joined(values: Iterable[int], width: int) -> int:
    """Values side by side, the first in the lowest bits."""
    return sum((value % (1 << width)) << index * width for index, value in enumerate(values))


class MulQuantBench(StreamBench):
    """The unit with its streams and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.widths = Widths(acc=unit["ACC_W"], scale=unit["SCALE_W"], bias=unit["BIAS_W"])
        self.shift_w, self.out_w = unit["SHIFT_W"], unit["OUT_W"]
        self.vector_w = self.shift_w + self.widths.bias + self.widths.scale + self.widths.acc
        self.ranges = Ranges(widths=self.widths, shift_w=self.shift_w, out_w=self.out_w, rng=self.rng)
        self.sent: list[tuple[Config, Item]] = []
        rules, least, largest = unit.traits.rules, -(1 << self.out_w - 1), (1 << self.out_w) - 1
        own = own_arithmetic(rules.reference, REFERENCE, least, largest) if rules.reference else None
        self.arithmetic = Arithmetic(widths=self.widths, out_w=self.out_w, order=rules.order, own=own)
        self.supply = supply(self.ranges, unit.traits)
        self.configs = legal_configs(self.out_w, unit.traits)
        self.coverage = cover_unit(
            unit.parameters,
            self.configs,
            pairs=unit.traits.has("pairs"),
            constants=unit.traits.constants,
            order=unit.traits.rules.order,
            lanes=unit.traits.rules.lanes,
        )
        if isinstance(self.supply, LegalSupply):
            exclude_illegal(self.coverage, self.supply.legal, self.ranges, unit.traits.rules.order)
        if not unit.traits.reset:
            self.coverage.exclude("reset", "reset with results inside", "the module has no reset")
        self.inputs = Inputs(self.coverage, crosses, rows=unit.traits.rules.lanes)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs, self.wrong_lanes)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def restrict(self, items: Iterable[Item]) -> list[Item]:
        """Items with what the module fixes put into their vectors."""
        fixed = {name: self.traits.constants[name] for name in ("bias", "shift") if name in self.traits.constants}
        return [tuple(replace(vector, **fixed) for vector in item) for item in items]

    def describe(self, index: int, expected: int, actual: int) -> str:
        lanes, mask = self.traits.rules.lanes, (1 << self.out_w) - 1
        lane = self.wrong_lanes(expected, actual).index(True)
        config, item = self.sent[index * lanes + lane]
        inputs = ", then ".join(vector.text() for vector in item)
        where = f"vector {index}" + (f", lane {lane}" if lanes > 1 else "")
        wanted, found = ((word >> lane * self.out_w) & mask for word in (expected, actual))
        return f"{where}: {inputs} ({config.text()}): expected {wanted:#04x}, actual {found:#04x}"

    def wrong_lanes(self, expected: int, actual: int) -> list[bool]:
        """Which lanes of a result differ."""
        different, mask = expected ^ actual, (1 << self.out_w) - 1
        return [bool(different >> lane * self.out_w & mask) for lane in range(self.traits.rules.lanes)]

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

    async def run(self, config: Config, items: Iterable[Item]) -> None:
        """Set the configuration, send the items and wait until the last result has left."""
        dut, wrap = self.dut, 1 << (self.out_w + 1)
        groups = groups_of_beats(self.restrict(items), self.traits.rules, self.supply.another)
        sent = [item for group in groups for beat in group for item in beat]
        dut.rounding_i.value = config.rounding.code
        dut.zero_point_i.value = config.zero_point % wrap
        dut.lo_i.value = config.lo % wrap
        dut.hi_i.value = config.hi % wrap
        results = iter(self.arithmetic.results(config, sent))
        stall_in, stall_out = self.stalls
        self.inputs.add(
            classes(
                SentBatch(
                    config=config,
                    items=sent,
                    ranges=self.ranges,
                    order=self.traits.rules.order,
                    lanes=self.traits.rules.lanes,
                    stall_in=stall_in,
                    stall_out=stall_out,
                )
            )
        )
        self.sent += [(config, item) for item in sent]
        for group in groups:
            await self.prepare(group[0])
            self.expected += [joined(islice(results, len(beat)), self.out_w) for beat in group]
            for beat in group:
                for vectors in zip(*beat, strict=True):
                    self.source.append(self.word(vectors), user=int(vectors[0] is not beat[0][-1]))
            await self.finish()

    def word(self, vectors: Iterable[Vector]) -> int:
        """One input of the module: a vector for each lane, that of lane 0 in the lowest bits."""
        return joined(map(self.pack, vectors), self.vector_w)

    async def prepare(self, beat: Beat) -> None:
        """Show the module what is static some cycles before its first input."""
        if self.traits.rules.static:
            self.dut.s_axis_tdata_i.value = self.word(item[0] for item in beat)
            for _ in range(max(SETTLE, self.traits.latency or 0)):
                await RisingEdge(self.dut.clk_i)

    async def finish(self) -> None:
        """Wait until everything has been taken and the last result has left."""
        await self.source.idle(PATIENCE)
        waited, missing = 0, len(self.expected)
        while self.expected:
            waited = 0 if len(self.expected) < missing else waited + 1
            missing = len(self.expected)
            assert waited <= PATIENCE, f"m_axis: no result for {PATIENCE} cycles, {missing} are still to come"
            await RisingEdge(self.dut.clk_i)

    def complete(self, wanted: int) -> None:
        """End of test: every result of every lane was compared. wanted: vectors, to which several lanes may add."""
        lanes = self.traits.rules.lanes
        assert len(self.sent) == wanted or (lanes > 1 and len(self.sent) > wanted), f"{len(self.sent)} of {wanted}"
        self.scoreboard.finish(len(self.sent) // lanes)

    def check_latency(self, taken: Sequence[int]) -> None:
        """Every result left as many cycles after its input was taken as the description says."""
        stated, came = self.traits.latency, len(self.monitor.cycles)
        assert came == len(taken), f"{len(taken)} inputs gave {came} results"
        delays = sorted({out - cycle for cycle, out in zip(taken, self.monitor.cycles, strict=True)})
        assert delays == [stated], f"results come {delays} cycles after their inputs, the description says {stated}"


async def _start(dut: HierarchyObject) -> MulQuantBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = MulQuantBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Corner vectors in every configuration."""
    bench = await _start(dut)
    for config in bench.configs:
        await bench.run(config, bench.supply.corners(200))
    bench.complete(len(bench.sent))


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random vectors in every configuration."""
    bench = await _start(dut)
    for config in bench.configs:
        await bench.run(config, bench.supply.usual(400))
    bench.complete(len(bench.sent))


@cocotb.test()
@reported
async def stalls(dut: HierarchyObject) -> None:
    """Random vectors behind back-pressure on both sides, every pair of profiles."""
    bench = await _start(dut)
    count = 60
    for stall_in in PROFILES:
        for stall_out in PROFILES:
            bench.stall(stall_in, stall_out)
            config = bench.rng.choice(bench.configs)
            await bench.run(config, bench.supply.usual(count))
    bench.complete(count * len(PROFILES) ** 2)


@cocotb.test()
@reported
async def pairs(dut: HierarchyObject) -> None:
    """Two scaled operands in one result: corners, then pairs among single vectors, then with gaps inside pairs."""
    bench = await _start(dut)
    sent: list[Item] = []
    for config in one_of_each_mode(bench.configs):  # each mode, each range
        items = [*bench.supply.pairs(), *bench.supply.mixed(60)]
        await bench.run(config, items)
        sent += items
    last = [vector is item[-1] for item in sent for vector in item]
    taken = [cycle for cycle, end in zip(bench.taken.cycles, last, strict=True) if end]
    bench.check_latency(taken)
    count = 60
    for stall_in, stall_out in product(PROFILES, PROFILES):
        bench.stall(stall_in, stall_out)
        await bench.run(bench.rng.choice(bench.configs), bench.supply.mixed(count))
    bench.complete(len(sent) + count * len(PROFILES) ** 2)


@cocotb.test()
@reported
async def latency(dut: HierarchyObject) -> None:
    """Without stalls every result leaves exactly `latency` cycles after its input was taken."""
    bench = await _start(dut)
    await bench.run(bench.configs[0], islice(bench.supply.endless(), 50))
    if bench.traits.fixed_latency:
        check_fixed_latency(bench.scoreboard.compared_pairs(), bench.traits)
    bench.complete(50)
    bench.check_latency(bench.taken.cycles)


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset with results inside, or inside a pair, drops them; what comes after is right and complete."""
    bench = await _start(dut)
    vectors = bench.supply.endless()
    lanes = bench.traits.rules.lanes
    await bench.fill(lambda: bench.source.append(bench.word(next(vectors)[0] for _ in range(lanes))), PATIENCE)
    await bench.reset()
    bench.coverage.hit("reset", "reset with results inside")
    bench.stall("none", "none")
    config, count = bench.configs[1 % len(bench.configs)], 100
    if bench.traits.has("pairs"):
        for waited in range(
            max(SETTLE, bench.traits.latency or 0)
        ):  # the first operand has come a stage further each time
            bench.source.append(bench.pack(bench.supply.usual(1)[0][0]), user=1)
            await bench.source.idle(PATIENCE)
            for _ in range(waited):
                await RisingEdge(bench.dut.clk_i)
            await bench.reset()
            bench.coverage.hit("reset", "reset inside a pair")
            await bench.run(config, bench.supply.usual(2))
            count += 2
    await bench.run(config, bench.supply.usual(100))
    bench.complete(count)
