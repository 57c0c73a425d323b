"""Bench of rtl/pixel_sequencer.v: every pixel of small layers, and chosen ones of layers with counters up to 65535."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes
from t2c.tb.components.corner_values import draw
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CollectingBench
from t2c.tb.units.pixel_sequencer.classes import STARTS, PixelSeen, classes, cover_unit
from t2c.tb.units.pixel_sequencer.model import PixelLayer, PixelPlace, place
from t2c.tb.units.unit_settings import UnitSettings

TOP = (1 << 16) - 1
"""Largest count."""
LOOKED_AT = 64
"""Pixels of a block up to which every one is looked at."""
COUNTS = ("images", "out_h", "out_w", "k_tiles", "col_tiles")


class PixelBench(CollectingBench[PixelSeen]):
    """The sequencer beside the walk. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.widths = tuple(unit[name] for name in ("ACC_ADDR_W", "ADDR_W", "PAR_ADDR_W"))
        self.depth, self.addr_w, self.par_addr_w = unit["ACC_DEPTH"], unit["ADDR_W"], unit["PAR_ADDR_W"]
        self.layer: PixelLayer | None = None
        self.number = 0

    def any_layer(self, **given: int) -> PixelLayer:
        """A layer whose counts are given, 1 where not; everything else from its whole range."""
        rng, half = self.rng, 1 << (self.addr_w - 1)
        fields = {name: draw(rng, 1, TOP) for name in ("stride_h", "stride_w")}
        fields |= {name: draw(rng, -(1 << 15), (1 << 15) - 1) for name in ("pad_h", "pad_w")}
        fields |= {name: draw(rng, -half, half - 1) for name in ("origin", "col_step", "row_step", "image_step")}
        fields |= {"param_base": draw(rng, 0, (1 << self.par_addr_w) - 1), "acc_depth": self.depth}
        flags = {name: rng.random() < 0.4 for name in ("pair", "keep", "hold")}
        return PixelLayer(**{**dict.fromkeys(COUNTS, 1), **fields, **flags, **given})  # type: ignore[arg-type]

    def usual_layer(self, **given: int) -> PixelLayer:
        """As `any_layer`, but strides, padding and steps are such as networks have."""
        rng = self.rng
        small = {name: rng.randint(1, 9) for name in ("stride_h", "stride_w")}
        small |= {name: rng.randint(-9, 9) for name in ("pad_h", "pad_w")}
        small |= {name: rng.randint(-3, 3) for name in ("col_step", "row_step", "image_step")}
        return self.any_layer(**{**small, **given})

    def ports(self, layer: PixelLayer) -> dict[str, int]:
        """The descriptor as the unit gets it."""
        signed = {"pad_h": 16, "pad_w": 16} | dict.fromkeys(
            ("origin", "col_step", "row_step", "image_step"), self.addr_w
        )
        plain = (*COUNTS, "stride_h", "stride_w", "param_base", "pair", "keep", "hold")
        return {
            **{f"{name}_i": getattr(layer, name) % (1 << bits) for name, bits in signed.items()},
            **{f"{name}_i": int(getattr(layer, name)) for name in plain},
        }

    # ------------------------------------------------------------------ cycles
    @property
    def at(self) -> PixelPlace | None:
        """The pixel that is issued or waits; None between layers."""
        if self.layer is None or self.number >= self.layer.total:
            return None
        return place(self.layer, self.number)

    def start(self, layer: PixelLayer) -> None:
        """The cycle of start_i; whatever the outputs show in it belongs to two layers."""
        at = self.at
        self.seen.append(PixelSeen(at=None, ready=False))
        inputs = {**self.ports(layer), "start_i": 1, "tile_ready_i": int(self.rng.random() < 0.5), "rst_ni": 1}
        expected = {} if at else {"px_valid_o": 0, "px_first_o": 0}
        self.cycles.append(ClockCycle(inputs=inputs, expected=expected, note="start"))
        self.layer, self.number = layer, 0

    def cycle(self, ready: bool, *, reset: bool = False, skipped: int = 0) -> None:
        """One cycle, and `skipped` more under the same inputs; after the layer the descriptor is noise."""
        at = self.at
        self.seen.append(PixelSeen(at=at, ready=ready))
        inputs = {"start_i": 0, "tile_ready_i": int(ready), "rst_ni": int(not reset)}
        if at is None and not skipped:
            inputs |= self.ports(self.any_layer(**{name: self.rng.randint(1, 9) for name in COUNTS}))
        self.cycles.append(
            ClockCycle(inputs=inputs, expected=self.outputs(at, ready), note=str(at or ""), skipped=skipped)
        )
        if at and (ready or at.index):
            self.number += 1 + skipped
        if reset:
            self.layer = None

    def outputs(self, at: PixelPlace | None, ready: bool) -> dict[str, int]:
        """What the header says of the outputs."""
        if at is None:
            return {"px_valid_o": 0, "px_first_o": 0}
        issued = ready or at.index > 0
        return {
            **{"px_valid_o": int(issued), "px_first_o": int(issued and at.index == 0)},
            **{"px_iy0_o": at.iy0 % (1 << 16), "px_ix0_o": at.ix0 % (1 << 16)},
            **{"px_base_o": at.base % (1 << self.addr_w), "acc_addr_o": at.index},
            "acc_clear_o": int(at.k_tile == 0 and not at.layer.keep),
            "acc_last_o": int(at.last_k and not at.layer.hold),
            "param_addr_o": at.param % (1 << self.par_addr_w),
            **{"second_o": int(at.second), "partial_o": int(at.layer.pair and not at.second), "last_o": int(at.last)},
        }

    def finish_layer(self, likely: float) -> None:
        """The rest of a layer; tile_ready_i is high as likely as that in each cycle."""
        while self.at:
            self.cycle(self.rng.random() < likely)

    def whole(self, layer: PixelLayer, likely: float = 1.0, idle: int = 2) -> None:
        """A layer from its start to the last pixel, and idle cycles under noise."""
        self.start(layer)
        self.finish_layer(likely)
        for _ in range(idle):
            self.cycle(self.rng.random() < 0.5)

    def sparse(self, layer: PixelLayer, wanted: Iterable[int]) -> None:
        """A layer with its tiles always ready, of which only pixels of these numbers are looked at, and the end."""
        self.start(layer)
        numbers = sorted({0, *(number for number in wanted if 0 <= number < layer.total), layer.total - 1})
        for number, after in zip(numbers, [*numbers[1:], layer.total], strict=True):
            self.cycle(True, skipped=after - number - 1)
        for _ in range(3):
            self.cycle(True)

    def in_every_k_tile(self, layer: PixelLayer, pixel: int) -> list[int]:
        """Numbers of a pixel of the first column tile, and of those before and after it, in each K tile."""
        block, index = divmod(pixel, self.depth)
        size = min(self.depth, layer.pixels - block * self.depth)
        first = block * self.depth * layer.k_tiles + index
        return [first + k_tile * size + d for k_tile in range(layer.k_tiles) for d in (-1, 0, 1)]

    def shape(self, layer: PixelLayer) -> None:
        """A layer with its tiles always ready; where blocks are large, not every pixel of it is looked at."""
        if self.depth <= LOOKED_AT:
            self.whole(layer)
            return
        wanted = set(range(0, layer.total, 13))
        for first in range(0, layer.pixels, self.depth):
            size = min(self.depth, layer.pixels - first)
            for col_tile, k_tile in product(range(layer.col_tiles), range(layer.k_tiles)):
                at = (col_tile * layer.pixels + first) * layer.k_tiles + k_tile * size
                wanted |= {at - 1, at, at + 1}
        self.sparse(layer, wanted)

    def classes_of(self, seen: Sequence[PixelSeen]) -> Classes:
        return classes(seen, *self.widths)


async def _start(dut: HierarchyObject) -> PixelBench:
    bench = PixelBench(dut, UnitSettings.from_environment())
    await bench.begin(bench.ports(bench.any_layer()) | {"start_i": 0, "tile_ready_i": 1, "rst_ni": 0})
    await bench.unseen({"rst_ni": 0}, PixelSeen(at=None, ready=True))
    bench.cycle(True)
    return bench


@cocotb.test()
@reported
async def walks(dut: HierarchyObject) -> None:
    """Layers of few pixels with every field from its whole range, then such as networks have; tiles ready or not."""
    bench = await _start(dut)
    for index in range(60):
        make = bench.usual_layer if index % 3 == 0 else bench.any_layer
        counts = {name: bench.rng.randint(1, 4) for name in COUNTS}
        bench.whole(make(**counts), bench.rng.choice((1.0, 0.5, 0.2)))
    still = {"col_step": 0, "row_step": 0, "image_step": 0}
    bench.whole(bench.any_layer(images=3, out_h=2, out_w=2, **still))
    for flags in range(8):
        given = {"pair": flags & 1, "keep": flags >> 1 & 1, "hold": flags >> 2}
        bench.whole(bench.any_layer(images=2, out_h=2, out_w=2 + flags % 3, k_tiles=2, col_tiles=3, **given))
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def blocks(dut: HierarchyObject) -> None:
    """Maps of one block and of several, full or all but, that end in a row, at its end and at that of an image."""
    bench = await _start(dut)
    depth = bench.depth
    if depth <= 1024:
        sizes = {1, depth - 1, depth, depth + 1, 2 * depth - 1, 2 * depth, 2 * depth + 1, 3 * depth}
        for pixels in sorted(sizes - {0}):
            tiles = {"k_tiles": bench.rng.randint(1, 3), "col_tiles": bench.rng.randint(1, 2)}
            bench.shape(bench.any_layer(out_w=pixels, **tiles))
            bench.shape(bench.any_layer(out_h=pixels, **tiles))
            bench.shape(bench.any_layer(images=pixels, **tiles))
        half = depth // 2
        for shape in ((2, 1, half), (1, 2, half), (2, 2, half), (3, half, 1), (3, 1, depth), (2, 3, half + 1)):
            bench.shape(bench.any_layer(images=shape[0], out_h=shape[1], out_w=shape[2], k_tiles=2, col_tiles=2))
        for width in 4 * (7, 9, 13):  # blocks that begin anywhere in a row, and tiles that are late by any number
            rows = -(-3 * min(depth, 40) // width)
            bench.whole(bench.any_layer(out_h=rows, out_w=width, k_tiles=3), 0.4)
    else:
        shape = {"images": 3, "out_h": 257, "out_w": 85}
        ends = [depth * k + d for k in range(4) for d in (-1, 0, 1)]
        bench.sparse(bench.any_layer(**shape, k_tiles=2), [*ends, *range(0, 3 * 257 * 85 * 2, 997)])
        for images, height, width in ((1, 257, 256), (1, 256, 257), (2, 256, 256)):
            bench.sparse(bench.any_layer(images=images, out_h=height, out_w=width), ends)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def waiting(dut: HierarchyObject) -> None:
    """The first pixel of each K tile waits for its tile, one cycle or many; the others wait for nothing."""
    bench = await _start(dut)
    for pause in (1, 2, 7, 30):
        bench.start(bench.any_layer(out_h=2, out_w=3, k_tiles=3, col_tiles=2))
        while bench.at:
            if bench.at.index == 0:
                for _ in range(pause):
                    bench.cycle(False)
                bench.cycle(True)
            else:
                bench.cycle(False)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def counters(dut: HierarchyObject) -> None:
    """Each counter up to 65535, looked at around every power of two."""
    bench = await _start(dut)
    around = {(1 << k) + d for k in range(17) for d in (-2, -1, 0, 1)}
    for name in COUNTS:
        bench.sparse(bench.any_layer(**{name: TOP}), around | {bench.rng.randrange(TOP) for _ in range(60)})
        bench.sparse(bench.any_layer(**{name: TOP - 1}), [])  # and to ends of both parities
        for power in range(3, 13):
            count = bench.rng.randrange(1 << power, 2 << power)
            for total in (count, count ^ 1):
                bench.sparse(bench.any_layer(**{name: total}), [])
    bench.sparse(
        bench.usual_layer(out_w=300, out_h=200, images=2), {300 * y + d for y in range(400) for d in (-1, 0, 1)}
    )
    for power in range(1, 13):  # rows and images, after whose first one a count is 1 but for one bit
        for name, outer in (("out_w", "out_h"), ("out_h", "images")):
            count = 1 | 1 << power
            bench.sparse(bench.any_layer(**{name: count, outer: 2}), [count - 1, count, count + 1])
    # Blocks that begin far in a row and go on to the next row or image, in the second K tile.
    for shape in ((2, 2, 5001), (2, 5001, 3), (5001, 3, 1)):
        layer = bench.any_layer(images=shape[0], out_h=shape[1], out_w=shape[2], k_tiles=2)
        inner = max(shape[2], 1 if shape[2] > 3 else 600)
        pixels = {*range(0, layer.pixels, inner), *(bench.rng.randrange(layer.pixels) for _ in range(50))}
        pixels |= {bench.depth * bench.rng.randrange(layer.pixels // bench.depth + 1) for _ in range(50)}
        bench.sparse(layer, [n for pixel in pixels for n in bench.in_every_k_tile(layer, min(pixel, layer.pixels - 1))])
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def starts(dut: HierarchyObject) -> None:
    """A start in the cycle after the last pixel, later, and in the middle of another layer, which then is forgotten."""
    bench = await _start(dut)
    for index in range(60):
        counts = {name: bench.rng.randint(1, 4) for name in COUNTS}
        layer = bench.any_layer(**counts)
        if index % 3 == 2:
            bench.start(layer)
            for _ in range(bench.rng.randrange(layer.total)):
                bench.cycle(bench.rng.random() < 0.7)
            at = bench.at
            if at:
                bench.coverage.hit("start", STARTS[2 if at.index == 0 else 3])
        else:
            idle = 0 if index % 3 else bench.rng.randint(1, 6)
            bench.whole(layer, 0.8, idle)
            bench.coverage.hit("start", STARTS[1 if idle else 0])
    for name in COUNTS:  # a count that is 1 but for one bit is not 1
        for bit in range(1, 16):
            bench.start(bench.any_layer(**{name: 1 | 1 << bit}))
            for _ in range(3):
                bench.cycle(True)
    bench.whole(bench.any_layer(out_w=3))
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset ends the layer: nothing is issued until the next start, ready or not."""
    bench = await _start(dut)
    for _ in range(40):
        layer = bench.any_layer(images=2, out_h=2, out_w=2, k_tiles=2, col_tiles=2)
        bench.start(layer)
        for _ in range(bench.rng.randrange(layer.total - 1)):
            bench.cycle(bench.rng.random() < 0.7)
        at = bench.at
        assert at, "the layer is over; the reset would not hit anything"
        bench.coverage.hit("start", STARTS[4 if at.index == 0 else 5])
        bench.cycle(bench.rng.random() < 0.5, reset=True)
        for _ in range(bench.rng.randint(1, 4)):
            bench.cycle(bench.rng.random() < 0.7)
    bench.whole(bench.any_layer(out_w=3, out_h=2))
    await bench.go()
    bench.finish()
