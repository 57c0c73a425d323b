"""The input pins of an array, in its own style: words and vectors as they stand there, and whether it takes them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from typing import Any

from cocotb.triggers import FallingEdge, RisingEdge

from t2c.tb.components.axi_stream import StreamError
from t2c.tb.units.systolic_array.style import ArrayStyle
from t2c.tb.units.systolic_array.tile import OperandVector, WeightWord, pack


class Diagonal:
    """Lane k stands k cycles later than lane 0."""

    def __init__(self, lanes: int, width: int) -> None:
        self._masks = [((1 << width) - 1) << (k * width) for k in range(lanes)]
        self._past: deque[int] = deque([0] * lanes, maxlen=lanes)

    def next(self, value: int) -> int:
        """What stands on the pins in the cycle in which all lanes of a value set out."""
        self._past.appendleft(value)
        return sum(past & mask for past, mask in zip(self._past, self._masks, strict=True))


class Pins:
    """Drives words and vectors; what stands there while none is valid changes at random.

    Args:
        dut: with the ports of our unit, and those that its style adds.
        parameters: of our unit.
        style: of the array.
        idle: draws what nobody may look at.
    """

    def __init__(self, dut: Any, parameters: Mapping[str, int], style: ArrayStyle, idle: random.Random) -> None:
        self.dut, self.style, self.idle = dut, style, idle
        rows, cols, self.a_w, self.w_w = (parameters[name] for name in ("ROWS", "COLS", "A_W", "W_W"))
        self.rows, self.weights = rows, rows * cols // style.words(rows, cols)
        self._diagonals: dict[str, Diagonal] = {}

    @property
    def skewed(self) -> bool:
        """Whether lanes are still under way when the last word or vector has set out."""
        return bool(self._diagonals)

    def clear(self) -> None:
        """As in a reset: all 0, and nothing under way."""
        self._diagonals = {}
        if "a_data" in self.style.skew:
            self._diagonals |= {"a_data": Diagonal(self.rows, self.a_w), "a_row_valid": Diagonal(self.rows, 1)}
        if "w_data" in self.style.skew:
            self._diagonals |= {
                "w_data": Diagonal(self.weights, self.w_w),
                "w_column_valid": Diagonal(self.weights, 1),
            }
        for name in ("w_valid", "a_valid", "a_first", "w_data", "a_data", *self.style.extras):
            if not name.endswith("_ready") and name != "psum_column_valid":
                self._pin(name).value = 0

    def _pin(self, name: str) -> Any:
        return getattr(self.dut, f"{name}_i")

    def _drive(self, name: str, value: int) -> None:
        if name in self._diagonals:
            value = self._diagonals[name].next(value)
        self._pin(name).value = value

    def _drive_extra(self, name: str, value: int) -> None:
        if name in self.style.extras:
            self._drive(name, value)

    def put_vector(self, vector: OperandVector | None) -> None:
        """Drive a vector, or that there is none: other operands then, now and then of a first vector."""
        self._drive(
            "a_data", pack(vector.operands, self.a_w) if vector else self.idle.getrandbits(self.rows * self.a_w)
        )
        self._drive("a_first", int(vector.first) if vector else self.idle.getrandbits(1))
        self._drive("a_valid", int(vector is not None))
        self._drive_extra("a_row_valid", (1 << self.rows) - 1 if vector else 0)
        if "a_last" in self.style.extras:
            self._drive("a_last", int(vector.last) if vector else self.idle.getrandbits(1))

    def put_word(self, word: WeightWord | None) -> None:
        """Drive a weight word, or that there is none: other weights then, if it need not be held."""
        if word or not self.style.held:
            self._drive(
                "w_data", pack(word.weights, self.w_w) if word else self.idle.getrandbits(self.weights * self.w_w)
            )
        self._drive("w_valid", int(word is not None))
        self._drive_extra("w_column_valid", (1 << self.weights) - 1 if word else 0)
        self._drive_extra("w_select", 1 << word.index if word else 0)
        self._drive_extra("w_last", int(word is not None and word.last))
        self._drive_extra("w_row", word.index if word else 0)

    async def clock(self) -> tuple[bool, bool]:
        """Wait for the next clock edge; whether a word and whether a vector, if one stands there, was taken."""
        taken = [True, True]
        if {"w_ready", "a_ready"} & set(self.style.extras):
            await FallingEdge(self.dut.clk_i)
            taken = [self._ready("w_ready"), self._ready("a_ready")]
        await RisingEdge(self.dut.clk_i)
        return taken[0], taken[1]

    def _ready(self, name: str) -> bool:
        if name not in self.style.extras:
            return True
        value = getattr(self.dut, f"{name}_o").value
        if not value.is_resolvable:
            raise StreamError(f"{name} is unknown")
        return bool(value == 1)

    async def idle_cycle(self) -> None:
        """A cycle without a word or a vector, in which skewed lanes go on their way; others stand still."""
        if self.skewed:
            self.put_vector(None)
            self.put_word(None)
        await RisingEdge(self.dut.clk_i)
