"""Bench of rtl/tile_loader.v: every row of small layers, and chosen ones of layers with counters up to 65535."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes
from t2c.tb.components.corner_values import draw
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CollectingBench
from t2c.tb.units.tile_loader.classes import STARTS, TileSeen, classes, cover_unit, longest
from t2c.tb.units.tile_loader.model import TileLayer, TileRow, row
from t2c.tb.units.unit_settings import UnitSettings

TOP = (1 << 16) - 1
"""Largest count."""


class TileBench(CollectingBench[TileSeen]):
    """The loader beside its tiles. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.rows, self.addr_w, self.wgt_addr_w = unit["ROWS"], unit["ADDR_W"], unit["WGT_ADDR_W"]
        self.layer: TileLayer | None = None
        self.number = 0
        self.ready = False

    def any_layer(self, **given: int) -> TileLayer:
        """A layer whose counts are given, 1 where not; everything else from its whole range."""
        rng, half = self.rng, 1 << (self.addr_w - 1)
        fields = {name: draw(rng, 0, TOP) for name in ("dil_h", "dil_w")}
        fields |= {name: draw(rng, -half, half - 1) for name in ("tap_row_step", "tap_col_step")}
        fields |= {"weight_base": draw(rng, 0, (1 << self.wgt_addr_w) - 1), "same": rng.random() < 0.3}
        counts = dict.fromkeys(("taps", "k_w", "ch_words", "k_tiles", "col_tiles", "blocks", "taps_per_tile"), 1)
        return TileLayer(**{**counts, "rows_per_tap": self.rows, "rows": self.rows, **fields, **given})  # type: ignore[arg-type]

    def shaped(self) -> TileLayer:
        """A layer of few tiles: a window with one tap a tile and several channel words, or with several taps."""
        rng = self.rng
        height, width = rng.randint(1, 4), rng.choice((1, 2, 3, 5, 7))
        taps = height * width if rng.random() < 0.8 else rng.randint(1, height * width)
        counts = {"taps": taps, "k_w": width, "col_tiles": rng.randint(1, 3), "blocks": rng.randint(1, 3)}
        if rng.random() < 0.5:
            words = rng.randint(1, 4)
            counts |= {"ch_words": words, "rows_per_tap": rng.randint(1, self.rows)}
            whole = taps * words
        else:
            rows_per_tap = rng.randint(1, max(1, self.rows // 2))
            fit = rng.randint(1, self.rows // rows_per_tap)
            counts |= {"rows_per_tap": rows_per_tap, "taps_per_tile": fit}
            whole = -(-taps // fit)
        k_tiles = whole if rng.random() < 0.8 else rng.randint(1, whole + 2)
        return self.any_layer(**counts, k_tiles=k_tiles)

    def ports(self, layer: TileLayer) -> dict[str, int]:
        """The descriptor as the unit gets it."""
        plain = ("taps", "k_w", "dil_h", "dil_w", "ch_words", "rows_per_tap", "taps_per_tile", "k_tiles", "col_tiles")
        return {
            **{f"{name}_i": getattr(layer, name) for name in (*plain, "blocks", "weight_base")},
            **{f"{name}_i": getattr(layer, name) % (1 << self.addr_w) for name in ("tap_row_step", "tap_col_step")},
            "same_i": int(layer.same),
        }

    # ------------------------------------------------------------------ cycles
    @property
    def left(self) -> bool:
        """Rows of the layer remain."""
        return self.layer is not None and self.number < self.layer.tiles * self.rows

    def start(self, layer: TileLayer) -> None:
        """The cycle of start_i; whatever is loaded in it belongs to two layers."""
        busy = self.left
        first = int(self.rng.random() < 0.5)
        self.seen.append(TileSeen(at=None, left=False, ready=False, first=False))
        expected = {"tile_ready_o": int(self.ready)}
        if not busy:
            expected |= {"cfg_we_o": 0, "rom_valid_o": 0}
        inputs = {**self.ports(layer), "start_i": 1, "first_i": first, "rst_ni": 1}
        self.cycles.append(ClockCycle(inputs=inputs, expected=expected, note="start"))
        self.layer, self.number, self.ready = layer, 0, False

    def cycle(self, first: bool, *, reset: bool = False, skipped: int = 0) -> None:
        """One cycle, and `skipped` more under the same inputs; after the layer the descriptor is noise."""
        at = self.now(first)
        self.seen.append(TileSeen(at=at, left=self.left, ready=self.ready, first=first))
        inputs = {"start_i": 0, "first_i": int(first), "rst_ni": int(not reset)}
        if not self.left and not skipped:
            inputs |= self.ports(self.any_layer())
        self.cycles.append(ClockCycle(inputs=inputs, expected=self.outputs(at), note=str(at or ""), skipped=skipped))
        if at:
            self.number += 1 + skipped
            self.ready = self.number % self.rows == 0
        elif first:
            self.ready = False
        if reset:
            self.layer, self.ready = None, False

    def now(self, first: bool) -> TileRow | None:
        """The row that is loaded in this cycle."""
        if self.layer is None or not self.left or (self.ready and not first):
            return None
        return row(self.layer, self.number)

    def outputs(self, at: TileRow | None) -> dict[str, int]:
        """What the header says of the outputs."""
        common = {"tile_ready_o": int(self.ready), "rom_valid_o": int(at is not None)}
        if at is None:
            return {**common, "cfg_we_o": 0}
        found = {**common, "cfg_we_o": 1 << at.row, "rom_addr_o": at.weight % (1 << self.wgt_addr_w)}
        found["cfg_valid_o"] = int(at.valid)
        if at.valid:
            found |= {"cfg_dy_o": at.dy % (1 << 16), "cfg_dx_o": at.dx % (1 << 16)}
            found["cfg_offset_o"] = at.offset % (1 << self.addr_w)
        return found

    def finish_layer(self, likely: float) -> None:
        """The rest of a layer; a waiting tile is taken as likely as that in each cycle, and first_i is noise else."""
        while self.left or self.ready:
            self.cycle(self.rng.random() < likely)

    def whole(self, layer: TileLayer, likely: float = 1.0, idle: int = 2) -> None:
        """A layer from its start until its last tile is taken, and idle cycles under noise."""
        self.start(layer)
        self.finish_layer(likely)
        for _ in range(idle):
            self.cycle(self.rng.random() < 0.5)

    def sparse(self, layer: TileLayer, tiles: Iterable[int]) -> None:
        """A layer whose tiles are taken at once, of which only first and last rows of these tiles are seen."""
        self.start(layer)
        total = layer.tiles * self.rows
        wanted = {tile * self.rows + at for tile in tiles for at in (0, self.rows - 1)}
        numbers = sorted({0, *(number for number in wanted if number < total), total - 1})
        for number, after in zip(numbers, [*numbers[1:], total], strict=True):
            self.cycle(True, skipped=after - number - 1)
        for _ in range(3):
            self.cycle(True)

    def classes_of(self, seen: Sequence[TileSeen]) -> Classes:
        return classes(seen, self.rows, self.addr_w, self.wgt_addr_w)


async def _start(dut: HierarchyObject) -> TileBench:
    bench = TileBench(dut, UnitSettings.from_environment())
    await bench.begin(bench.ports(bench.any_layer()) | {"start_i": 0, "first_i": 1, "rst_ni": 0})
    await bench.unseen({"rst_ni": 0}, TileSeen(at=None, left=False, ready=False, first=True))
    bench.cycle(True)
    return bench


def _fewer(bench: TileBench, layers: int) -> int:
    """As many layers as take the time of that many on three rows."""
    return max(6, layers * 3 // bench.rows)


@cocotb.test()
@reported
async def tiles(dut: HierarchyObject) -> None:
    """Layers of few tiles of every shape, every other field from its whole range."""
    bench = await _start(dut)
    for _ in range(_fewer(bench, 90)):
        bench.whole(bench.shaped(), bench.rng.choice((1.0, 0.5)), 1)
    bench.whole(bench.any_layer(taps=6, k_w=3, k_tiles=6, tap_row_step=0, tap_col_step=0))
    for same in (0, 1):
        bench.whole(bench.any_layer(taps=6, k_w=3, k_tiles=6, col_tiles=3, blocks=2, same=same, rows_per_tap=1))
        wide = {"taps": 35, "k_w": 5, "rows_per_tap": 1, "taps_per_tile": min(35, bench.rows), "ch_words": 1}
        bench.whole(bench.any_layer(**wide, k_tiles=-(-35 // wide["taps_per_tile"]), blocks=2, same=same))
        bench.whole(bench.any_layer(taps=4, k_w=2, ch_words=3, k_tiles=12, col_tiles=2, blocks=2, same=same))
    for power in range(bench.rows.bit_length()):
        bench.whole(bench.any_layer(taps=2, k_w=2, rows_per_tap=1 << power, k_tiles=2, dil_w=5))
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def handshake(dut: HierarchyObject) -> None:
    """Tiles that are taken at once, and after pauses; first_i while no tile waits, in every row, does nothing."""
    bench = await _start(dut)
    for pause in (0, 1, 2, 9):
        bench.start(bench.any_layer(taps=3, k_w=3, k_tiles=3, col_tiles=2, blocks=2))
        while bench.left or bench.ready:
            for _ in range(pause if bench.ready else 0):
                bench.cycle(False)
            bench.cycle(bench.ready or pause % 2 == 1)
        for first in (True, False, True):
            bench.cycle(first)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def counters(dut: HierarchyObject) -> None:
    """Each counter as far as `longest` cycles reach, 65535 with few rows; looked at around every power of two."""
    bench = await _start(dut)
    most = min(TOP, longest(bench.rows) // bench.rows)
    around = {max(0, (1 << k) + d) for k in range(17) for d in (-2, -1, 0, 1)}
    around |= {bench.rng.randrange(most) for _ in range(40)}
    bench.sparse(bench.any_layer(k_tiles=most, ch_words=most, taps=1), around)
    bench.sparse(bench.any_layer(blocks=most, same=0), around)
    bench.sparse(bench.any_layer(col_tiles=most, same=0), around)
    for name in ("k_tiles", "blocks", "col_tiles", "ch_words"):  # and to ends of both parities
        for power in range(3, 11):
            drawn = min(most // 8, bench.rng.randrange(1 << power, 2 << power))
            for count in (drawn, drawn ^ 1):
                end = {name: count, **({"k_tiles": 2 * count, "taps": 2} if name == "ch_words" else {})}
                bench.sparse(bench.any_layer(**end), [count - 1, count, count + 1])
    for power in range(1, 12):  # a count that is 1 but for one bit is not 1
        count = min(most // 8, (1 << power) + 1)
        bench.sparse(bench.any_layer(ch_words=count, k_tiles=2 * count, taps=2), [count - 1, count, count + 1])
    packed = {"rows_per_tap": 1, "taps_per_tile": bench.rows, "k_tiles": -(-TOP // bench.rows), "taps": TOP}
    slots = {one // bench.rows for one in around}
    bench.sparse(bench.any_layer(**packed, k_w=TOP), slots)
    bench.sparse(bench.any_layer(**packed, k_w=1), slots)
    for power in range(2, 16):  # kernels of every width, and the first taps of their second row
        width = bench.rng.randrange(1 << power, min(2 << power, TOP - 2 * bench.rows))
        taps, tile = width + 2 * bench.rows, width // bench.rows
        packed |= {"taps": taps, "k_tiles": -(-taps // bench.rows)}
        bench.sparse(bench.any_layer(**packed, k_w=width), range(max(0, tile - 1), tile + 2))
    bench.sparse(bench.any_layer(taps=most // 60, k_tiles=most // 60, k_w=9, ch_words=1), range(0, most // 60, 13))
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def starts(dut: HierarchyObject) -> None:
    """A start when all is over, before the last tile is taken, and in the middle of a layer, which is forgotten."""
    bench = await _start(dut)
    for index in range(_fewer(bench, 48)):
        layer = bench.shaped()
        if index % 3 == 0:
            bench.whole(layer, 1.0, 0)
            bench.coverage.hit("start", STARTS[0])
        elif index % 3 == 1:
            bench.start(layer)
            while bench.left:
                bench.cycle(True)
            bench.coverage.hit("start", STARTS[1])
        elif index % 6 == 5:
            bench.start(bench.any_layer(k_tiles=3))
            while not bench.ready:
                bench.cycle(False)
            bench.coverage.hit("start", STARTS[3])
        else:
            bench.start(layer)
            for _ in range(bench.rng.randint(1, 2 * bench.rows)):
                bench.cycle(bench.rng.random() < 0.4)
            if bench.left:
                bench.coverage.hit("start", STARTS[3 if bench.ready else 2])
    for name in ("k_tiles", "blocks", "col_tiles", "ch_words", "k_w"):  # a count that is 1 but for one bit is not 1
        for bit in range(1, 16):
            bench.start(bench.any_layer(**{"taps": 4, "k_tiles": 4, name: 1 | 1 << bit}))
            for _ in range(6 * bench.rows):  # into the second round of the tiles
                bench.cycle(True)
    bench.whole(bench.shaped())
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset ends the layer: nothing is loaded and no tile waits until the next start."""
    bench = await _start(dut)
    for index in range(_fewer(bench, 40)):
        bench.start(bench.any_layer(k_tiles=3, col_tiles=2))
        for _ in range(bench.rng.randrange(bench.rows)):
            bench.cycle(False)
        while index % 2 and not bench.ready:
            bench.cycle(False)
        bench.coverage.hit("start", STARTS[5 if bench.ready else 4])
        bench.cycle(index % 4 == 3, reset=True)
        for _ in range(bench.rng.randint(1, 4)):
            bench.cycle(bench.rng.random() < 0.7)
    bench.whole(bench.shaped())
    await bench.go()
    bench.finish()
