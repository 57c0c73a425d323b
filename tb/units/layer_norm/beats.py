"""Words of the streams of rtl/layer_norm.v, and the memory that it reads its parameters from."""

from __future__ import annotations

import random
from collections.abc import Iterable
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


class ParameterMemory:
    """Answers param_addr_o a cycle later. words: by beat of a row; beyond them, and at an unknown address, junk."""

    def __init__(self, dut: Any, width: int, rng: random.Random) -> None:
        self.dut = dut
        self.width, self.rng = width, rng
        self.words: list[int] = []
        self.dut.param_data_i.value = 0
        self.task = cocotb.start_soon(self._answer())

    async def _answer(self) -> None:
        while True:
            await FallingEdge(self.dut.clk_i)
            address = self.dut.param_addr_o.value
            place = int(str(address), 2) if address.is_resolvable else len(self.words)
            await RisingEdge(self.dut.clk_i)
            known = place < len(self.words)
            self.dut.param_data_i.value = self.words[place] if known else self.rng.getrandbits(self.width)
