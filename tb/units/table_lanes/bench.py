"""Bench of rtl/table_lanes.v: what each lane reads, for results and for the row engine, beside one dictionary."""

from __future__ import annotations

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Coverage, cover_parameters, names
from t2c.tb.components.corner_values import telling_addresses
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.table_lanes.classes import PARAMETERS, LookUp, classes
from t2c.tb.units.unit_settings import UnitSettings

PAGE_BITS = 16
SOME = 40
"""Entries that are used, besides those that tell one address bit from another."""


class TableBench(CycleBench):
    """The unit beside a dictionary: all copies hold the same."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.cols, self.x_w, self.addr_w, self.depth = (unit[name] for name in ("COLS", "X_W", "ADDR_W", "DEPTH"))
        self.row_lanes, self.table_w = unit["ROW_LANES"], unit["TABLE_W"]
        self.ports = max(1, self.row_lanes)
        self.shape = {"cols": self.cols, "x_w": self.x_w, "depth": self.depth, "row_lanes": self.row_lanes}
        coverage = Coverage(names(classes([], **self.shape)))
        cover_parameters(coverage, PARAMETERS, {"ROW_LANES": self.row_lanes})
        super().__init__(dut, unit, coverage)
        self.pages = self.depth >> self.x_w
        # All of some pages, for lanes that look up anything there, and what tells address bits apart.
        chosen = {0, self.pages - 1, self.rng.randrange(self.pages)}
        self.used = sorted({e for e in telling_addresses(self.depth) if e >> self.x_w < self.pages} | self._of(chosen))
        self.whole = sorted(chosen)
        self.entries: dict[int, int] = {}
        self.cycles: list[ClockCycle] = []
        self.log: list[LookUp] = []
        self.expected: dict[str, int] = {}

    def _of(self, pages: set[int]) -> set[int]:
        return {(page << self.x_w) + index for page in pages for index in range(1 << self.x_w)}

    def cycle(self, look: LookUp) -> None:
        """One cycle: every lane looks up, perhaps beside a write of a random entry, whose look-up gives anything."""
        entry = self.rng.getrandbits(self.table_w)
        self.cycles.append(
            ClockCycle(
                inputs={
                    "we_i": int(look.write is not None),
                    "waddr_i": look.write or 0,
                    "wdata_i": entry,
                    "page_i": look.page,
                    "data_i": self._packed(look.data, self.x_w),
                    "rows_i": int(look.rows),
                    "rows_index_i": self._packed(look.index, self.x_w),
                },
                expected=self.expected,
            )
        )
        self.log.append(look)
        taken = [
            look.index[lane] if look.rows and lane < self.row_lanes else look.data[lane] for lane in range(self.cols)
        ]
        places = [((look.page << self.x_w) + index) % (1 << self.addr_w) for index in taken]
        known = [self.entries[place] for place in places if place in self.entries and place != look.write]
        self.expected = {}
        if len(known) == self.cols:
            results = [value % (1 << self.x_w) for value in known]
            rows = known[: self.row_lanes] or [0]
            self.expected = {
                "data_o": self._packed(results, self.x_w),
                "rows_data_o": self._packed(rows, self.table_w),
            }
        if look.write is not None:
            self.entries[look.write] = entry

    def _packed(self, values: list[int] | tuple[int, ...], bits: int) -> int:
        return sum(value << (bits * k) for k, value in enumerate(values))

    def look(self, page: int, index: int, write: int | None = None, *, rows: bool = False) -> None:
        """All lanes look up one entry of a page; the lanes of the other reader another one."""
        other = index ^ 1
        mine, theirs = (other, index) if rows else (index, other)
        self.cycle(LookUp(page=page, data=(mine,) * self.cols, rows=rows, index=(theirs,) * self.ports, write=write))

    def fill(self) -> None:
        """Write every entry that is used."""
        for address in self.used:
            self.look(0, 0, address)

    def any_page(self) -> int:
        """A page all of whose entries are used, with any number of bits above the addresses where those wrap."""
        page = self.rng.choice(self.whole)
        bits = self.addr_w - self.x_w
        if self.depth == 1 << self.addr_w and self.rng.random() < 0.5:
            page += self.rng.randrange(1 << (PAGE_BITS - bits)) << bits
        return page

    async def go(self) -> None:
        """Drive what has been collected; the last look-up is seen too."""
        self.look(0, 0)
        await self.begin(dict.fromkeys(self.cycles[0].inputs, 0))
        await self.run(self.cycles, classes(self.log, **self.shape))
        self.finish()


@cocotb.test()
@reported
async def entries(dut: HierarchyObject) -> None:
    """Every entry that is used, by every lane, for both readers; each written again beside a look-up of itself."""
    bench = TableBench(dut, UnitSettings.from_environment())
    bench.fill()
    for address in bench.used:
        page, index = divmod(address, 1 << bench.x_w)
        for rows in (False, True):
            bench.look(page, index, rows=rows)
        bench.look(page, index, address)
        bench.look(page, index)
    await bench.go()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random look-ups, each lane its own, both readers in turn, beside random writes."""
    bench = TableBench(dut, UnitSettings.from_environment())
    bench.fill()
    rng, size = bench.rng, 1 << bench.x_w
    for _ in range(2500):
        page = bench.any_page()
        data = tuple(rng.randrange(size) for _ in range(bench.cols))
        if rng.random() < 0.05:
            data = data[:1] * bench.cols
        write = rng.choice([*bench.used, *([(page << bench.x_w) % (1 << bench.addr_w) + data[0]] * len(bench.used))])
        bench.cycle(
            LookUp(
                page=page,
                data=data,
                rows=rng.random() < 0.5,
                index=tuple(rng.randrange(size) for _ in range(bench.ports)),
                write=write if rng.random() < 0.5 else None,
            )
        )
    await bench.go()
