"""The unit layer_norm between its drivers, with the memory of its parameters and a scoreboard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from t2c.contract import pipeline
from t2c.golden.arithmetic.layer_norm import RowNorm, layer_norm
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.tb.components.bins import Classes, Coverage
from t2c.tb.units.layer_norm.classes import SentRow, classes, cover_unit
from t2c.tb.units.layer_norm.rows import RowSpace, of_row, random_quant, random_rows
from t2c.tb.units.row_beats import OutsideMemory, packed
from t2c.tb.units.row_bench import BeatsBench
from t2c.tb.units.row_space import Row
from t2c.tb.units.unit_settings import UnitSettings


class LayerNormBench(BeatsBench):
    """The unit with its streams, the memory of its parameters and a scoreboard."""

    space: RowSpace

    def __init__(self, dut: Any, unit: UnitSettings) -> None:
        self.constants = unit["SHIFT_W"], unit["BIAS_W"], unit["SCALE_W"]
        self.words: list[int] = []
        super().__init__(dut, unit)
        self.memory = OutsideMemory(dut.clk_i, dut.param_addr_o, dut.param_data_i, self._constants_of)

    def _constants_of(self, address: str) -> int:
        """Those of a beat of the row; beyond them, and at an unknown address, junk."""
        place = int(address, 2) if set(address) <= {"0", "1"} else len(self.words)
        known = place < len(self.words)
        return self.words[place] if known else self.rng.getrandbits(self.lanes * sum(self.constants))

    def read_as(self, *, signed: bool) -> None:
        """See BeatsBench."""
        unit = self.unit
        self.space = RowSpace(parameters=unit.parameters, signed=signed, traits=unit.traits, rng=self.rng)
        self.dut.x_signed_i.value = int(signed)

    def vary(self) -> None:
        """See BeatsBench."""
        self.configure(self.space.norm(1), random_quant(self.space))

    def cover(self) -> Coverage:
        """See BeatsBench."""
        return cover_unit(self.space, self.signs)

    def classes(self, row: Row, stall_in: str, stall_out: str) -> Classes:
        """See BeatsBench."""
        quant = of_row(self.quant, len(row))
        return classes(
            SentRow(row=row, norm=self.norm, quant=quant, stall_in=stall_in, stall_out=stall_out), self.space
        )

    def results(self, row: Row) -> list[int]:
        """See BeatsBench."""
        found: list[int] = layer_norm(np.array(row), self.norm, of_row(self.quant, len(row))).tolist()
        return found

    def random_rows(self, count: int, longest: int) -> Iterable[Row]:
        """See BeatsBench."""
        return random_rows(self.space, count, longest)

    def latency(self, beats: int) -> int:
        """See BeatsBench; the same for every number of beats."""
        return 2 * self.unit["ROOT_W"] + 19 + pipeline.MULQUANT.fixed

    def periods(self, beats: int) -> range:
        """See BeatsBench."""
        bits, memory = self.unit["ROOT_W"], 2 * self.space.longest // self.lanes
        least, roomy = max(beats, 2 * bits + 13), beats <= 2 * bits + 9 or beats + 2 * bits + 17 <= memory
        return range(least, least + (1 if roomy else 5))

    def configure(self, norm: RowNorm, quant: MulQuant) -> None:
        """Set what must not change while rows are inside; nothing is."""
        self.norm, self.quant, dut = norm, quant, self.dut
        dut.epsilon_i.value = norm.epsilon
        dut.rounding_i.value = quant.rounding.code
        for name, value in (("zero_point", quant.zero_point), ("lo", quant.lo), ("hi", quant.hi)):
            getattr(dut, f"{name}_i").value = value % (1 << (self.out_w + 1))
        shift_w, bias_w, scale_w = self.constants
        words = [
            (s << (bias_w + scale_w)) | ((b % (1 << bias_w)) << scale_w) | (m % (1 << scale_w))
            for m, b, s in zip(quant.multiplier.tolist(), quant.bias.tolist(), quant.shift.tolist(), strict=True)
        ]
        beats = [words[start : start + self.lanes] for start in range(0, len(words), self.lanes)]
        self.words = [packed(beat, shift_w + bias_w + scale_w) for beat in beats]

    async def run_with(self, rows: Iterable[Row], norm: RowNorm, quant: MulQuant) -> None:
        """Send rows, with these constants, one after another and wait until the last result has left."""
        self.configure(norm, quant)
        await self.run(rows)
