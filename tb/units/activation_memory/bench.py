"""Bench of rtl/activation_memory.v: what each bank reads at an address of its own, beside a dictionary a bank."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes, Coverage, names
from t2c.tb.components.corner_values import telling_addresses
from t2c.tb.components.scoreboard import reported
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.cycle_bench import ClockCycle, CycleBench
from t2c.tb.units.unit_settings import UnitSettings

SOME = 40
"""Addresses that are used, besides those that tell one address bit from another."""


def classes(reads: list[list[int]], writes: list[int], banks: list[int], rows: int, addr_w: int) -> Classes:
    """Which cycles are in which class. reads: address of each bank; writes: address; banks: a bit for each written."""
    read, write, mask = (np.array(values, dtype=np.int64) for values in (reads, writes, banks))
    read = read.reshape(-1, rows)
    all_banks = (1 << rows) - 1
    same = (read == write[:, np.newaxis]).any(axis=1) & (mask != 0)
    return {
        "written": {
            "no bank": mask == 0,
            "all banks": mask == all_banks,
            **{f"bank {r} alone": mask == 1 << r for r in range(rows)},
            "read beside a write of that address": same,
        },
        "read": {
            "every bank the same": (read == read[:, :1]).all(axis=1),
            "banks apart": (read != read[:, :1]).any(axis=1),
        },
        "address": bit_classes("address", read[:, 0], addr_w),
    }


class BanksBench(CycleBench):
    """The memory beside one dictionary a bank."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.rows, self.x_w, self.addr_w, depth = (unit[name] for name in ("ROWS", "X_W", "ADDR_W", "DEPTH"))
        super().__init__(dut, unit, Coverage(names(classes([], [], [], self.rows, self.addr_w))))
        self.used = sorted(telling_addresses(depth) | {self.rng.randrange(depth) for _ in range(SOME)})
        self.banks: list[dict[int, int]] = [{} for _ in range(self.rows)]
        self.shown: list[int | None] = [None] * self.rows
        self.cycles: list[ClockCycle] = []
        self.log: tuple[list[list[int]], list[int], list[int]] = ([], [], [])

    def cycle(self, reads: list[int], address: int, mask: int) -> None:
        """One cycle: every bank reads, those of the mask write random words."""
        words = [self.rng.getrandbits(self.x_w) for _ in range(self.rows)]
        known = [word for word in self.shown if word is not None]
        self.cycles.append(
            ClockCycle(
                inputs={
                    **{"we_i": mask, "waddr_i": address, "wdata_i": self.packed(words, self.x_w)},
                    "raddr_i": self.packed(reads, self.addr_w),
                },
                expected={"rdata_o": self.packed(known, self.x_w)} if len(known) == self.rows else {},
            )
        )
        for column, value in zip(self.log, (reads, address, mask), strict=True):
            column.append(value)  # type: ignore[arg-type]
        self.shown = [bank.get(read) for bank, read in zip(self.banks, reads, strict=True)]
        for row, word in enumerate(words):
            if mask >> row & 1:
                self.banks[row][address] = word

    def packed(self, values: list[int], bits: int) -> int:
        return sum(value << (bits * k) for k, value in enumerate(values))

    def fill(self) -> None:
        """Every address that is used, in every bank."""
        for address in self.used:
            self.cycle([self.used[0]] * self.rows, address, (1 << self.rows) - 1)

    async def go(self) -> None:
        """Drive what has been collected; the last read is seen too."""
        self.cycle([self.used[0]] * self.rows, self.used[0], 0)
        await self.begin({"we_i": 0, "waddr_i": 0, "wdata_i": 0, "raddr_i": 0})
        await self.run(self.cycles, classes(*self.log, self.rows, self.addr_w))
        self.finish()


@cocotb.test()
@reported
async def banks(dut: HierarchyObject) -> None:
    """One bank is written, at each address that is used; all banks are read there and elsewhere."""
    bench = BanksBench(dut, UnitSettings.from_environment())
    bench.fill()
    for row in range(bench.rows):
        for address in bench.used:
            bench.cycle([address] * bench.rows, address, 1 << row)
        for address in bench.used:
            bench.cycle([address] * bench.rows, address, 0)
    await bench.go()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random reads, each bank at its own address, beside random writes to random banks."""
    bench = BanksBench(dut, UnitSettings.from_environment())
    bench.fill()
    for _ in range(2500):
        reads = [bench.rng.choice(bench.used) for _ in range(bench.rows)]
        bench.cycle(reads, bench.rng.choice([*bench.used, *reads]), bench.rng.getrandbits(bench.rows))
    await bench.go()
