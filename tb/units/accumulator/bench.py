"""Bench of rtl/accumulator.v: every cycle against a dictionary of words and the header's formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cocotb
from cocotb.handle import HierarchyObject

from t2c.contract.pipeline import APART
from t2c.tb.components.corner_values import near_powers, telling_addresses
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.accumulator.classes import REACHED_BITS, SumSeen, classes, cover_unit
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.unit_settings import UnitSettings

EVERY_WORD = 1024
"""Largest memory of which every word is tried; of a larger one those whose address tells its bits."""


@dataclass(frozen=True, kw_only=True)
class SumToJoin:
    """A partial sum on its way to a word."""

    addr: int
    psum: int
    clear: bool = False
    maximum: bool = False


class AccumulatorBench(CycleBench):
    """The unit beside a dictionary: address -> (value, cycle of its sum)."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.psum_w, self.acc_w, self.depth = unit["PSUM_W"], unit["ACC_W"], unit["DEPTH"]
        self.low, self.high = -(1 << (self.psum_w - 1)), (1 << (self.psum_w - 1)) - 1
        self.least, self.largest = -(1 << (self.acc_w - 1)), (1 << (self.acc_w - 1)) - 1
        self.words: dict[int, tuple[int, int]] = {}
        self.time = 0
        self.out: int | None = None

    def spread(self, count: int) -> list[int]:
        """That many addresses, each with a bit that others lack; the whole memory if it has no more."""
        if count >= self.depth:
            return list(range(self.depth))
        telling = telling_addresses(self.depth)
        while len(telling) < count:
            telling.add(self.rng.randrange(self.depth))
        return sorted(self.rng.sample(sorted(telling), count))

    def psum(self) -> int:
        return self.rng.randint(self.low, self.high)

    def expected_steps(self, sums: Sequence[SumToJoin | None]) -> tuple[list[ClockCycle], list[SumSeen]]:
        """The cycles of a stream of sums, None for a cycle without one: there all inputs but valid are noise."""
        cycles, steps = [], []
        wanted = [one or self.noise() for one in sums]
        mask = (1 << self.acc_w) - 1
        for index, (real, one) in enumerate(zip(sums, wanted, strict=True)):
            after = wanted[index + 2].addr if index + 2 < len(wanted) else self.rng.randrange(self.depth)
            stored, written = self.words.get(one.addr, (None, 0))
            if one.clear or stored is None:
                value = one.psum
            else:
                value = max(stored, one.psum) if one.maximum else stored + one.psum
            steps.append(
                SumSeen(
                    **{"valid": real is not None, "clear": one.clear, "maximum": one.maximum, "addr": one.addr},
                    **{"psum": one.psum, "stored": stored, "sum": value, "since": written and self.time - written},
                )
            )
            inputs = {
                **{"raddr_i": after, "valid_i": int(real is not None), "clear_i": int(one.clear)},
                **{"max_i": int(one.maximum), "addr_i": one.addr, "psum_i": one.psum % (1 << self.psum_w)},
            }
            cycles.append(ClockCycle(inputs=inputs, expected={} if self.out is None else {"sum_o": self.out & mask}))
            self.time += 1
            if real is not None:
                assert one.clear or stored is not None, "the bench reads a word that nothing has written"
                assert self.least <= value <= self.largest, "the bench lets a sum leave ACC_W"
                self.words[one.addr] = (value, self.time - 1)
                self.out = value
        return cycles, steps

    def noise(self) -> SumToJoin:
        flag = self.rng.getrandbits
        return SumToJoin(
            addr=self.rng.randrange(self.depth), psum=self.psum(), clear=bool(flag(1)), maximum=bool(flag(1))
        )

    async def give(self, sums: Sequence[SumToJoin | None]) -> None:
        """Cycles for the first address, a stream of sums, and the cycle in which the last of them is seen."""
        cycles, steps = self.expected_steps([None, None, *self.apart(sums), None])
        await self.run(cycles, classes(steps, self.psum_w, self.acc_w, self.unit["ADDR_W"]))

    def apart(self, sums: Sequence[SumToJoin | None]) -> list[SumToJoin | None]:
        """The stream with as few cycles between as the same address needs to come again."""
        times = {addr: time for addr, (_, time) in self.words.items()}
        found: list[SumToJoin | None] = []
        for one in sums:
            if one is not None:
                now = self.time + 2 + len(found)
                wait = max(0, times.get(one.addr, now - APART) + APART - now)
                found += [None] * wait
                times[one.addr] = now + wait
            found.append(one)
        return found

    async def set(self, addr: int, value: int) -> None:
        """Bring a word to any value of ACC_W bits: it is cleared, and doubled as long as partial sums do not reach."""
        first = max(self.low, min(self.high, value))
        await self.give([SumToJoin(addr=addr, psum=first, clear=True)])
        await self.add(addr, value - first)

    async def add(self, addr: int, amount: int) -> None:
        """Add any amount, in partial sums of the largest size and a rest."""
        sums: list[SumToJoin | None] = []
        while amount:
            part = max(self.low, min(self.high, amount))
            sums.append(SumToJoin(addr=addr, psum=part))
            amount -= part
        await self.give(sums)


async def _start(dut: HierarchyObject) -> AccumulatorBench:
    bench = AccumulatorBench(dut, UnitSettings.from_environment())
    await bench.begin({name: 0 for name in ("raddr_i", "valid_i", "clear_i", "max_i", "addr_i", "psum_i")})
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Every corner of a partial sum, cleared, added to its neighbours of both signs, and held against them."""
    bench = await _start(dut)
    a, b = 0, bench.depth - 1
    values = near_powers(bench.psum_w)
    for value in values:
        sums: list[SumToJoin | None] = []
        for other in (value - 1, value, value + 1, -value, 0, -1, bench.low, bench.high):
            if bench.low <= other <= bench.high:
                sums += [
                    SumToJoin(addr=a, psum=value, clear=True),
                    SumToJoin(addr=b, psum=value, clear=True, maximum=True),
                ]
                sums += [SumToJoin(addr=a, psum=other), SumToJoin(addr=b, psum=other, maximum=True)]
        await bench.give(sums)
    bench.finish()


@cocotb.test()
@reported
async def ramps(dut: HierarchyObject) -> None:
    """Two words climb to both ends of ACC_W, cycle about; then cross 0 and are held against every partial sum."""
    bench = await _start(dut)
    up, down = 0, bench.depth - 1
    sums: list[SumToJoin | None] = [
        SumToJoin(addr=up, psum=bench.high, clear=True),
        SumToJoin(addr=down, psum=bench.low, clear=True),
    ]
    high, low = bench.high, bench.low
    reach = min(bench.largest, bench.high << REACHED_BITS)
    while high < reach:
        more, less = min(bench.high, bench.largest - high), max(bench.low, bench.least - low)
        sums += [SumToJoin(addr=up, psum=more), SumToJoin(addr=down, psum=less)]
        high, low = high + more, low + less
    for psum in (bench.low, -1, 0, bench.high):
        sums += [SumToJoin(addr=up, psum=psum, maximum=True), SumToJoin(addr=down, psum=psum, maximum=True)]
    await bench.give(sums)
    for k in range(min(bench.acc_w, bench.psum_w + 6) - 1):
        for value in (1 << k, -(1 << k), (1 << k) - 1, -(1 << k) - 1):
            await bench.set(up, value)
            await bench.give([SumToJoin(addr=up, psum=0)])
            step = bench.low if value > 0 else bench.high
            if bench.least <= value + step <= bench.largest:
                await bench.give([SumToJoin(addr=up, psum=step)])
    bench.finish()


@cocotb.test()
@reported
async def addresses(dut: HierarchyObject) -> None:
    """Every word holds a value of its own while others are written; read in another order and again later."""
    bench = await _start(dut)
    words = bench.spread(EVERY_WORD)
    await bench.give([SumToJoin(addr=addr, psum=bench.psum(), clear=True) for addr in words])
    for maximum in (False, True):
        order = bench.rng.sample(words, len(words))
        await bench.give([*(SumToJoin(addr=addr, psum=bench.psum() >> 1, maximum=maximum) for addr in order)])
    await bench.give([SumToJoin(addr=addr, psum=0) for addr in reversed(words)])
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Few words again and again, as close as allowed, with cycles between; and the usual walk of tiles over pixels."""
    bench = await _start(dut)
    words = bench.spread(min(6, bench.depth))
    await bench.give([SumToJoin(addr=addr, psum=bench.psum(), clear=True) for addr in words])
    values = {addr: bench.words[addr][0] for addr in words}
    sums: list[SumToJoin | None] = []
    for _ in range(4000):
        addr = bench.rng.choice(words)
        if bench.rng.random() < 0.2:
            sums.append(None)
            continue
        one = bench.noise()
        clear = one.clear and bench.rng.random() < 0.3
        psum = one.psum if bench.rng.random() < 0.8 else max(bench.low, min(bench.high, values[addr]))
        if not clear and not one.maximum and not bench.least <= values[addr] + psum <= bench.largest:
            psum = bench.low if values[addr] > 0 else bench.high
        one = SumToJoin(addr=addr, psum=psum, clear=clear, maximum=one.maximum)
        values[addr] = psum if clear else max(values[addr], psum) if one.maximum else values[addr] + psum
        sums.append(one)
    await bench.give(sums)
    for k_tile in range(3):
        await bench.give([SumToJoin(addr=addr, psum=bench.psum() >> 2, clear=k_tile == 0) for addr in words])
    bench.finish()
