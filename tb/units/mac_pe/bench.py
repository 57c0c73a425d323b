"""Bench of rtl/mac_pe.v: every output in every cycle against golden's gemm and the rules of the weight chain."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import FallingEdge, RisingEdge

from t2c.golden.arithmetic.gemm import gemm
from t2c.tb.components.corner_values import near_powers
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.units.mac_pe.classes import Cycle, classes, cover_unit
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """All outputs one cycle later. psum: None while no weight has been taken into use since the last reset."""

    a: int
    psum: int | None
    swap: bool
    word: int
    valid: bool


def weight_chain(cycles: Sequence[Cycle]) -> tuple[list[int | None], list[bool]]:
    """What the header of rtl/mac_pe.v says of weights: which is in use in each cycle, and which word is passed on.

    A swap without a new word keeps the weight. A reset forgets both the word that is kept and the weight in use.
    """
    weights: list[int | None] = []
    passed: list[bool] = []
    in_use: int | None = None
    kept: int | None = None
    for cycle in cycles:
        if cycle.swap and kept is not None:
            in_use, kept = kept, None
        weights.append(in_use)
        passed.append(cycle.valid and kept is not None)
        if cycle.valid and kept is None:
            kept = cycle.word
        if cycle.reset:
            in_use = kept = None
    return weights, passed


def expected(cycles: Sequence[Cycle]) -> list[Outputs]:
    """All outputs of each cycle: golden's product with the weight in use, added to the partial sum."""
    weights, passed = weight_chain(cycles)
    operands = np.array([[cycle.a] for cycle in cycles])
    found = []
    products = {weight: gemm(operands, np.array([[weight]]))[:, 0] for weight in set(weights) - {None}}
    for index, (cycle, weight, south) in enumerate(zip(cycles, weights, passed, strict=True)):
        psum = None if weight is None else cycle.psum + int(products[weight][index])
        running = not cycle.reset
        found.append(
            Outputs(a=cycle.a, psum=psum, swap=cycle.swap and running, word=cycle.word, valid=south and running)
        )
    return found


class ElementBench:
    """The element with a process that drives its inputs and compares its outputs, cycle by cycle."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.rng = random.Random(unit.seed)
        self.a_w, self.w_w, self.psum_w = unit["A_W"], unit["W_W"], unit["PSUM_W"]
        self.sent: list[Cycle] = []
        self.inputs = Inputs(cover_unit(unit.parameters))
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs)

    def describe(self, index: int, expected: Outputs, actual: Outputs) -> str:
        return f"cycle {index}: {self.sent[index]}: expected {expected}, actual {actual}"

    def word(self) -> int:
        return self.rng.randrange(1 << self.w_w) - (1 << (self.w_w - 1))

    def random_cycle(self, swap: float, valid: float) -> Cycle:
        """Random data; swap, valid: how likely. The partial sum is any to which every product can be added."""
        half, largest = 1 << (self.psum_w - 1), 1 << (self.a_w + self.w_w - 2)
        return Cycle(
            a=self.rng.randrange(1 << self.a_w) - (1 << (self.a_w - 1)),
            psum=self.rng.randint(largest - half, half - 1 - largest),
            swap=self.rng.random() < swap,
            word=self.word(),
            valid=self.rng.random() < valid,
        )

    def reset_cycles(self) -> list[Cycle]:
        """Four cycles of reset under random inputs, but for a swap, which no one gives then."""
        return [replace(self.random_cycle(0, 0.5), reset=True) for _ in range(4)]

    def load(self, weight: int) -> list[Cycle]:
        """A weight word, and a swap in the next cycle."""
        return [
            replace(self.random_cycle(0, 0), word=weight, valid=True),
            replace(self.random_cycle(0, 0), swap=True),
        ]

    async def run(self, cycles: Sequence[Cycle]) -> None:
        """Drive every cycle from a reset on, and compare what comes one cycle later."""
        dut = self.dut
        cycles = [*self.reset_cycles(), *cycles]
        outputs = expected(cycles)
        self.sent += cycles
        self.inputs.add(classes(cycles, weight_chain(cycles)[0], self.a_w, self.w_w))
        for cycle, want in zip([*cycles, Cycle()], [None, *outputs], strict=True):
            dut.rst_ni.value = int(not cycle.reset)
            dut.a_i.value = cycle.a % (1 << self.a_w)
            dut.psum_i.value = cycle.psum % (1 << self.psum_w)
            dut.swap_i.value = int(cycle.swap)
            dut.w_i.value = cycle.word % (1 << self.w_w)
            dut.w_valid_i.value = int(cycle.valid)
            await FallingEdge(dut.clk_i)
            if want is not None:
                self.scoreboard.compare(self.outputs(want), want, dut._log)
            await RisingEdge(dut.clk_i)

    def outputs(self, want: Outputs) -> Outputs:
        """All outputs as they are now; an unknown one that counts fails the test."""
        dut = self.dut
        flags = (dut.swap_o.value, dut.w_valid_o.value)
        data = [dut.a_o.value, dut.w_o.value] + ([] if want.psum is None else [dut.psum_o.value])
        for value in (*flags, *data):
            assert value.is_resolvable, f"swap_o, w_valid_o, a_o, w_o, psum_o = {(*flags, *data)}: one is unknown"
        psum = None if want.psum is None else data[2].to_signed()
        return Outputs(
            a=data[0].to_signed(), psum=psum, swap=flags[0] == 1, word=data[1].to_signed(), valid=flags[1] == 1
        )

    def finish(self) -> None:
        self.scoreboard.finish(len(self.sent))


async def _start(dut: HierarchyObject) -> ElementBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = ElementBench(dut, UnitSettings.from_environment())
    await RisingEdge(dut.clk_i)
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Every pair of operand and weight corners, with sums that reach both ends of PSUM_W."""
    bench = await _start(dut)
    lowest, highest = -(1 << (bench.psum_w - 1)), (1 << (bench.psum_w - 1)) - 1
    cycles = []
    for weight in near_powers(bench.w_w):
        cycles += bench.load(weight)
        for a, end in product(near_powers(bench.a_w), (0, lowest, highest)):
            psum = min(max(end - a * weight, lowest), highest) if end else 0
            cycles.append(Cycle(a=a, psum=psum if lowest <= psum + a * weight <= highest else 0))
    await bench.run(cycles)
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random data in every cycle, with words and swaps rare, frequent and in every cycle."""
    bench = await _start(dut)
    for swap, valid in product((0.1, 0.5, 1.0), repeat=2):
        await bench.run([bench.random_cycle(swap, valid) for _ in range(300)])
    bench.finish()


@cocotb.test()
@reported
async def chain(dut: HierarchyObject) -> None:
    """The first word after a swap is kept, all later ones pass; a word in the cycle of the swap is the next tile's."""
    bench = await _start(dut)
    cycles = []
    for _ in range(60):
        gap = bench.rng.randrange(3)
        words = [replace(bench.random_cycle(0, 0), valid=True) for _ in range(bench.rng.randint(1, 6))]
        words[0] = replace(words[0], swap=bench.rng.random() < 0.5)
        cycles += [
            *words,
            *(bench.random_cycle(0, 0) for _ in range(gap)),
            replace(bench.random_cycle(0, 0), swap=True),
        ]
    await bench.run(cycles)
    bench.finish()


@cocotb.test()
@reported
async def swap_without_a_word(dut: HierarchyObject) -> None:
    """A swap that no new word has preceded keeps the weight, once or many times."""
    bench = await _start(dut)
    cycles = []
    for swaps in (1, 2, 5):
        cycles += bench.load(bench.word())
        for _ in range(swaps):
            cycles += [bench.random_cycle(0, 0), replace(bench.random_cycle(0, 0), swap=True)]
    await bench.run(cycles)
    bench.finish()


@cocotb.test()
@reported
async def reset_with_a_word_kept(dut: HierarchyObject) -> None:
    """A reset empties the shadow: the next word is kept, not passed. The reset also ends what is on its way out."""
    bench = await _start(dut)
    for valid, swap in product((False, True), repeat=2):
        before = [*bench.load(bench.word()), *(bench.random_cycle(0, 1.0) for _ in range(2))]
        await bench.run([*before, replace(bench.random_cycle(0, 0), valid=valid, swap=swap)])
        await bench.run([*bench.load(bench.word()), *(bench.random_cycle(0, 0.5) for _ in range(4))])
    bench.finish()
