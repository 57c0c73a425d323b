"""Bench of rtl/systolic_array.v: tiles of weights and operand vectors against golden's gemm, timing at its limits."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from t2c.golden.arithmetic.gemm import gemm
from t2c.tb.catalogue.interface import LAST_FIRST
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.dut.latency import check_fixed_latency
from t2c.tb.units.systolic_array.classes import Driven, classes, cover_unit, timing, value_range, wrong_columns
from t2c.tb.units.systolic_array.monitor import PsumMonitor
from t2c.tb.units.systolic_array.observed import Sent, lag, observe_all
from t2c.tb.units.systolic_array.pins import Pins
from t2c.tb.units.systolic_array.slips import Described, slip_lines
from t2c.tb.units.systolic_array.style import ArrayStyle
from t2c.tb.units.systolic_array.tile import Tile, pack, vectors_of, words_of
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2
PATIENCE = 2000
"""Cycles without a sum, or a ready, after which nothing is waited for."""
PROBE = 40
"""Vectors of the tile that shows the latency of an array that does not mark its sums."""

_tests: list[Sent] = []
"""What the tests of this simulation sent and got."""


class ArrayBench:
    """The array with its two input processes, a monitor and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.rng = random.Random(unit.seed)
        self.rows, self.cols, self.a_w, self.w_w = (unit[name] for name in ("ROWS", "COLS", "A_W", "W_W"))
        self.traits = unit.traits
        self.style = ArrayStyle.of(unit.traits.style)
        self.words = self.style.words(self.rows, self.cols)
        widest = self.a_w + self.w_w + (self.rows - 1).bit_length()
        self.psum_w = self.style.bits_of_sum({**unit.parameters, "PSUM_W": widest})
        self.latency = unit.traits.latency
        self.drain = self.rows + self.cols if unit.traits.latency is None else unit.traits.latency
        self.drain += self.cols - 1 if "psum_data" in self.style.skew else 0
        self.pins = Pins(dut, unit.parameters, self.style, random.Random(unit.seed))
        self.monitor = PsumMonitor(dut, dut.clk_i, self.style, self.cols, self.psum_w)
        self.expected: list[int] = []
        self.origin: list[tuple[int, int]] = []
        self.sent_cycles: list[int] = []
        self.sent: list[tuple[Tile, Sequence[int]]] = []
        self.driven: list[Driven] = []
        self.a_range = value_range(self.a_w, signed="a_data" not in self.style.unsigned)
        self.w_range = value_range(self.w_w, signed="w_data" not in self.style.unsigned)
        self.coverage = cover_unit(unit.parameters)
        self.inputs = Inputs(self.coverage, rows=self.cols)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs, self.wrong, self.slips)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def slips(self) -> list[str]:
        """Which slip in the description makes all of the wrong sums of this simulation, if one does."""
        if self.sent:
            _tests.append(Sent(tiles=self.sent, words=dict(zip(self.monitor.cycles, self.monitor.words, strict=True))))
        if not _tests:
            return []
        found = lag(_tests, self.latency, 4 * (self.rows + self.cols))
        described = Described(
            style=self.style,
            weight_rows=self.traits.weight_rows,
            lane_order=dict(self.traits.lane_order),
            a_w=self.a_w,
            w_w=self.w_w,
            latency=found,
            stated=self.latency,
            counted=self.traits.fixed_latency,
        )
        return slip_lines(observe_all(_tests, found, self.psum_w), described)

    def wrong(self, expected: int, actual: int) -> list[bool]:
        return wrong_columns(expected, actual, self.cols, self.psum_w)

    def describe(self, index: int, expected: int, actual: int) -> str:
        tile, vector = self.origin[index]
        wrong = [column for column, differs in enumerate(self.wrong(expected, actual)) if differs]
        return f"tile {tile}, vector {vector}, columns {wrong}: expected {expected:#x}, actual {actual:#x}"

    async def reset(self) -> None:
        dut = self.dut
        self.monitor.enabled = False
        dut.rst_ni.value = 0
        self.pins.clear()
        for _ in range(self.traits.reset_cycles):
            await RisingEdge(dut.clk_i)
        dut.rst_ni.value = 1
        self.monitor.enabled = True

    def left(self, tiles: Sequence[Tile], number: int) -> bool:
        """Whether the sums of all tiles before that one have come, where no latency says when they have."""
        if self.latency is not None or self.traits.has("double_buffer") or not self.monitor.enabled:
            return True
        return len(self.expected) <= sum(len(tile.operands) for tile in tiles[number:])

    async def send(self, tiles: Sequence[Tile], cycles: int | None = None) -> None:
        """Drive words and vectors, each as early as the contract allows; stop after `cycles` if given.

        A tile's first vector may enter in the cycle after the tile's last word; the words of a tile may enter from
        the cycle of the previous tile's first vector on, without double buffering when its last sums have left. A tile
        that is held on its pins may change in the cycle after.
        """
        last_first = self.traits.weight_rows == LAST_FIRST
        words = deque(words_of(tiles, self.style.weight_words, last_first=last_first))
        vectors = deque(vectors_of(tiles))
        sent_words, swapped, step, free_at = 0, 0, 0, 0
        left, waited = [len(tile.operands) for tile in tiles], 0
        double = self.traits.has("double_buffer")
        while (words or vectors) and (cycles is None or step < cycles):
            before = swapped
            vector = vectors[0] if vectors else None
            if vector is not None and vector.tile >= sent_words // self.words:
                vector = None
            elif vectors and vector is None:
                vectors.popleft()
            self.pins.put_vector(vector)
            if vector is not None and (double or left[vector.tile] == 1):
                swapped = vector.tile + 1
                free_at = step if double else step + self.drain + 1
            word = words[0] if words else None
            reach = before if self.style.held or "a_ready" in self.style.extras else swapped
            if word is not None and not (word.tile <= reach and step >= free_at and self.left(tiles, word.tile)):
                word = None
            elif words and word is None:
                words.popleft()
            self.pins.put_word(word)
            cycle = self.monitor.cycle + 1
            word_taken, vector_taken = await self.pins.clock()
            waited = 0 if (word is None or word_taken) and (vector is None or vector_taken) else waited + 1
            waiting = "a_ready" if word is None or word_taken else "w_ready"
            assert waited <= PATIENCE, f"{PATIENCE} cycles without {waiting}, while something waits for it"
            vector, word = vector if vector_taken else None, word if word_taken else None
            if vector is not None:
                vectors.popleft()
                left[vector.tile] -= 1
                self.sent_cycles.append(cycle)
            else:
                swapped = before
            if word is not None:
                words.popleft()
                sent_words += 1
            self.driven.append((word is not None, vector is not None, vector is not None and vector.first))
            step += 1
        if not self.pins.skewed:
            self.pins.put_vector(None)
            self.pins.put_word(None)

    async def run(self, tiles: Sequence[Tile]) -> None:
        """Send the tiles and wait for the last column sums."""
        for number, tile in enumerate(tiles):
            gaps = {"word_gaps": any(tile.word_gaps), "vector_gaps": any(tile.vector_gaps)}
            self.inputs.add(classes(tile.weights, tile.operands, self.a_range, self.w_range, **gaps))
            for index, sums in enumerate(gemm(tile.operands, tile.weights)):
                self.expected.append(pack(sums, self.psum_w))
                self.origin.append((number, index))
        self.driven.clear()
        before = len(self.sent_cycles)
        await self.send(tiles)
        cycles = iter(self.sent_cycles[before:])
        self.sent += [(tile, [next(cycles) for _ in tile.operands]) for tile in tiles]
        for name, hits in timing(self.driven, self.words).items():
            self.coverage.hit("timing", name, hits)
        waited, missing = 0, len(self.expected)
        while self.latency is None and self.expected and waited <= PATIENCE:
            await self.pins.idle_cycle()
            waited, missing = (waited + 1 if len(self.expected) == missing else 0), len(self.expected)
        for _ in range(self.drain + 4):
            await self.pins.idle_cycle()

    def extremes(self, vectors: int, operand: int, weight: int) -> Tile:
        return Tile(weights=np.full((self.rows, self.cols), weight), operands=np.full((vectors, self.rows), operand))

    def random_tile(self, vectors: int, *, gaps: bool = False) -> Tile:
        draw = np.random.default_rng(self.rng.getrandbits(64))
        return Tile(
            weights=draw.integers(self.w_range[0], self.w_range[1] + 1, (self.rows, self.cols)),
            operands=draw.integers(self.a_range[0], self.a_range[1] + 1, (vectors, self.rows)),
            word_gaps=draw.integers(0, 3, self.words).tolist() if gaps else (),
            vector_gaps=draw.integers(0, 3, vectors).tolist() if gaps else (),
        )


async def _start(dut: HierarchyObject) -> ArrayBench:
    Clock(dut.clk_i, PERIOD_NS, "ns", impl="gpi").start(start_high=False)
    bench = ArrayBench(dut, UnitSettings.from_environment())
    await bench.reset()
    return bench


@cocotb.test()
@reported
async def corners(dut: HierarchyObject) -> None:
    """Every pair of operand and weight extremes, so that column sums reach both ends; one PE at a time."""
    bench = await _start(dut)
    ends = [[x for x in (low, -1, 0, 1, high) if low <= x] for low, high in (bench.a_range, bench.w_range)]
    tiles = [bench.extremes(bench.rows, x, y) for x in ends[0] for y in ends[1]]
    (least, most), weight = bench.a_range, bench.w_range[0] or bench.w_range[1]
    for row in range(bench.rows):
        for col in range(bench.cols):
            weights = np.zeros((bench.rows, bench.cols), dtype=np.int64)
            weights[row, col] = weight
            operands = np.arange(1, bench.rows + 1)[np.newaxis, :] * np.array([[1], [-1]])
            tiles.append(Tile(weights=weights, operands=np.clip(operands, least, most)))
    await bench.run(tiles)
    bench.scoreboard.finish(sum(len(tile.operands) for tile in tiles))


@cocotb.test()
@reported
async def random_tiles(dut: HierarchyObject) -> None:
    """Random tiles of 1 .. 3 ROWS vectors back to back: loading always as early, swapping always as soon as allowed."""
    bench = await _start(dut)
    tiles = [bench.random_tile(bench.rng.randint(1, 3 * bench.rows)) for _ in range(60)]
    await bench.run(tiles)
    bench.scoreboard.finish(sum(len(tile.operands) for tile in tiles))


@cocotb.test()
@reported
async def gaps(dut: HierarchyObject) -> None:
    """Random tiles with idle cycles between words and between vectors."""
    bench = await _start(dut)
    tiles = [bench.random_tile(bench.rng.randint(1, 3 * bench.rows), gaps=True) for _ in range(40)]
    await bench.run(tiles)
    bench.scoreboard.finish(sum(len(tile.operands) for tile in tiles))


@cocotb.test()
@reported
async def latency(dut: HierarchyObject) -> None:
    """Every vector's sums come exactly `latency` cycles later, and short tiles follow every ROWS cycles."""
    bench = await _start(dut)
    stated, tiles = bench.latency, [bench.random_tile(1) for _ in range(8)]
    if bench.traits.fixed_latency:  # sums are taken by counting cycles: only values can tell, and those of a long tile
        await bench.run([bench.random_tile(PROBE)])
        check_fixed_latency(bench.scoreboard.compared_pairs(), bench.traits)
    before = len(bench.sent_cycles)
    await bench.run(tiles)
    bench.scoreboard.finish(before + len(tiles))
    delays = sorted({out - sent for sent, out in zip(bench.sent_cycles, bench.monitor.cycles, strict=True)})
    assert delays == [stated], f"sums come {delays} cycles after their operands, the description says {stated}"
    sent = bench.sent_cycles[before:]
    steps = sorted({later - earlier for earlier, later in pairwise(sent)})
    if bench.traits.has("double_buffer") and not {"w_ready", "a_ready"} & set(bench.style.extras):
        shortest = bench.words + (1 if bench.style.held else 0)
        assert steps == [shortest], f"tiles follow after {steps} cycles, not after {shortest}"


@cocotb.test()
@reported
async def reset_in_mid_stream(dut: HierarchyObject) -> None:
    """A reset with half a tile loaded and sums under way leaves nothing behind."""
    bench = await _start(dut)
    under_way = "reset with sums under way"
    for cycles, what in (
        (bench.rows // 2, "reset with half a tile loaded"),
        (bench.rows + 3, under_way),
        (2 * bench.rows + bench.drain - 1, under_way),
    ):
        bench.monitor.enabled = False  # these sums are lost, and nobody misses them
        await bench.send([bench.random_tile(2 * bench.rows), bench.random_tile(2)], cycles)
        await bench.reset()
        bench.coverage.hit("reset", what)
    tiles = [bench.random_tile(5) for _ in range(5)]
    await bench.run(tiles)
    bench.scoreboard.finish(25)
