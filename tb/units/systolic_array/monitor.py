"""Column sums as they come out of an array: together or skewed, with one valid or one for each column."""

from __future__ import annotations

from collections import deque
from typing import Any

from cocotb.triggers import FallingEdge
from cocotb_bus.monitors import BusMonitor

from t2c.tb.components.axi_stream import StreamError
from t2c.tb.units.systolic_array.style import ArrayStyle

PATIENCE = 600
"""Cycles within which all columns of a word must have come, up to the largest array's."""


class PsumMonitor(BusMonitor):
    """Collects the column sums; an unknown valid or sum fails the test.

    style: of the array; cols: columns; bits: of a sum.
    cycles, words: in which column 0 of each word of sums came, and the word.
    """

    _signals = {"valid": "valid_o", "data": "data_o"}  # noqa: RUF012

    def __init__(self, entity: Any, clock: object, style: ArrayStyle, cols: int, bits: int) -> None:
        self.cycle = 0
        self.cycles: list[int] = []
        self.words: list[int] = []
        self._cols, self._bits = cols, bits
        self._skewed = "psum_data" in style.skew
        self._each = entity.psum_column_valid_o if "psum_column_valid" in style.extras else None
        self._columns: list[deque[tuple[int, str]]] = [deque() for _ in range(cols)]
        self._due: deque[int] = deque()
        self._enabled = False
        super().__init__(entity, "psum", clock, case_insensitive=False)

    @property
    def enabled(self) -> bool:
        """Whether sums are taken; what was under way when it is switched is forgotten."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = value
        self._due.clear()
        for column in self._columns:
            column.clear()

    async def _monitor_recv(self) -> None:
        while True:
            await FallingEdge(self.clock)
            self.cycle += 1
            if self._enabled:
                self._sample()

    def _sample(self) -> None:
        """Take the columns that are valid in this cycle, and the word that is then whole."""
        data = str(self.bus.data.value).upper()
        for column, valid in enumerate(self._valids()):
            if valid:
                end = (self._cols - column) * self._bits
                self._columns[column].append((self.cycle, data[end - self._bits : end]))
        if all(self._columns):
            self._take([column.popleft() for column in self._columns])
        self._refuse_stragglers()

    def _valids(self) -> list[bool]:
        """Which columns are valid: each as it says, or all as column 0, at once or later and later."""
        valid = (self.bus.valid if self._each is None else self._each).value
        if not valid.is_resolvable:
            raise StreamError("psum: valid is unknown")
        if self._each is not None:
            return [bit == "1" for bit in reversed(str(valid))]
        if not self._skewed:
            return [valid == 1] * self._cols
        if valid == 1:
            self._due.append(self.cycle)
        while self._due and self._due[0] <= self.cycle - self._cols:
            self._due.popleft()
        return [self.cycle - column in self._due for column in range(self._cols)]

    def _take(self, lanes: list[tuple[int, str]]) -> None:
        start, data = lanes[0][0], "".join(bits for _, bits in reversed(lanes))
        late = [cycle - start for cycle, _ in lanes]
        skewed, together = list(range(self._cols)), [0] * self._cols
        if late != (skewed if self._skewed else together):
            known = {
                tuple(skewed): " (say `skew: outside`, or `skew: {psum_data: outside}`)",
                tuple(together): " (sums that come together)",
            }
            raise StreamError(
                f"psum: columns are valid {late} cycles after column 0{known.get(tuple(late), '')}; "
                f"the description says {skewed if self._skewed else together}"
            )
        if set(data) - {"0", "1"}:
            raise StreamError(f"psum: data = {data} is unknown while valid")
        self.cycles.append(start)
        self.words.append(int(data, 2))
        self._recv(int(data, 2))

    def _refuse_stragglers(self) -> None:
        """A column whose valid does not come."""
        waiting = [column for column, sums in enumerate(self._columns) if sums and sums[0][0] < self.cycle - PATIENCE]
        if waiting:
            missing = [column for column, sums in enumerate(self._columns) if not sums]
            raise StreamError(f"psum: columns {missing} are not valid, {PATIENCE} cycles after columns {waiting}")
