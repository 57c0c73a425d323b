"""What the benches of units with one AXI-Stream in and one out have in common: ends, stalls, reset, waiting."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from t2c.tb.components.axi_stream import AxisMonitor, AxisSink, AxisSource
from t2c.tb.components.stalls import PROFILES, never
from t2c.tb.units.unit_settings import UnitSettings


class StreamBench:
    """The unit with a driver at s_axis, a sink at m_axis and a monitor of each; `expected` is what has yet to come."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.traits = unit.traits
        self.rng = random.Random(unit.seed)
        self.source = AxisSource(dut, "s_axis", dut.clk_i, never())
        self.sink = AxisSink(dut.m_axis_tready_i, dut.clk_i, never())
        self.taken = AxisMonitor(dut, "s_axis", dut.clk_i, outgoing=False)
        self.monitor = AxisMonitor(dut, "m_axis", dut.clk_i, outgoing=True)
        self.expected: list[Any] = []
        self.stalls = "none", "none"

    def stall(self, stall_in: str, stall_out: str) -> None:
        """Choose the back-pressure of both sides."""
        self.stalls = stall_in, stall_out
        self.source.stalls = PROFILES[stall_in].cycles(self.rng)
        self.sink.stalls = PROFILES[stall_out].cycles(self.rng)

    async def reset(self) -> None:
        """Drop what has not been taken and reset for some cycles; the monitors look on only afterwards."""
        self.taken.enabled = self.monitor.enabled = False
        self.source.drop()
        self.dut.rst_ni.value = 0
        for _ in range(self.traits.reset_cycles):
            await RisingEdge(self.dut.clk_i)
        self.dut.rst_ni.value = 1
        self.taken.enabled = self.monitor.enabled = True

    async def fill(self, send: Callable[[], None], patience: int) -> None:
        """Block the output and send for as long as no result waits there: the pipeline is as full as it gets.

        How deep it is, and how many inputs it takes before its first result has left, is for the unit to choose.

        Args:
            send: queues one input.
            patience: cycles.

        Raises:
            AssertionError: no result came.
        """
        self.source.stalls = itertools.repeat(False)
        self.sink.stalls = itertools.repeat(True)
        for _ in range(patience):
            if self.source.pending < 2:
                send()
            await RisingEdge(self.dut.clk_i)
            if self.dut.m_axis_tvalid_o.value == 1:
                return
        raise AssertionError(f"no result waits at the output after {patience} cycles; the reset would hit nothing")

    async def settle(self, quiet: int) -> int:
        """Wait until all that is queued has been taken, or nothing was for `quiet` cycles; how many were taken."""
        before, left, waited = self.source.pending, self.source.pending, 0
        while self.source.pending and waited <= quiet:
            await RisingEdge(self.dut.clk_i)
            waited = 0 if self.source.pending < left else waited + 1
            left = self.source.pending
        return before - left

    async def drain(self, patience: int) -> None:
        """Wait until all that is queued is in, and all that is expected is out.

        Raises:
            AssertionError: nothing moved for `patience` cycles.
        """
        waited, left = 0, self.source.pending + len(self.expected)
        while left:
            await RisingEdge(self.dut.clk_i)
            before, left = left, self.source.pending + len(self.expected)
            waited = 0 if left < before else waited + 1
            assert waited <= patience, (
                f"nothing moved for {patience} cycles: s_axis waits with {self.source.pending} elements, "
                f"{len(self.expected)} results are to come on m_axis"
            )
