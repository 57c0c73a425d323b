"""AXI-Stream driver, monitor and sink on cocotb-bus, for units whose streams are driven from Python.

All of them change signals after the rising edge and sample at the falling edge, where every simulator agrees on the
settled values that the next rising edge will see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cocotb
from cocotb.handle import HierarchyObject, LogicObject
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor


class StreamError(AssertionError):
    """A stream rule was broken; the message names the stream and the rule."""


class AxisSource(BusDriver):
    """Sends integers on a stream into the unit: `append` queues one, `idle` awaits the last handshake.

    A unit that takes tuser or tlast gets `append`'s `user` and `last` with the word, 0 if there is none. A reset is
    the time to `drop` what the unit has not taken.

    entity: the unit; name: such as s_axis; clock; stalls: yields, cycle by cycle, whether to hold back.
    """

    _signals = {"tvalid": "tvalid_i", "tready": "tready_o", "tdata": "tdata_i"}  # noqa: RUF012
    _optional_signals = {"tuser": "tuser_i", "tlast": "tlast_i"}  # noqa: RUF012

    def __init__(self, entity: HierarchyObject, name: str, clock: LogicObject, stalls: Iterator[bool]) -> None:
        super().__init__(entity, name, clock, case_insensitive=False)
        self.stalls = stalls
        self.pending = 0
        self.generation = 0
        self.bus.tvalid.value = 0
        self.bus.tdata.value = 0
        self.has_user = hasattr(self.bus, "tuser")
        self.has_last = hasattr(self.bus, "tlast")
        if self.has_user:
            self.bus.tuser.value = 0
        if self.has_last:
            self.bus.tlast.value = 0

    def append(self, transaction: int, *args: Any, **kwargs: Any) -> None:
        self.pending += 1
        super().append(transaction, *args, **kwargs)

    def drop(self) -> None:
        """Forget all that is queued, and take back the word that waits for tready."""
        self.clear()
        self.pending = 0
        self.generation += 1
        self.bus.tvalid.value = 0

    async def _driver_send(
        self, transaction: int, sync: bool = True, user: int = 0, last: bool = False, **_: Any
    ) -> None:
        if sync:
            await RisingEdge(self.clock)
        generation = self.generation
        while next(self.stalls):
            await RisingEdge(self.clock)
        if generation != self.generation:
            return
        self.bus.tdata.value = transaction
        if self.has_user:
            self.bus.tuser.value = user
        if self.has_last:
            self.bus.tlast.value = int(last)
        self.bus.tvalid.value = 1
        await FallingEdge(self.clock)
        while self.bus.tready.value != 1 and generation == self.generation:
            await FallingEdge(self.clock)
        await RisingEdge(self.clock)
        self.bus.tvalid.value = 0
        if generation == self.generation:
            self.pending -= 1

    async def idle(self, limit: int) -> None:
        """Wait until everything queued has been taken.

        Raises:
            StreamError: nothing is taken for `limit` cycles.
        """
        waited, pending = 0, self.pending
        while self.pending:
            waited = 0 if self.pending < pending else waited + 1
            if waited > limit:
                raise StreamError(f"{self.name}: {self.pending} transactions wait, for {limit} cycles without tready")
            pending = self.pending
            await RisingEdge(self.clock)


class AxisSink:
    """Drives the tready of a stream that leaves the unit. stalls: yields, cycle by cycle, whether to hold back."""

    def __init__(self, ready: LogicObject, clock: LogicObject, stalls: Iterator[bool]) -> None:
        self.ready, self.clock, self.stalls = ready, clock, stalls
        ready.value = 0
        self.task = cocotb.start_soon(self._drive())

    async def _drive(self) -> None:
        while True:
            await RisingEdge(self.clock)
            self.ready.value = 0 if next(self.stalls) else 1


Beat = tuple[int, bool]
"""tdata and tlast of one handshake."""


class AxisMonitor(BusMonitor):
    """Collects the words of a stream and holds it to its rules.

    Callbacks receive each word as an int, or as a `Beat` if the stream has tlast; `cycles` keeps the clock cycle of
    each handshake.

    Raises (from its task, which fails the test):
        StreamError: tvalid or tready is X, tdata or tlast is X while valid, tvalid falls or the payload changes while
            stalled.
    """

    def __init__(self, entity: HierarchyObject, name: str, clock: LogicObject, *, outgoing: bool) -> None:
        here, there = ("o", "i") if outgoing else ("i", "o")
        self._signals = {"tvalid": f"tvalid_{here}", "tready": f"tready_{there}", "tdata": f"tdata_{here}"}
        self._optional_signals = {"tlast": f"tlast_{here}"}
        self.cycle = 0
        self.cycles: list[int] = []
        self.enabled = False
        super().__init__(entity, name, clock, case_insensitive=False)

    async def _monitor_recv(self) -> None:
        held: int | Beat | None = None
        has_last = hasattr(self.bus, "tlast")
        while True:
            await FallingEdge(self.clock)
            self.cycle += 1
            if not self.enabled:
                held = None
                continue
            valid, ready = self.bus.tvalid.value, self.bus.tready.value
            if not (valid.is_resolvable and ready.is_resolvable):
                raise StreamError(f"{self.name}: tvalid, tready = {valid}, {ready}: a control signal is unknown")
            if held is not None and valid != 1:
                raise StreamError(f"{self.name}: tvalid fell while stalled")
            if valid != 1:
                continue
            data = self.bus.tdata.value
            if not data.is_resolvable:
                raise StreamError(f"{self.name}: tdata = {data} is unknown while valid")
            word: int | Beat = data.to_unsigned()
            if has_last:
                last = self.bus.tlast.value
                if not last.is_resolvable:
                    raise StreamError(f"{self.name}: tlast is unknown while valid")
                word = (data.to_unsigned(), last == 1)
            if held is not None and word != held:
                raise StreamError(f"{self.name}: tdata changed from {_shown(held)} to {_shown(word)} while stalled")
            held = None if ready == 1 else word
            if ready == 1:
                self.cycles.append(self.cycle)
                self._recv(word)


def _shown(word: int | Beat) -> str:
    return f"{word:#x}" if isinstance(word, int) else f"{word[0]:#x}{' (last)' if word[1] else ''}"
