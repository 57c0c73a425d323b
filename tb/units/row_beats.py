"""Words of the streams of units that take rows in beats, and the memories outside that such units read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.types import LogicArray


def packed(values: Iterable[int], width: int) -> int:
    """Value k at [k*width +: width], two's complement."""
    word = 0
    for place, value in enumerate(values):
        word |= (value % (1 << width)) << (place * width)
    return word


class Joined:
    """Two signals that travel together, as the one `tdata` that drivers and monitors know; `high` in the upper bits."""

    def __init__(self, high: Any, low: Any) -> None:
        self.high, self.low = high, low
        self.split = len(low)

    @property
    def value(self) -> LogicArray:
        return LogicArray(str(self.high.value) + str(self.low.value))

    @value.setter
    def value(self, word: int) -> None:
        self.high.value = word >> self.split
        self.low.value = word & ((1 << self.split) - 1)


class OutsideMemory:
    """Answers an address port a cycle later.

    answer: from the address, as the digits 0, 1, x of its bits, to the word.
    """

    def __init__(self, clock: Any, address: Any, data: Any, answer: Callable[[str], int]) -> None:
        self.clock, self.address, self.data, self.answer = clock, address, data, answer
        self.data.value = 0
        self.task = cocotb.start_soon(self._run())

    async def _run(self) -> None:
        while True:
            await FallingEdge(self.clock)
            asked = str(self.address.value)
            await RisingEdge(self.clock)
            self.data.value = self.answer(asked)
