"""AXI4-Lite master and protocol monitor, for units whose registers are driven from Python.

Both change signals after the rising edge and sample at the falling edge, where every simulator agrees on the settled
values that the next rising edge will see. awprot and arprot are not driven.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.handle import HierarchyObject, LogicObject
from cocotb.task import Task
from cocotb.triggers import ClockCycles, Event, FallingEdge, First, RisingEdge

from t2c.tb.components.stalls import never

OKAY, SLVERR = 0b00, 0b10

CHANNELS = {
    # name: (payload, whether the master sends)
    "aw": (("awaddr",), True),
    "w": (("wdata", "wstrb"), True),
    "b": (("bresp",), False),
    "ar": (("araddr",), True),
    "r": (("rdata", "rresp"), False),
}

Word = tuple[int, ...]
"""Payload of one channel, in the order of CHANNELS."""


class AxiLiteError(AssertionError):
    """A rule of AXI4-Lite was broken; the message names the channel and the rule."""


class Channel:
    """The signals of one channel. name: aw, w, b, ar or r; prefix: of the interface, such as s_axil."""

    def __init__(self, dut: HierarchyObject, prefix: str, name: str) -> None:
        payload, sent = CHANNELS[name]
        there, back = ("i", "o") if sent else ("o", "i")
        self.name = name
        self.valid: LogicObject = getattr(dut, f"{prefix}_{name}valid_{there}")
        self.ready: LogicObject = getattr(dut, f"{prefix}_{name}ready_{back}")
        self.payload: list[Any] = [getattr(dut, f"{prefix}_{signal}_{there}") for signal in payload]


@dataclass(frozen=True, kw_only=True)
class BusCycle:
    """One clock cycle of the bus. ready, valid: by channel; taken: the words that the coming rising edge transfers."""

    ready: dict[str, int]
    valid: dict[str, int]
    word: dict[str, Word]
    taken: dict[str, Word]


class AxiLiteMonitor:
    """Holds all five channels to their rules, and shows every cycle to its observers, in the order of addition.

    entity: the unit; prefix: such as s_axil; clock; enabled: whether it looks on (False during reset).

    Raises (from its task, which fails the test):
        AxiLiteError: a valid or a ready is X, a payload is X while valid, a valid falls or a payload moves while
            stalled, B before both AW and W, R before AR.
    """

    def __init__(self, entity: HierarchyObject, prefix: str, clock: LogicObject) -> None:
        self.clock = clock
        self.channels = {name: Channel(entity, prefix, name) for name in CHANNELS}
        self.observers: list[Callable[[BusCycle], None]] = []
        self.counts = dict.fromkeys(CHANNELS, 0)
        self.enabled = False
        self._held: dict[str, Word] = {}
        self._open = dict.fromkeys(CHANNELS, 0)  # handshakes since the last reset
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        while True:
            await FallingEdge(self.clock)
            if not self.enabled:
                self._held.clear()
                self._open = dict.fromkeys(CHANNELS, 0)
                continue
            cycle = self._sample()
            for observer in self.observers:
                observer(cycle)

    def _sample(self) -> BusCycle:
        cycle = BusCycle(ready={}, valid={}, word={}, taken={})
        for name, channel in self.channels.items():
            valid, ready = channel.valid.value, channel.ready.value
            if not (valid.is_resolvable and ready.is_resolvable):
                raise AxiLiteError(f"{name}: valid, ready = {valid}, {ready}: a control signal is unknown")
            cycle.valid[name], cycle.ready[name] = int(valid), int(ready)
            if valid == 1:
                cycle.word[name] = self._payload(channel)
        for name in CHANNELS:
            self._check(name, cycle)
        for name, word in cycle.word.items():
            if cycle.ready[name]:
                cycle.taken[name] = word
                self.counts[name] += 1
                self._open[name] += 1
        self._held = {name: word for name, word in cycle.word.items() if not cycle.ready[name]}
        return cycle

    def _payload(self, channel: Channel) -> Word:
        values = [signal.value for signal in channel.payload]
        if not all(value.is_resolvable for value in values):
            raise AxiLiteError(f"{channel.name}: payload {', '.join(map(str, values))} is unknown while valid")
        return tuple(value.to_unsigned() for value in values)

    def _check(self, name: str, cycle: BusCycle) -> None:
        word, held = cycle.word.get(name), self._held.get(name)
        if held is not None and word is None:
            raise AxiLiteError(f"{name}: valid fell while stalled")
        if held is not None and word != held:
            raise AxiLiteError(f"{name}: payload changed from {held} to {word} while stalled")
        if word is None:
            return
        requests = {"b": ("aw", "w"), "r": ("ar",)}.get(name, ())
        if any(self._open[request] <= self._open[name] for request in requests):
            raise AxiLiteError(f"{name}: a response came before {' and '.join(requests)} had both been taken")


@dataclass(kw_only=True)
class _Request:
    """A word that waits to be sent. wait: cycles that it is held back besides the stalls."""

    word: Word
    wait: int


class Transaction:
    """A read or a write under way; `await transaction.response()` gives the payload of its B or R."""

    def __init__(self, name: str, clock: LogicObject, limit: int) -> None:
        self.name, self.clock, self.limit = name, clock, limit
        self.word: Word | None = None
        self._ended = Event()

    def end(self, word: Word) -> None:
        self.word = word
        self._ended.set()

    async def response(self) -> Word:
        """Wait for the response: (bresp,) or (rdata, rresp).

        Raises:
            AxiLiteError: not within `limit` cycles.
        """
        if self.word is None:
            await First(self._ended.wait(), ClockCycles(self.clock, self.limit))
        if self.word is None:
            raise AxiLiteError(f"{self.name}: no response within {self.limit} cycles")
        return self.word


class AxiLiteMaster:
    """Reads and writes; each channel is driven by itself, so that AW and W go apart and requests queue up.

    monitor: of the same interface; limit: cycles that a response may take; stalls: by channel, yields cycle by cycle
    whether to hold back (aw, w, ar: the valid; b, r: the ready).
    """

    def __init__(self, monitor: AxiLiteMonitor, *, limit: int = 20_000) -> None:
        self.monitor, self.clock, self.limit = monitor, monitor.clock, limit
        self.stalls: dict[str, Iterator[bool]] = {name: never() for name in CHANNELS}
        self._queues: dict[str, deque[_Request]] = {}
        self._open: dict[str, deque[Transaction]] = {}
        self._tasks: list[Task[None]] = []
        monitor.observers.append(self._observe)
        self.restart()

    def restart(self) -> None:
        """Drop every valid and ready and forget every transaction, as a reset demands."""
        for task in self._tasks:
            task.cancel()
        self._queues = {name: deque() for name, (_, sent) in CHANNELS.items() if sent}
        self._open = {name: deque() for name in CHANNELS if name not in self._queues}
        for name, channel in self.monitor.channels.items():
            if name not in self._queues:
                channel.ready.value = 0
                self._tasks.append(cocotb.start_soon(self._accept(channel)))
                continue
            channel.valid.value = 0
            for signal in channel.payload:
                signal.value = 0
            self._tasks.append(cocotb.start_soon(self._send(channel, self._queues[name])))

    def post_write(
        self, address: int, data: int, strobe: int = 0xF, *, aw_wait: int = 0, w_wait: int = 0
    ) -> Transaction:
        """Queue a write; aw_wait, w_wait: cycles by which each half is held back besides the stalls."""
        self._queues["aw"].append(_Request(word=(address,), wait=aw_wait))
        self._queues["w"].append(_Request(word=(data, strobe), wait=w_wait))
        return self._post("b")

    def post_read(self, address: int, *, wait: int = 0) -> Transaction:
        """Queue a read; wait: cycles by which it is held back besides the stalls."""
        self._queues["ar"].append(_Request(word=(address,), wait=wait))
        return self._post("r")

    async def write(self, address: int, data: int, strobe: int = 0xF) -> int:
        """Write and return the response."""
        (response,) = await self.post_write(address, data, strobe).response()
        return response

    async def read(self, address: int) -> tuple[int, int]:
        """Read and return (data, response)."""
        data, response = await self.post_read(address).response()
        return data, response

    async def idle(self) -> None:
        """Wait until every response has come."""
        for transactions in self._open.values():
            while transactions:
                await transactions[-1].response()

    def _post(self, name: str) -> Transaction:
        transaction = Transaction(name, self.clock, self.limit)
        self._open[name].append(transaction)
        return transaction

    async def _send(self, channel: Channel, queue: deque[_Request]) -> None:
        while True:
            while not queue:
                await RisingEdge(self.clock)
            request = queue.popleft()
            for _ in range(request.wait):
                await RisingEdge(self.clock)
            while next(self.stalls[channel.name]):
                await RisingEdge(self.clock)
            for signal, value in zip(channel.payload, request.word, strict=True):
                signal.value = value
            channel.valid.value = 1
            await FallingEdge(self.clock)
            while channel.ready.value != 1:
                await FallingEdge(self.clock)
            await RisingEdge(self.clock)
            channel.valid.value = 0  # unless the next request takes its place at once

    async def _accept(self, channel: Channel) -> None:
        while True:
            await RisingEdge(self.clock)
            channel.ready.value = 0 if next(self.stalls[channel.name]) else 1

    def _observe(self, cycle: BusCycle) -> None:
        for name, transactions in self._open.items():
            if name in cycle.taken:
                transactions.popleft().end(cycle.taken[name])
