"""What benches of units without back-pressure have in common: inputs cycle by cycle, all outputs against a model."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from t2c.tb.components.bins import Classes, Coverage
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2
Seen = TypeVar("Seen")
Ports = Mapping[str, int]
"""Port -> its bits as an unsigned integer."""


@dataclass(frozen=True, kw_only=True)
class ClockCycle:
    """One clock cycle that is looked at.

    inputs: what is driven; a port that is not in it keeps its value. expected: what outputs must be before the edge
    that ends it; one that is not in it may be anything, unknown too. note: where in its work the unit is. skipped:
    cycles after this one that pass under the same inputs and that nobody looks at.
    """

    inputs: Ports
    expected: Ports
    note: str = ""
    skipped: int = 0


class CycleBench:
    """The unit with a process that drives its inputs and compares its outputs; subclasses make the cycles.

    The comparisons of a test are its cycles: one input of the classes for each.
    """

    def __init__(self, dut: HierarchyObject, unit: UnitSettings, coverage: Coverage) -> None:
        self.dut: Any = dut
        self.unit = unit
        self.rng = random.Random(unit.seed)
        self.coverage = coverage
        self.inputs = Inputs(coverage)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs)
        self._sent: list[ClockCycle] = []
        self._driven: dict[str, int] = {}

    def describe(self, index: int, expected: Mapping[str, int | str], actual: Mapping[str, int | str]) -> str:
        """The first outputs that differ, where that is, and the inputs of the cycle."""
        cycle = self._sent[index]
        differ = [name for name in expected if expected[name] != actual[name]]
        wrong = ", ".join(f"{name}: expected {_text(expected[name])}, actual {_text(actual[name])}" for name in differ)
        inputs = ", ".join(f"{name} = {value:#x}" for name, value in cycle.inputs.items())
        return f"cycle {index}{f' ({cycle.note})' if cycle.note else ''}: {wrong}; {inputs}"

    async def begin(self, idle: Ports) -> None:
        """Start the clock under these inputs."""
        self.drive(idle)
        Clock(self.dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
        await RisingEdge(self.dut.clk_i)

    def drive(self, inputs: Ports) -> None:
        """Drive what changes."""
        for name, value in inputs.items():
            if self._driven.get(name) != value:
                getattr(self.dut, name).value = value
                self._driven[name] = value

    async def run(self, cycles: Sequence[ClockCycle], classes: Classes) -> None:
        """Drive all cycles and compare.

        Args:
            cycles: from the next one on.
            classes: of the cycles, all of them.
        """
        dut = self.dut
        self._sent += cycles
        self.inputs.add(classes)
        for cycle in cycles:
            self.drive(cycle.inputs)
            await FallingEdge(dut.clk_i)
            self.scoreboard.compare(self.actual(cycle.expected), dict(cycle.expected), dut._log)
            if cycle.skipped:
                await Timer(cycle.skipped * PERIOD_NS, "ns")
            await RisingEdge(dut.clk_i)

    def actual(self, names: Iterable[str]) -> dict[str, int | str]:
        """The outputs of these names; the bits of one that is not wholly known."""
        found: dict[str, int | str] = {}
        for name in names:
            value = getattr(self.dut, name).value
            found[name] = int(value) if value.is_resolvable else str(value)
        return found

    def finish(self) -> None:
        """End of the test: every cycle was compared, and all agreed."""
        self.scoreboard.finish(len(self._sent))


class CollectingBench(CycleBench, ABC, Generic[Seen]):
    """A bench that collects cycles, each with what its classes look at, and drives them at `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings, coverage: Coverage) -> None:
        super().__init__(dut, unit, coverage)
        self.cycles: list[ClockCycle] = []
        self.seen: list[Seen] = []

    @abstractmethod
    def classes_of(self, seen: Sequence[Seen]) -> Classes:
        """Classes of cycles, from what was seen of each."""

    async def go(self) -> None:
        """Drive what has been collected."""
        cycles, self.cycles = self.cycles, []
        seen, self.seen = self.seen, []
        await self.run(cycles, self.classes_of(seen))

    async def unseen(self, inputs: Ports, seen: Seen) -> None:
        """One cycle whose outputs nobody looks at."""
        await self.run([ClockCycle(inputs=inputs, expected={})], self.classes_of([seen]))


def _text(value: int | str) -> str:
    return f"{value:#x}" if isinstance(value, int) else f"{value} (unknown)"
