"""Bench of rtl/window_row.v: bank address and operand of every pixel against whole numbers that never wrap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes
from t2c.tb.components.corner_values import draw
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CollectingBench, Ports
from t2c.tb.units.unit_settings import UnitSettings
from t2c.tb.units.window_row.classes import RESETS, RowSeen, classes, cover_unit
from t2c.tb.units.window_row.model import RowLayer, RowPixel, RowTap, WindowRow, value

LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1
"""Coordinates: 16 bits signed; no layer has any beyond."""


class RowBench(CollectingBench[RowSeen]):
    """The row beside its model. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.x_w, self.addr_w = unit["X_W"], unit["ADDR_W"]
        self.row = WindowRow()
        self.layer = self.any_layer()
        self.known = False
        self.last_value, self.last_word = 0, 0

    # ------------------------------------------------------------------ drawn
    def any_layer(self, in_h: int = 0, in_w: int = 0) -> RowLayer:
        signed = tuple(self.rng.random() < 0.5 for _ in range(2))
        zero_points = tuple(draw(self.rng, *self.words_of(one)) for one in signed)
        return RowLayer(
            in_h=in_h or draw(self.rng, 1, HIGHEST),
            in_w=in_w or draw(self.rng, 1, HIGHEST),
            signed=(signed[0], signed[1]),
            zero_point=(zero_points[0], zero_points[1]),
            maximum=self.rng.random() < 0.3,
        )

    def words_of(self, signed: bool) -> tuple[int, int]:
        half = 1 << (self.x_w - 1)
        return (-half, half - 1) if signed else (0, 2 * half - 1)

    def any_tap(self, valid: bool | None = None) -> RowTap:
        chosen = self.rng.random() < 0.9 if valid is None else valid
        dy, dx = (draw(self.rng, LOWEST, HIGHEST) if self.rng.random() < 0.3 else draw(self.rng, 0, 40) for _ in "yx")
        return RowTap(valid=chosen, dy=dy, dx=dx, offset=self.any_address())

    def any_address(self) -> int:
        return draw(self.rng, 0, (1 << self.addr_w) - 1)

    def any_pixel(self) -> RowPixel:
        """A pixel whose tap is near an edge of the image as often as anywhere."""
        tap = self.row.in_use
        assert tap is not None
        iy0, ix0 = (self.before(dy, size) for dy, size in ((tap.dy, self.layer.in_h), (tap.dx, self.layer.in_w)))
        return RowPixel(iy0=iy0, ix0=ix0, base=self.any_address(), second=self.rng.random() < 0.5)

    def inner_pixel(self) -> RowPixel:
        """A pixel inside any image, for a tap without a step."""
        return RowPixel(iy0=0, ix0=0, base=self.any_address(), second=False)

    def before(self, step: int, size: int) -> int:
        """A coordinate from which a step leads to a chosen one; both within the 16 bits."""
        low, high = max(LOWEST, LOWEST + step), min(HIGHEST, HIGHEST + step)
        kind = self.rng.randrange(3)
        if kind == 0:
            at = self.rng.choice((-1, 0, size - 1, size, LOWEST, HIGHEST))
        else:
            at = self.rng.randrange(size) if kind == 1 else draw(self.rng, low, high)
        return max(LOWEST, min(HIGHEST, min(high, max(low, at)) - step))

    # ------------------------------------------------------------------ cycles
    def cycle(
        self, pixel: RowPixel | None = None, tap: RowTap | None = None, *, first: bool = False, reset: bool = False
    ) -> None:
        """One cycle: what comes in, and what is at the bank and comes out meanwhile. first: a K tile begins in the next
        one."""
        asked, leaves = self.row.stages[0], self.row.stages[2]
        word = draw(self.rng, 0, (1 << self.x_w) - 1)
        self.seen.append(
            RowSeen(
                **{"layer": self.layer, "operand": leaves, "word": self.last_word, "value": self.last_value},
                **{"asked": asked, "pixel": pixel is not None, "first": first, "tap": tap},
            )
        )
        expected = {}
        if asked:
            expected["raddr_o"] = asked.address % (1 << self.addr_w)
        if self.known:
            expected["operand_o"] = self.last_value % (2 << self.x_w)
        inputs = self.ports(pixel, tap) | {"rst_ni": int(not reset), "rdata_i": word}
        inputs["px_first_i"] = int(first)
        self.cycles.append(ClockCycle(inputs=inputs, expected=expected))
        # What comes out next is what was addressed two cycles ago; the bank answers in this one.
        self.last_value, self.last_word = value(self.layer, self.row.stages[1], word, self.x_w), word
        self.row.clock(self.layer, pixel, tap, first=first, reset=reset)
        self.known = self.known or reset

    def ports(self, pixel: RowPixel | None, tap: RowTap | None) -> dict[str, int]:
        """All ports but reset and the bank's; noise where nothing counts."""
        layer, geo = self.layer, (1 << 16) - 1
        shown = tap or self.any_tap()
        comes = pixel or RowPixel(
            **{"second": self.rng.random() < 0.5, "base": self.any_address()},
            **{"iy0": draw(self.rng, LOWEST, HIGHEST), "ix0": draw(self.rng, LOWEST, HIGHEST)},
        )
        zero_point = [point % (2 << self.x_w) for point in layer.zero_point]
        return {
            **{"in_h_i": layer.in_h, "in_w_i": layer.in_w, "max_i": int(layer.maximum)},
            "x_signed_i": layer.signed[0] | layer.signed[1] << 1,
            "zero_point_i": zero_point[0] | zero_point[1] << (self.x_w + 1),
            **{"cfg_we_i": int(tap is not None), "cfg_valid_i": int(shown.valid), "cfg_dy_i": shown.dy & geo},
            **{"cfg_dx_i": shown.dx & geo, "cfg_offset_i": shown.offset},
            **{"px_valid_i": int(pixel is not None), "px_iy0_i": comes.iy0 & geo, "px_ix0_i": comes.ix0 & geo},
            **{"px_base_i": comes.base, "px_second_i": int(comes.second)},
        }

    def drain(self) -> None:
        """Let what is inside leave, so that the layer may change."""
        for _ in range(4):
            self.cycle()

    def at(self, iy: int, ix: int, second: bool = False) -> None:
        """The first pixel of a K tile, whose tap is at this position, by a step that fits."""
        dy, dx = (self.rng.randint(max(LOWEST, to - HIGHEST), min(HIGHEST, to - LOWEST)) for to in (iy, ix))
        self.cycle(tap=RowTap(valid=True, dy=dy, dx=dx, offset=self.any_address()))
        self.cycle(first=True)
        self.cycle(RowPixel(iy0=iy - dy, ix0=ix - dx, base=self.any_address(), second=second))

    def classes_of(self, seen: Sequence[RowSeen]) -> Classes:
        return classes(seen, self.x_w, self.addr_w)


async def _start(dut: HierarchyObject) -> RowBench:
    bench = RowBench(dut, UnitSettings.from_environment())
    idle: Ports = bench.ports(None, None) | {"rst_ni": 0, "rdata_i": 0, "px_first_i": 0}
    await bench.begin(idle)
    for _ in range(4):
        bench.cycle(reset=True)
    return bench


@cocotb.test()
@reported
async def edges(dut: HierarchyObject) -> None:
    """All four edges of images of many sizes, from far outside to far outside."""
    bench = await _start(dut)
    sizes = [1, 2, 3, 127, 128, 129, 255, 256, 1000, 4095, 4096, *(1 << k for k in range(9, 15)), HIGHEST]
    for in_h, in_w in [(size, bench.rng.choice(sizes)) for size in sizes] + [(7, size) for size in sizes]:
        bench.layer = bench.any_layer(in_h, in_w)
        for iy in {-1, 0, in_h - 1, min(in_h, HIGHEST), LOWEST, HIGHEST, in_h >> 1, 64, -64}:
            bench.at(iy, bench.rng.randrange(in_w))
        for ix in {-1, 0, in_w - 1, min(in_w, HIGHEST), LOWEST, HIGHEST, in_w >> 1, 64, -64}:
            bench.at(bench.rng.randrange(in_h), ix)
        bench.drain()
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def operands(dut: HierarchyObject) -> None:
    """Both readings, signed or not, with zero points at both ends, over many words; outside with and without max."""
    bench = await _start(dut)
    for signed, end in product(product((False, True), repeat=2), range(4)):
        points = [bench.words_of(one)[end >> k & 1] for k, one in enumerate(signed)]
        bench.layer = RowLayer(
            **{"in_h": 9, "in_w": 5, "signed": signed, "zero_point": (points[0], points[1])}, maximum=end in (1, 2)
        )
        bench.cycle(tap=RowTap(valid=True, dy=0, dx=0, offset=0))
        bench.cycle(first=True)
        for index in range(60):
            iy = bench.rng.randrange(9) if index % 8 else 9
            second = bench.rng.random() < 0.5
            bench.cycle(RowPixel(iy0=iy, ix0=bench.rng.randrange(5), base=bench.any_address(), second=second))
        bench.drain()
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def configurations(dut: HierarchyObject) -> None:
    """A configuration waits for its K tile however long it takes; the last one written counts, and one that comes in
    the cycle before the first pixel is the next tile's."""
    bench = await _start(dut)
    bench.layer = bench.any_layer(50, 60)
    bench.cycle(tap=bench.any_tap(True))
    bench.cycle(first=True)
    for _ in range(150):
        for _ in range(bench.rng.randrange(3)):
            bench.cycle(tap=bench.any_tap())
        pixel, tap = (bench.rng.random() < 0.5 for _ in range(2))
        bench.cycle(bench.any_pixel() if pixel else None, bench.any_tap() if tap else None, first=True)
        for _ in range(bench.rng.randrange(5)):
            later = bench.rng.random() < 0.3
            bench.cycle(bench.any_pixel(), bench.any_tap() if later else None)
            if bench.rng.random() < 0.2:
                bench.cycle()
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def random_data(dut: HierarchyObject) -> None:
    """Random layers, taps and pixels; rows that stand for nothing; gaps."""
    bench = await _start(dut)
    for _ in range(60):
        bench.layer = bench.any_layer()
        bench.cycle(tap=bench.any_tap(True))
        bench.cycle(first=True)
        for _ in range(60):
            pixel = bench.any_pixel() if bench.rng.random() < 0.8 else None
            tap = bench.any_tap() if bench.rng.random() < 0.3 else None
            bench.cycle(pixel, tap, first=bench.rng.random() < 0.3)
        bench.drain()
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset of one cycle, with operands in any stage and one that comes, makes of them operands outside."""
    bench = await _start(dut)
    for cycles in range(40):
        bench.layer = RowLayer(in_h=40, in_w=40, signed=(False, True), zero_point=(3, -1), maximum=cycles % 2 == 1)
        bench.cycle(tap=RowTap(valid=True, dy=0, dx=0, offset=5 % (1 << bench.addr_w)))
        bench.cycle(first=True)
        for _ in range(cycles % 5 + 1):
            bench.cycle(bench.inner_pixel())
        if cycles % 3 == 0:
            bench.cycle(tap=bench.any_tap(True))
            bench.coverage.hit("reset", RESETS[1])
        bench.cycle(bench.inner_pixel() if cycles & 4 else None, reset=True)
        bench.coverage.hit("reset", RESETS[0])
        bench.drain()
    await bench.go()
    bench.finish()
