"""Bench of rtl/operand_mover.v between a memory whose words are drawn and the weight rows that it writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cocotb
from cocotb.handle import HierarchyObject
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from t2c.tb.components.bins import Classes
from t2c.tb.components.corner_values import draw
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import PERIOD_NS, ClockCycle, CollectingBench
from t2c.tb.units.operand_mover.classes import AFTER, MoveSeen, classes, cover_unit, longest
from t2c.tb.units.operand_mover.model import MovedRow, MoveStep, row
from t2c.tb.units.unit_settings import UnitSettings

TOP = (1 << 16) - 1
"""Largest count."""
MANY = 64
"""Rows from which on a step takes so long that few are tried."""
MIX = 0x9E3779B97F4A7C15
"""An odd number whose multiples look random."""


class MoverBench(CollectingBench[MoveSeen]):
    """The mover beside its rows. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.rows, self.cols, self.x_w, self.w_w = (unit[name] for name in ("ROWS", "COLS", "X_W", "W_W"))
        self.addr_w, self.wgt_addr_w = unit["ADDR_W"], unit["WGT_ADDR_W"]
        self.key = self.rng.getrandbits(64)
        self.step: MoveStep | None = None
        self.age = 0

    # ------------------------------------------------------------------ steps
    def any_step(self, **given: int) -> MoveStep:
        """A step whose counts are given, 1 where not; everything else from its whole range."""
        rng, half = self.rng, 1 << (self.addr_w - 1)
        fields = {
            "base": draw(rng, 0, (1 << self.wgt_addr_w) - 1),
            "origin": draw(rng, -half, half - 1),
            "col_step": draw(rng, -half, half - 1),
            "tokens": draw(rng, 1, TOP),
            "lane_first": rng.randrange(self.rows) if rng.random() < 0.5 else 0,
            "lane_last": rng.randrange(self.rows) if rng.random() < 0.5 else self.rows - 1,
            **{name: rng.randrange(2) for name in ("transpose", "x_signed")},
            **dict.fromkeys(("ch_words", "k_tiles", "col_tiles"), 1),
        }
        return MoveStep(rows=self.rows, cols=self.cols, **{**fields, **given})  # type: ignore[arg-type]

    def whole_step(self, **given: int) -> MoveStep:
        """A step that moves all of some tokens, as a compiler would; sometimes a tile more or less."""
        rng = self.rng
        tokens, ch_words = rng.randint(1, 3 * self.rows), rng.randint(1, 3)
        if self.rows >= MANY:
            tokens, ch_words = min(tokens, self.rows), 1
        transpose = given.get("transpose", rng.randrange(2))
        k_tiles, col_tiles = (
            (ch_words, -(-tokens // self.cols)) if transpose else (-(-tokens // self.rows), ch_words * self._groups)
        )
        if rng.random() < 0.3:
            k_tiles, col_tiles = (max(1, count + rng.randint(-1, 1)) for count in (k_tiles, col_tiles))
        counts = {"tokens": tokens, "ch_words": ch_words, "k_tiles": k_tiles, "col_tiles": col_tiles}
        return self.any_step(**{"transpose": transpose, **counts, **given})

    @property
    def _groups(self) -> int:
        return self.rows // self.cols

    def ports(self, step: MoveStep) -> dict[str, int]:
        """The descriptor as the unit gets it."""
        plain = ("base", "tokens", "ch_words", "k_tiles", "col_tiles", "lane_first", "lane_last")
        return {
            **{f"{name}_i": getattr(step, name) for name in plain},
            **{f"{name}_i": getattr(step, name) % (1 << self.addr_w) for name in ("origin", "col_step")},
            **{f"{name}_i": int(getattr(step, name)) for name in ("transpose", "x_signed")},
        }

    # ------------------------------------------------------------------ memory
    def content(self, bank: int, address: int) -> int:
        """A word of the activation memory: X_W bits."""
        mixed = ((address << 8 | bank) + self.key) * MIX
        return (mixed ^ mixed >> 29) * MIX >> 40 & ((1 << self.x_w) - 1)

    def read(self, addresses: int) -> int:
        """What the memory gives for ROWS addresses."""
        words = 0
        for bank in range(self.rows):
            address = addresses >> (bank * self.addr_w) & ((1 << self.addr_w) - 1)
            words |= self.content(bank, address) << (bank * self.x_w)
        return words

    def weights(self, at: MovedRow) -> int:
        """A weight row."""
        mask, found = (1 << self.w_w) - 1, 0
        for column, source in enumerate(at.sources):
            if source.exists:
                value = self.content(source.bank, source.address % (1 << self.addr_w))
                if at.step.x_signed and value >> (self.x_w - 1):
                    value -= 1 << self.x_w
                found |= (value & mask) << (column * self.w_w)
        return found

    async def run(self, cycles: Sequence[ClockCycle], classes: Classes) -> None:
        """As that of any bench, with the memory, which answers a cycle after its address."""
        dut = self.dut
        self._sent += cycles
        self.inputs.add(classes)
        for cycle in cycles:
            self.drive(cycle.inputs)
            await FallingEdge(dut.clk_i)
            self.scoreboard.compare(self.actual(cycle.expected), dict(cycle.expected), dut._log)
            addresses = dut.raddr_o.value
            word = self.read(int(addresses)) if addresses.is_resolvable else self.rng.getrandbits(self.rows * self.x_w)
            if cycle.skipped:
                await Timer(cycle.skipped * PERIOD_NS, "ns")
            await RisingEdge(dut.clk_i)
            self.drive({"rdata_i": word})

    # ------------------------------------------------------------------ cycles
    @property
    def at(self) -> MovedRow | None:
        """The row that is written in this cycle."""
        if self.step is None or not 0 <= self.age - self.step.first < self.step.moved:
            return None
        return row(self.step, self.age - self.step.first)

    @property
    def busy(self) -> bool:
        """A step runs, its last row apart."""
        return self.step is not None and self.age < self.step.first + self.step.moved - 1

    def _add(
        self, inputs: dict[str, int], at: MovedRow | None, note: str = "", *, skipped: int = 0, blind: bool = False
    ) -> None:
        expected = {"busy_o": int(self.busy), "we_o": int(at is not None), "done_o": 0}
        if at:
            expected |= {"waddr_o": at.address % (1 << self.wgt_addr_w), "wdata_o": self.weights(at)}
            expected["done_o"] = int(self.age - at.step.first == at.step.moved - 1)
        if blind:
            expected.pop("wdata_o", None)
        self.seen.append(MoveSeen(at=None if blind else at))
        note = note or str(at or "")
        self.cycles.append(ClockCycle(inputs=inputs, expected=expected, note=note, skipped=skipped))
        self.age += 1 + skipped

    def start(self, step: MoveStep) -> None:
        """The cycle of start_i; no step runs."""
        self._add({**self.ports(step), "start_i": 1, "rst_ni": 1}, None, "start")
        self.step, self.age = step, 1

    def cycle(self, *, reset: bool = False, skipped: int = 0, blind: bool = False) -> None:
        """One cycle, and `skipped` more under the same inputs; after a step the descriptor is noise.

        The memory does not answer in skipped cycles: blind are those after them in which rows come of what it said.
        """
        at = self.at
        inputs = {"start_i": 0, "rst_ni": int(not reset)}
        if not at and not self.busy:
            inputs |= self.ports(self.any_step())
        self._add(inputs, at, skipped=skipped, blind=blind)
        if reset:
            self.step = None

    def whole(self, step: MoveStep, idle: int = 0) -> None:
        """A step from its start to its last row, and idle cycles under noise."""
        self.start(step)
        while self.busy:
            self.cycle()
        for _ in range(1 + idle):
            self.cycle()

    def sparse(self, step: MoveStep, tiles: Iterable[int]) -> None:
        """A step of which only these tiles and the last one are looked at."""
        self.start(step)
        warm = self.rows + self.cols + step.first
        last = step.moved // self.rows - 1
        for tile in sorted({last, *(tile for tile in tiles if 0 <= tile < last)}):
            begin = step.first + tile * self.rows
            if begin - warm > self.age:
                self.cycle(skipped=begin - warm - self.age - 1, blind=True)
            while self.age < begin + self.rows:
                self.cycle(blind=self.age < begin)
        self.cycle()

    def classes_of(self, seen: Sequence[MoveSeen]) -> Classes:
        return classes(seen, self.rows, self.cols, self.addr_w, self.wgt_addr_w)


async def _start(dut: HierarchyObject) -> MoverBench:
    bench = MoverBench(dut, UnitSettings.from_environment())
    await bench.begin(bench.ports(bench.any_step()) | {"start_i": 0, "rst_ni": 0, "rdata_i": 0})
    await bench.unseen({"rst_ni": 0}, MoveSeen(at=None))
    bench.cycle()
    return bench


def _fewer(bench: MoverBench, steps: int) -> int:
    """As many steps as take the time of that many on four rows; a few at least, and two of many rows."""
    return 2 if bench.rows >= MANY else max(8, steps * 16 // bench.rows**2)


@cocotb.test()
@reported
async def tiles(dut: HierarchyObject) -> None:
    """Steps of few tiles of both ways, every other field from its whole range."""
    bench = await _start(dut)
    for index in range(_fewer(bench, 60)):
        bench.whole(bench.whole_step(transpose=index % 2), bench.rng.randrange(2))
    for transpose in (0, 1):
        bench.whole(bench.any_step(transpose=transpose))
        bench.whole(bench.whole_step(transpose=transpose, col_step=0))
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def lanes(dut: HierarchyObject) -> None:
    """Every first and every last bank of an operand, of one, two and three channel words, and none at all."""
    bench = await _start(dut)
    few: Iterable[int] = range(bench.rows) if bench.rows <= 8 else (0, 1, bench.rows // 2, bench.rows - 1)
    for transpose in (0, 1):
        for first in few:
            for last in few:
                words = 1 if bench.rows >= MANY else 1 + (first + last) % 3
                count = (words, 1) if transpose else (1, words * bench.rows // bench.cols)
                tiles = dict(zip(("k_tiles", "col_tiles"), count, strict=True))
                bench.whole(
                    bench.any_step(transpose=transpose, ch_words=words, lane_first=first, lane_last=last, **tiles)
                )
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def counters(dut: HierarchyObject) -> None:
    """Each counter as far as `longest` rows reach, and tokens that end around powers of two."""
    bench = await _start(dut)
    rng, rows, cols = bench.rng, bench.rows, bench.cols
    most = min(TOP, longest(rows) // rows)
    around = {(1 << power) + d for power in range(17) for d in (-1, 0, 1)}
    ends = {(1 << power) // each + d for power in range(17) for each in (rows, cols) for d in (-1, 0)}
    for transpose in (0, 1):
        bench.sparse(bench.any_step(transpose=transpose, ch_words=most, tokens=TOP, k_tiles=most), around | ends)
        bench.sparse(bench.any_step(transpose=transpose, ch_words=most, tokens=TOP, col_tiles=most), around | ends)
        # Counts that are all ones or nearly, to the last word; banks are left out of the first and of the last one.
        inner = {"lane_first": rng.randrange(1, rows), "lane_last": rng.randrange(rows - 1), "tokens": TOP}
        full, counted = (1 << most.bit_length() - 1) - 1, "k_tiles" if transpose else "col_tiles"
        for count in (full, full - 1):
            words, groups = (count, 1) if transpose else (-(-count // (rows // cols)), rows // cols)
            step = bench.any_step(transpose=transpose, ch_words=words, **inner, **{counted: count})
            bench.sparse(step, range(count - groups, count))
    for power in range(17):  # tokens of which a bit alone tells whether one is left, at a second tile as at the first
        for transpose in (0, 1):
            bench.whole(bench.any_step(transpose=transpose, tokens=min(TOP, 1 << power), k_tiles=2, ch_words=2))
    for power in range(2, most.bit_length() - 3):  # and to ends of both parities
        drawn = rng.randrange(1 << power, 2 << power)
        for count in (drawn, drawn ^ 1):
            near = range(count - 1, count + 2)
            bench.sparse(bench.any_step(transpose=0, tokens=count * rows - 1, k_tiles=count + 1), near)
            bench.sparse(bench.any_step(transpose=1, tokens=count * cols - 1, col_tiles=count + 1), near)
            beside = {(count - 1) ^ 1 << bit for bit in range(power + 1)}  # words that differ from the last in a bit
            # Whole words whose last one is cut: a column in which it is taken for another one differs.
            cut = {"tokens": cols, "lane_last": rng.randrange(rows - 1)}
            bench.sparse(bench.any_step(transpose=1, ch_words=count, k_tiles=count, **cut), {*near, *beside})
            words = -(-count // (rows // cols))
            bench.sparse(bench.any_step(transpose=0, ch_words=words, col_tiles=count), near)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def followers(dut: HierarchyObject) -> None:
    """A step of either way right after the last row of one of either way: nothing of the first one is left."""
    bench = await _start(dut)
    for _ in range(_fewer(bench, 20)):
        for before in (0, 1):
            for after in (0, 1):
                bench.whole(bench.whole_step(transpose=before))
                bench.whole(bench.whole_step(transpose=after))
                bench.coverage.hit("after", AFTER[2 * before + after])
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_step(dut: HierarchyObject) -> None:
    """A reset in any cycle ends the step: no row is written from then on, and the next step is as ever."""
    bench = await _start(dut)
    for index in range(_fewer(bench, 120)):
        step = bench.whole_step(transpose=index % 2)
        bench.start(step)
        for _ in range(bench.rng.randrange(step.first + step.moved)):
            bench.cycle()
        bench.cycle(reset=True)
        bench.coverage.hit("after", AFTER[4 + index % 2])
        for _ in range(bench.rng.choice((0, 0, 1, bench.cols + 4))):
            bench.cycle()
        if index % 3 == 0:
            bench.whole(bench.whole_step())
    await bench.go()
    bench.finish()
