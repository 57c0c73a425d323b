"""What the benches of delay_line and skew share: lanes, each a queue of its own length, every cycle compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes, Coverage, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.unit_settings import UnitSettings

KINDS = ("words pass", "cleared by a reset", "words that a reset leaves alone", "nothing is known yet")


def line_classes(kinds: Sequence[str], lowest: Sequence[int], bits: int) -> Classes:
    """Which cycles are in which class. kinds: one of KINDS each; lowest: first lane that comes out; bits: of a lane."""
    kind, values = np.array(kinds, dtype=object), np.array(lowest, dtype=np.int64)
    passing = np.array(kind == KINDS[0], dtype=bool)
    return {
        "lanes": {name: np.array(kind == name, dtype=bool) for name in KINDS},
        "word": bit_classes("word", values, bits, passing),
    }


class LineBench(CycleBench):
    """Lanes of `bits` bits beside queues of these lengths; resets: a reset clears them. ports: in and out."""

    def __init__(
        self, dut: HierarchyObject, unit: UnitSettings, depths: Sequence[int], resets: bool, ports: tuple[str, str]
    ) -> None:
        self.depths, self.resets, self.bits, self.ports = depths, resets, unit["W"], ports
        coverage = Coverage(names(line_classes((), (), self.bits)))
        if not resets or not any(depths):
            coverage.exclude("lanes", KINDS[1], "there is nothing that a reset clears")
        if resets or not any(depths):
            coverage.exclude("lanes", KINDS[2], "there is nothing that a reset leaves alone")
        if not any(depths):
            coverage.exclude("lanes", KINDS[3], "it is a wire")
        super().__init__(dut, unit, coverage)
        self.queues: list[list[int | None]] = [[None] * depth for depth in depths]

    async def pass_words(self, resets: Sequence[bool]) -> None:
        """Random words in as many cycles, with a reset where it says so."""
        cycles, kinds, lowest = [], [], []
        held = 0
        for reset in resets:
            words = [self.rng.choice((0, (1 << self.bits) - 1, self.rng.getrandbits(self.bits))) for _ in self.depths]
            out = [queue[0] if queue else word for queue, word in zip(self.queues, words, strict=True)]
            inputs = {"rst_ni": int(not reset), self.ports[0]: self.packed(words)}
            known = [word for word in out if word is not None]
            expected = {self.ports[1]: self.packed(known)} if len(known) == len(out) else {}
            cycles.append(ClockCycle(inputs=inputs, expected=expected))
            kinds.append(KINDS[3] if not expected else KINDS[0] if not held else KINDS[1 if self.resets else 2])
            lowest.append(out[0] or 0)
            self.queues = [[*queue[1:], word] if queue else [] for queue, word in zip(self.queues, words, strict=True)]
            held = max(self.depths) if reset else max(0, held - 1)
            if reset and self.resets:
                self.queues = [[0] * depth for depth in self.depths]
        await self.run(cycles, line_classes(kinds, lowest, self.bits))

    def packed(self, words: Sequence[int]) -> int:
        """All lanes side by side, the first lowest."""
        return sum(word << (self.bits * k) for k, word in enumerate(words))

    async def words_test(self) -> None:
        """Words in every cycle, from power-up on, and through a reset."""
        await self.begin({"rst_ni": 1, self.ports[0]: 0})
        self.queues = [[None] * depth for depth in self.depths]
        await self.pass_words([False] * (max(self.depths) + 3) + [True] + [False] * 300)
        self.finish()

    async def reset_test(self) -> None:
        """Resets of one cycle and more, at random."""
        await self.begin({"rst_ni": 0, self.ports[0]: 0})
        await self.pass_words([self.rng.random() < 0.1 for _ in range(600)])
        self.finish()
