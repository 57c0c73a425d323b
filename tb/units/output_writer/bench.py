"""Bench of rtl/output_writer.v: the place of every result word of small layers, and of chosen ones of large layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cocotb
from cocotb.handle import HierarchyObject

from t2c.tb.components.bins import Classes
from t2c.tb.components.corner_values import draw
from t2c.tb.components.scoreboard import reported
from t2c.tb.units.cycle_bench import ClockCycle, CollectingBench
from t2c.tb.units.output_writer.classes import PIXEL_BITS, STARTS, WriterSeen, classes, cover_unit
from t2c.tb.units.output_writer.model import WriterLayer, WriterWord, word
from t2c.tb.units.unit_settings import UnitSettings

IMAGES = (1 << 16) - 1
PIXELS = (1 << 24) - 1
"""Largest counts."""


class WriterBench(CollectingBench[WriterSeen]):
    """The writer beside the places. Cycles are collected by `cycle` and driven by `go`."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        super().__init__(dut, unit, cover_unit(unit.parameters))
        self.groups, self.addr_w = unit["GROUPS"], unit["ADDR_W"]
        self.layer: WriterLayer | None = None
        self.number = 0
        self.rewound = False

    def any_layer(self, **given: int) -> WriterLayer:
        """A layer whose counts are given, addresses and steps from their whole range."""
        rng, half = self.rng, 1 << (self.addr_w - 1)
        fields = {name: draw(rng, -half, half - 1) for name in ("base", "step", "image_step")}
        return WriterLayer(**{"pixels": 1, "images": 1, "groups": self.groups, **fields, **given})

    def ports(self, layer: WriterLayer) -> dict[str, int]:
        """The descriptor as the unit gets it."""
        wrapping = {f"{name}_i": getattr(layer, name) % (1 << self.addr_w) for name in ("base", "step", "image_step")}
        return {**wrapping, "pixels_i": layer.pixels, "images_i": layer.images}

    @property
    def at(self) -> WriterWord | None:
        """The place of the word that comes next; None before the first start."""
        return word(self.layer, self.number) if self.layer else None

    def _add(self, inputs: dict[str, int], valid: bool, skipped: int = 0) -> None:
        at = self.at
        self.seen.append(WriterSeen(at=at, valid=valid))
        expected = {"group_o": 0} if self.rewound else {}
        if at:
            expected = {"addr_o": at.address % (1 << self.addr_w), "group_o": at.group}
        inputs = {**inputs, "valid_i": int(valid)}
        self.cycles.append(ClockCycle(inputs=inputs, expected=expected, note=str(at or ""), skipped=skipped))

    def start(self, layer: WriterLayer, *, valid: bool = False) -> None:
        """The cycle of start_i, in which the last word of the layer before may come."""
        self._add({"start_i": 1, "rst_ni": 1, **({} if self.layer else self.ports(layer))}, valid)
        self.layer, self.number = layer, 0
        # The descriptor is valid in the cycle of the start already; the word beside it is of the layer before.
        self.cycles[-1] = ClockCycle(
            inputs={**self.cycles[-1].inputs, **self.ports(layer)}, expected=self.cycles[-1].expected, note="start"
        )

    def cycle(self, valid: bool, *, reset: bool = False, skipped: int = 0) -> None:
        """One cycle, and `skipped` more under the same inputs."""
        self._add({"start_i": 0, "rst_ni": int(not reset)}, valid, skipped)
        self.number += (1 + skipped) * valid
        if reset:
            self.layer, self.rewound = None, True

    def whole(self, layer: WriterLayer, tiles: int, likely: float) -> None:
        """A layer of so many column tiles; a word comes as likely as that in each cycle."""
        self.start(layer)
        while self.number < tiles * layer.images * layer.pixels:
            self.cycle(self.rng.random() < likely)
        self.cycle(False)

    def sparse(self, layer: WriterLayer, words: int, wanted: Iterable[int]) -> None:
        """So many words of a layer, one a cycle, of which those of these numbers are looked at."""
        self.start(layer)
        numbers = sorted({0, *(number for number in wanted if 0 < number < words), words - 1})
        for number, after in zip(numbers, [*numbers[1:], words], strict=True):
            self.cycle(True, skipped=after - number - 1)
        self.cycle(False)

    def classes_of(self, seen: Sequence[WriterSeen]) -> Classes:
        return classes(seen, self.groups, self.addr_w)


async def _start(dut: HierarchyObject) -> WriterBench:
    bench = WriterBench(dut, UnitSettings.from_environment())
    await bench.begin(bench.ports(bench.any_layer()) | {"start_i": 0, "valid_i": 0, "rst_ni": 0})
    bench.cycle(False, reset=True)
    bench.cycle(False)
    return bench


@cocotb.test()
@reported
async def places(dut: HierarchyObject) -> None:
    """Layers of few words, over all groups and several memory words, with steps from their whole range; gaps."""
    bench = await _start(dut)
    for index in range(60):
        counts = {"pixels": bench.rng.randint(1, 5), "images": bench.rng.randint(1, 4)}
        tiles = bench.rng.randint(1, 3 * min(bench.groups, 8))
        bench.whole(bench.any_layer(**counts), tiles, 0.5 if index % 3 else 1.0)
    bench.whole(bench.any_layer(), 2 * bench.groups + 1, 1.0)
    bench.whole(bench.any_layer(pixels=3, images=3, step=0, image_step=0), 2, 1.0)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def counters(dut: HierarchyObject) -> None:
    """Pixels, images and memory words far up, looked at around every power of two; counts with every bit."""
    bench = await _start(dut)
    around = {(1 << k) + d for k in range(25) for d in (-1, 0, 1)}
    for bits in range(25):
        bench.sparse(bench.any_layer(pixels=min(PIXELS, 1 << bits)), 300 if bits > 10 else 3 << bits, around)
        bench.sparse(bench.any_layer(pixels=min(PIXELS, (1 << bits) + 2)), 300, around)
    for bits in range(17):
        bench.sparse(bench.any_layer(images=min(IMAGES, 1 << bits)), 300 if bits > 10 else 3 << bits, around)
    # Images end soon after the highest bit has come, and anywhere, at pixels of both parities.
    drawn = [bench.rng.randrange(1 << bits, 2 << bits) for bits in range(11, 18)]
    for pixels in (*drawn, *(count ^ 1 for count in drawn), (1 << 18) + 5, (1 << (PIXEL_BITS - 1)) + 5):
        bench.sparse(bench.any_layer(pixels=pixels), pixels + 4, around | {pixels + d for d in range(-4, 4)})
    bench.sparse(bench.any_layer(images=IMAGES), IMAGES + 4, around)
    ends = {bench.groups * k + d for k in range(256) for d in (-1, 0, 1)}
    bench.sparse(bench.any_layer(), 257 * bench.groups, ends)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def starts(dut: HierarchyObject) -> None:
    """A start rewinds wherever the layer is; a word that comes beside it still has the place of the old layer."""
    bench = await _start(dut)
    for index in range(80):
        bench.start(bench.any_layer(pixels=bench.rng.randint(1, 4), images=2), valid=index % 2 == 0 and index > 0)
        bench.coverage.hit("start", STARTS[index % 2 == 0 and index > 0])
        for _ in range(bench.rng.randint(1, 30)):
            bench.cycle(bench.rng.random() < 0.7)
    await bench.go()
    bench.finish()


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """After a reset the group is the first one, and a start begins as ever."""
    bench = await _start(dut)
    for _ in range(30):
        bench.start(bench.any_layer(pixels=2))
        for _ in range(bench.rng.randint(1, 20)):
            bench.cycle(True)
        bench.cycle(bench.rng.random() < 0.5, reset=True)
        bench.coverage.hit("start", STARTS[2])
        for _ in range(bench.rng.randint(0, 3)):
            bench.cycle(False)
    bench.whole(bench.any_layer(pixels=3, images=2), bench.groups + 1, 0.7)
    await bench.go()
    bench.finish()
