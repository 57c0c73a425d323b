"""Bench of a processing element, ours or anybody's: every output in every cycle against what its class computes.

The class is that of the module under test; everything else of the bench is the same for all elements.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from t2c.contract.element_rtl import MODULE
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.columns import find_element
from t2c.golden.elements.element import ELEMENTS, Element
from t2c.golden.elements.mac import Mac
from t2c.tb.components.bins import BoolArray, Classes, Coverage, after, names
from t2c.tb.components.corner_values import near_powers
from t2c.tb.components.element_rules import legal_weights
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.partial_sums import partial_sum
from t2c.tb.units.systolic_array.tile import pack
from t2c.tb.units.unit_settings import UnitSettings

ELEMENT = "T2C_ELEMENT"
"""Environment variable: the element's name or file, where the module's name does not tell."""
CORNERS, DRAWS, REPEATS = 1500, 400, 24
"""Cycles of corners at most, and of each kind of random data; operands by which each weight is tried."""


def element_of(module: str) -> Element:
    """The element of a module.

    Raises:
        UserError: there is none.
    """
    if given := os.environ.get(ELEMENT):
        return find_element(given)
    if module == MODULE:
        return Mac()
    kinds = (ELEMENTS.find(name) for name in ELEMENTS.names())
    (found,) = (kind for kind in kinds if kind and kind.module == module)
    return found()


@dataclass(frozen=True, kw_only=True)
class Given:
    """What comes from the west, and the place of the weights that wait. end: of PSUM_W, which the sum comes to."""

    a: tuple[int, ...]
    swap: bool
    weights: int
    end: int = 0


@dataclass(frozen=True, kw_only=True)
class ElementCycle:
    """One cycle: what was given; in_use: the place of the weights for it, None before the first swap; psum; added: what
    the element adds to it, None where that is unknown."""

    given: Given
    in_use: int | None
    psum: int
    added: int | None


class ProcessingElementBench(CycleBench):
    """The element beside its class."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.element = element_of(dut._name)
        self.a_w, self.w_w, self.psum_w = unit["A_W"], unit["W_W"], unit["PSUM_W"]
        self.weights, _ = legal_weights(self.element, self.w_w, np.random.default_rng(unit.seed))
        self.codes = self.element.encode(self.weights, self.w_w)
        super().__init__(dut, unit, cover_element(self.element, self.a_w, self.w_w))
        self.given: list[Given] = []
        self.in_use: list[int | None] = []
        self.psums: list[int] = []

    def operand(self) -> int:
        half = 1 << (self.a_w - 1)
        return self.rng.choice((self.rng.randrange(-half, half), self.rng.choice((-half, -1, 0, 1, half - 1))))

    def draw(self, swap: float) -> Given:
        """Random operands and weights; swap: how likely."""
        a = tuple(self.operand() for _ in range(self.element.span))
        return Given(a=a, swap=self.rng.random() < swap, weights=self.rng.randrange(len(self.weights)))

    def added(self, cycle: int) -> int | None:
        """What the class makes of the operands of a cycle; None before the first swap."""
        place = self.in_use[cycle] if cycle >= 0 else None
        if place is None:
            return None
        return int(self.element.sums(np.array(self.given[cycle].a, dtype=np.int64), self.weights[place]))

    async def give(self, inputs: Sequence[Given]) -> None:
        """Drive operands, one cycle each; then three more, in which the last one's sum comes."""
        cycles, seen = [], []
        for given in [*inputs, *(self.draw(0) for _ in range(3))]:
            now = len(self.given)
            self.given.append(given)
            self.in_use.append(given.weights if given.swap else (self.in_use[-1] if self.in_use else None))
            added = self.added(now - 2)
            self.psums.append(partial_sum(self.rng, self.psum_w, added, self.given[now - 2].end if now >= 2 else 0))
            ports = {
                "a_i": pack(given.a, self.a_w),
                "swap_i": int(given.swap),
                "w_i": int(self.codes[given.weights]),
                "psum_i": self.psums[-1] % (1 << self.psum_w),
            }
            cycles.append(ClockCycle(inputs=ports, expected=self.expected(now)))
            seen.append(ElementCycle(given=given, in_use=self.in_use[-1], psum=self.psums[-1], added=added))
        await self.run(cycles, classes(seen, self.element, self.weights, self.a_w, self.w_w))

    def expected(self, cycle: int) -> dict[str, int]:
        """The outputs in a cycle, as far as they are known."""
        found = {"a_o": pack(self.given[cycle - 1].a, self.a_w)} if cycle else {}
        added = self.added(cycle - 3)
        if added is not None:
            found["psum_o"] = (self.psums[cycle - 1] + added) % (1 << self.psum_w)
        return found


def classes(seen: Sequence[ElementCycle], element: Element, weights: IntArray, a_w: int, w_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: the cycles as they went.
        element, a_w, w_w: what is under test.
        weights: that `Given` and `ElementCycle` have the places of, (count, span).
    """
    swap = np.array([cycle.given.swap for cycle in seen], dtype=bool)
    used = np.array([cycle.in_use is not None for cycle in seen], dtype=bool)
    places = [cycle.in_use or 0 for cycle in seen]
    held = weights[places] if len(seen) else np.zeros((0, element.span), dtype=np.int64)
    codes = element.encode(held, w_w) if len(seen) else np.zeros(0, dtype=np.int64)
    a = np.array([cycle.given.a for cycle in seen], dtype=np.int64).reshape(len(seen), element.span)
    psum = np.array([cycle.psum for cycle in seen], dtype=np.int64)
    known = np.array([cycle.added is not None for cycle in seen], dtype=bool)
    added = np.array([cycle.added or 0 for cycle in seen], dtype=np.int64)
    half = 1 << (a_w - 1)
    found: dict[str, dict[str, BoolArray]] = {
        "control": {"swap": swap, "swap after a swap": swap & after(swap), "no swap": ~swap, "no weights yet": ~used},
        "sum": {
            "adds 0": known & (added == 0),
            "adds less than 0": known & (added < 0),
            "adds more than 0": known & (added > 0),
            "partial sum below 0": psum < 0,
            "partial sum 0": psum == 0,
            "partial sum above 0": psum > 0,
            "the sum changes its sign": known & ((psum < 0) != (psum + added < 0)),
        },
        "code": {
            f"bit {bit} of the code {value}": used & ((codes >> bit & 1) == value)
            for bit, value in product(range(element.code_bits(w_w)), (0, 1))
        },
    }
    for lane in range(element.span):
        found[f"operand {lane}"] = {
            f"operand {lane} most negative": a[:, lane] == -half,
            f"operand {lane} largest": a[:, lane] == half - 1,
            f"operand {lane} 0": a[:, lane] == 0,
        }
        found[f"weight {lane}"] = {
            f"weight {lane} below 0": used & (held[:, lane] < 0),
            f"weight {lane} 0": used & (held[:, lane] == 0),
            f"weight {lane} above 0": used & (held[:, lane] > 0),
        }
    return found


def cover_element(element: Element, a_w: int, w_w: int) -> Coverage:
    """All bins of an element."""
    return Coverage(names(classes((), element, np.zeros((1, element.span), dtype=np.int64), a_w, w_w)))


async def _start(dut: HierarchyObject) -> ProcessingElementBench:
    bench = ProcessingElementBench(dut, UnitSettings.from_environment())
    await bench.begin({name: 0 for name in ("a_i", "swap_i", "w_i", "psum_i")})
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Weights and operands at their corners; sums at both ends of PSUM_W."""
    bench = await _start(dut)
    corner = near_powers(bench.a_w)
    places = list(range(len(bench.weights)))
    if len(places) > CORNERS // REPEATS:
        largest = np.argsort(-np.abs(bench.weights).sum(axis=1), kind="stable")[: CORNERS // REPEATS // 2]
        places = [*largest.tolist(), *bench.rng.sample(places, CORNERS // REPEATS // 2)]
    span, given = bench.element.span, []
    ends = [(value,) * span for value in (corner[0], corner[-1])]
    for place in places:
        signs = np.where(bench.weights[place] < 0, corner[0], corner[-1])
        most = [tuple(signs.tolist()), tuple((-signs - (signs < 0)).clip(corner[0], corner[-1]).tolist())]
        drawn = [tuple(bench.rng.choice(corner) for _ in range(span)) for _ in range(REPEATS - len(ends) - len(most))]
        if span == 1 and len(bench.weights) * len(corner) <= CORNERS:
            drawn = [(value,) for value in corner]
        for number, a in enumerate([*most, *ends, *drawn]):
            end = bench.rng.choice((-1, 0, 1))
            given.append(Given(a=a, swap=number == 0, weights=place, end=end))
    await bench.give(given)
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random data in every cycle; swaps rare, frequent and in every cycle. What waits without a swap is not taken."""
    bench = await _start(dut)
    for swap in (0.02, 0.1, 0.5, 1.0):
        await bench.give([bench.draw(swap) for _ in range(DRAWS)])
    bench.finish()
