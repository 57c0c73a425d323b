"""The unit softmax_rows between its drivers, with its table and a scoreboard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from t2c.golden.arithmetic.softmax import SoftmaxTable, softmax
from t2c.tb.components.bins import Classes, Coverage
from t2c.tb.units.row_beats import OutsideMemory, packed
from t2c.tb.units.row_bench import BeatsBench
from t2c.tb.units.row_space import Row
from t2c.tb.units.softmax_rows.classes import classes, cover_unit
from t2c.tb.units.softmax_rows.rows import SoftmaxSpace, random_rows
from t2c.tb.units.unit_settings import UnitSettings


class SoftmaxRowsBench(BeatsBench):
    """The unit with its streams, the table outside and a scoreboard."""

    space: SoftmaxSpace

    def __init__(self, dut: Any, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.memory = OutsideMemory(dut.clk_i, dut.table_addr_o, dut.table_data_i, self._entries_of)

    def _entries_of(self, addresses: str) -> int:
        """Those of all lanes, the highest first in the digits; at an unknown address, junk."""
        places = [addresses[start : start + self.x_w] for start in range(0, len(addresses), self.x_w)]
        return packed((self._entry_of(place) for place in reversed(places)), self.unit["E_W"])

    def _entry_of(self, address: str) -> int:
        if not set(address) <= {"0", "1"}:
            return self.rng.getrandbits(self.unit["E_W"])
        place = int(address, 2)
        return self.entries[place] if place < len(self.entries) else 0

    def read_as(self, *, signed: bool) -> None:
        """See BeatsBench."""
        unit = self.unit
        self.space = SoftmaxSpace(parameters=unit.parameters, signed=signed, traits=unit.traits, rng=self.rng)
        self.dut.x_signed_i.value = int(signed)

    def configure(self, table: SoftmaxTable) -> None:
        """Set table, R and P, which must not change while rows are inside; nothing is."""
        self.table, self.entries = table, table.exp.tolist()
        self.dut.reciprocal_bits_i.value = table.reciprocal_bits
        self.dut.result_bits_i.value = table.output_bits

    def vary(self) -> None:
        """See BeatsBench."""
        self.configure(self.space.any_table())

    def cover(self) -> Coverage:
        """See BeatsBench."""
        return cover_unit(self.space, self.signs)

    def classes(self, row: Row, stall_in: str, stall_out: str) -> Classes:
        """See BeatsBench."""
        return classes(row, self.table, self.space, stall_in, stall_out)

    def results(self, row: Row) -> list[int]:
        """See BeatsBench."""
        found: list[int] = softmax(np.array(row), self.table).tolist()
        return found

    def random_rows(self, count: int, longest: int) -> Iterable[Row]:
        """See BeatsBench."""
        return random_rows(self.space, self.table, count, longest)

    def latency(self, beats: int) -> int:
        """See BeatsBench."""
        return beats + self.unit["R_W"] + 12

    def periods(self, beats: int) -> range:
        """See BeatsBench."""
        exactly = max(beats, self.unit["R_W"] + 2)
        return range(exactly, exactly + 1)
