"""Bench of rtl/mac_pe.v: every output in every cycle against golden's gemm and the header's delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from t2c.golden.arithmetic.gemm import gemm
from t2c.tb.components.corner_values import near_powers
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.mac_pe.classes import Seen, classes, cover_unit
from t2c.tb.units.partial_sums import partial_sum
from t2c.tb.units.systolic_array.tile import pack
from t2c.tb.units.unit_settings import UnitSettings

END = {"": 0, "lowest": -1, "highest": 1}
"""Which end of PSUM_W a sum comes to."""


@dataclass(frozen=True, kw_only=True)
class ElementInput:
    """What comes from the west and waits in the north. end: of PSUM_W, that the sums with it come to, if one."""

    a: int
    swap: bool
    words: tuple[int, ...]
    end: str = ""


class ElementBench(CycleBench):
    """The element, one column or two, beside golden's products."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.a_w, self.w_w, self.psum_w = unit["A_W"], unit["W_W"], unit["PSUM_W"]
        self.columns = unit["PACK"]
        self.operands: list[ElementInput] = []
        self.weights: list[tuple[int, ...] | None] = []
        self.psums: list[tuple[int, ...]] = []

    def words(self) -> tuple[int, ...]:
        half = 1 << (self.w_w - 1)
        return tuple(self.rng.randrange(-half, half) for _ in range(self.columns))

    def operand(self, swap: float) -> ElementInput:
        """Random data; swap: how likely."""
        half = 1 << (self.a_w - 1)
        return ElementInput(a=self.rng.randrange(-half, half), swap=self.rng.random() < swap, words=self.words())

    def product(self, cycle: int, column: int) -> int | None:
        """Golden's, of the operand of a cycle; None before the first swap."""
        if cycle < 0:
            return None
        weights = self.weights[cycle]
        if weights is None:
            return None
        return int(gemm(np.array([[self.operands[cycle].a]]), np.array([[weights[column]]]))[0, 0])

    async def give(self, operands: Sequence[ElementInput]) -> None:
        """Drive operands, one a cycle; then three more, in which the last one's sums come."""
        cycles, seen = [], []
        for operand in [*operands, *(self.operand(0) for _ in range(2 + self.columns))]:
            now = len(self.operands)
            before = self.weights[-1] if self.weights else None
            self.operands.append(operand)
            self.weights.append(operand.words if operand.swap else before)
            added = [self.product(now - 2 - column, column) for column in range(self.columns)]
            ends = [END[self.operands[now - 2 - k].end] if now >= 2 + k else 0 for k in range(self.columns)]
            self.psums.append(
                tuple(partial_sum(self.rng, self.psum_w, *each) for each in zip(added, ends, strict=True))
            )
            inputs = {
                "a_i": operand.a % (1 << self.a_w),
                "swap_i": int(operand.swap),
                "w_i": pack(operand.words, self.w_w),
                "psum_i": pack(self.psums[-1], self.psum_w),
            }
            cycles.append(ClockCycle(inputs=inputs, expected=self.expected(now)))
            seen.append(
                Seen(
                    a=operand.a,
                    swap=operand.swap,
                    weights=self.weights[-1],
                    psums=self.psums[-1],
                    products=tuple(added),
                )
            )
        await self.run(cycles, classes(seen, self.a_w, self.w_w, self.columns))

    def expected(self, cycle: int) -> dict[str, int]:
        """The outputs in a cycle, as far as they are known."""
        found = {}
        if cycle >= self.columns:
            found["a_o"] = self.operands[cycle - self.columns].a % (1 << self.a_w)
        products = [self.product(cycle - 3 - column, column) for column in range(self.columns)]
        known = [one for one in products if one is not None]
        if len(known) == self.columns:
            sums = [psum + one for psum, one in zip(self.psums[cycle - 1], known, strict=True)]
            found["psum_o"] = pack(sums, self.psum_w)
        return found


async def _start(dut: HierarchyObject) -> ElementBench:
    bench = ElementBench(dut, UnitSettings.from_environment())
    await bench.begin({name: 0 for name in ("a_i", "swap_i", "w_i", "psum_i")})
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Every pair of operand and weight corners, in each column beside any in the other; sums reach both ends."""
    bench = await _start(dut)
    operands = []
    for words in product(near_powers(bench.w_w), repeat=bench.columns):
        values = near_powers(bench.a_w)
        ends = tuple(END) if bench.columns == 1 else (bench.rng.choice(tuple(END)),)
        for number, (a, end) in enumerate(product(values, ends)):
            operands.append(ElementInput(a=a, swap=number == 0, words=words if number == 0 else bench.words(), end=end))
    await bench.give(operands)
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random data in every cycle; swaps rare, frequent and in every cycle. What waits without a swap is not taken."""
    bench = await _start(dut)
    for swap in (0.02, 0.1, 0.5, 1.0):
        await bench.give([bench.operand(swap) for _ in range(400)])
    bench.finish()
