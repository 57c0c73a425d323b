"""Bench of rtl/systolic_array.v: tiles of weights and operand vectors against golden's gemm, timing at its limits."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb_bus.monitors import BusMonitor

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.gemm import gemm
from t2c.tb.catalogue.interface import LAST_FIRST
from t2c.tb.components.axi_stream import StreamError
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard, reported
from t2c.tb.dut.latency import check_fixed_latency
from t2c.tb.units.systolic_array.classes import Driven, classes, cover_unit, timing, wrong_columns
from t2c.tb.units.unit_settings import UnitSettings

PERIOD_NS = 2
PATIENCE = 2000
"""Cycles without a sum after which nothing is waited for."""
PROBE = 40
"""Vectors of the tile that shows the latency of an array that does not mark its sums."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tile:
    """Weights (ROWS, COLS) and operand vectors (M, ROWS).

    word_gaps, vector_gaps: idle cycles before each weight word and each vector (0 = back to back).
    """

    weights: IntArray
    operands: IntArray
    word_gaps: Sequence[int] = field(default=())
    vector_gaps: Sequence[int] = field(default=())


def pack(values: IntArray, width: int) -> int:
    """Lane k at [k*width +: width], two's complement."""
    word = 0
    for value in values[::-1]:
        word = (word << width) | (int(value) % (1 << width))
    return word


class PsumMonitor(BusMonitor):
    """Collects the column sums; an unknown valid or sum fails the test."""

    _signals = {"valid": "valid_o", "data": "data_o"}  # noqa: RUF012

    def __init__(self, entity: HierarchyObject, clock: object) -> None:
        self.cycle = 0
        self.cycles: list[int] = []
        self.enabled = False
        super().__init__(entity, "psum", clock, case_insensitive=False)

    async def _monitor_recv(self) -> None:
        while True:
            await FallingEdge(self.clock)
            self.cycle += 1
            if not self.enabled:
                continue
            valid = self.bus.valid.value
            if not valid.is_resolvable:
                raise StreamError("psum: valid is unknown")
            if valid == 1:
                data = self.bus.data.value
                if not data.is_resolvable:
                    raise StreamError(f"psum: data = {data} is unknown while valid")
                self.cycles.append(self.cycle)
                self._recv(data.to_unsigned())


class ArrayBench:
    """The array with its two input processes, a monitor and a scoreboard."""

    def __init__(self, dut: HierarchyObject, unit: UnitSettings) -> None:
        self.dut = dut
        self.rng = random.Random(unit.seed)
        self.idle = random.Random(unit.seed)
        self.rows, self.cols, self.a_w, self.w_w = (unit[name] for name in ("ROWS", "COLS", "A_W", "W_W"))
        self.psum_w = self.a_w + self.w_w + (self.rows - 1).bit_length()
        self.traits = unit.traits
        self.latency = unit.traits.latency
        self.drain = self.rows + self.cols if unit.traits.latency is None else unit.traits.latency
        self.monitor = PsumMonitor(dut, dut.clk_i)
        self.expected: list[int] = []
        self.origin: list[tuple[int, int]] = []
        self.sent_cycles: list[int] = []
        self.driven: list[Driven] = []
        self.coverage = cover_unit(unit.parameters)
        self.inputs = Inputs(self.coverage, rows=self.cols)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs, self.wrong)
        self.scoreboard.add_interface(self.monitor, self.expected)

    def wrong(self, expected: int, actual: int) -> list[bool]:
        return wrong_columns(expected, actual, self.cols, self.psum_w)

    def describe(self, index: int, expected: int, actual: int) -> str:
        tile, vector = self.origin[index]
        wrong = [column for column, differs in enumerate(self.wrong(expected, actual)) if differs]
        return f"tile {tile}, vector {vector}, columns {wrong}: expected {expected:#x}, actual {actual:#x}"

    async def reset(self) -> None:
        dut = self.dut
        self.monitor.enabled = False
        for signal in (dut.rst_ni, dut.w_valid_i, dut.a_valid_i, dut.a_first_i, dut.w_data_i, dut.a_data_i):
            signal.value = 0
        for _ in range(self.traits.reset_cycles):
            await RisingEdge(dut.clk_i)
        dut.rst_ni.value = 1
        self.monitor.enabled = True

    def word_schedule(self, tiles: Sequence[Tile]) -> Iterator[tuple[int, IntArray] | None]:
        """Yield, word slot by word slot, (tile number, weight word) or None for an idle cycle."""
        for number, tile in enumerate(tiles):
            last_first = self.traits.weight_rows == LAST_FIRST
            for row in range(self.rows):
                yield from [None] * (tile.word_gaps[row] if tile.word_gaps else 0)
                yield number, tile.weights[self.rows - 1 - row if last_first else row]

    def vector_schedule(self, tiles: Sequence[Tile]) -> Iterator[tuple[int, bool, IntArray] | None]:
        """Yield, vector slot by vector slot, (tile number, first of its tile, operands) or None for an idle cycle."""
        for number, tile in enumerate(tiles):
            for index, vector in enumerate(tile.operands):
                yield from [None] * (tile.vector_gaps[index] if tile.vector_gaps else 0)
                yield number, index == 0, vector

    def left(self, tiles: Sequence[Tile], number: int) -> bool:
        """Whether the sums of all tiles before that one have come, where no latency says when they have."""
        if self.latency is not None or self.traits.has("double_buffer") or not self.monitor.enabled:
            return True
        return len(self.expected) <= sum(len(tile.operands) for tile in tiles[number:])

    def between_vectors(self) -> None:
        """Drive what nobody may look at, as no vector is valid: other operands, now and then of a first vector."""
        self.dut.a_data_i.value = self.idle.getrandbits(self.rows * self.a_w)
        self.dut.a_first_i.value = self.idle.getrandbits(1)

    def between_words(self) -> None:
        """The same of weights."""
        self.dut.w_data_i.value = self.idle.getrandbits(self.cols * self.w_w)

    async def send(self, tiles: Sequence[Tile], cycles: int | None = None) -> None:
        """Drive words and vectors, each as early as the contract allows; stop after `cycles` if given.

        A tile's first vector may enter in the cycle after the tile's last word; the words of a tile may enter from
        the cycle of the previous tile's first vector on, without double buffering when its last sums have left.
        """
        dut = self.dut
        words, vectors = deque(self.word_schedule(tiles)), deque(self.vector_schedule(tiles))
        sent_words, swapped, step, free_at = 0, 0, 0, 0
        left = [len(tile.operands) for tile in tiles]
        double = self.traits.has("double_buffer")
        while (words or vectors) and (cycles is None or cycles > 0):
            ready = sent_words // self.rows
            vector = vectors[0] if vectors else None
            if vectors and (vector is None or vector[0] < ready):
                vectors.popleft()
            else:
                vector = None
            if vector is not None:
                number, first, operands = vector
                left[number] -= 1
                if double or not left[number]:
                    swapped = number + 1
                    free_at = step if double else step + self.drain + 1
                dut.a_first_i.value = int(first)
                dut.a_data_i.value = pack(operands, self.a_w)
                self.sent_cycles.append(self.monitor.cycle + 1)
            else:
                self.between_vectors()
            dut.a_valid_i.value = int(vector is not None)
            word = words[0] if words else None
            if words and (word is None or (word[0] <= swapped and step >= free_at and self.left(tiles, word[0]))):
                words.popleft()
            else:
                word = None
            if word is not None:
                dut.w_data_i.value = pack(word[1], self.w_w)
                sent_words += 1
            else:
                self.between_words()
            dut.w_valid_i.value = int(word is not None)
            self.driven.append((word is not None, vector is not None, vector is not None and vector[1]))
            await RisingEdge(dut.clk_i)
            step += 1
            cycles = None if cycles is None else cycles - 1
        dut.a_valid_i.value = 0
        dut.w_valid_i.value = 0
        self.between_vectors()
        self.between_words()

    async def run(self, tiles: Sequence[Tile]) -> None:
        """Send the tiles and wait for the last column sums."""
        for number, tile in enumerate(tiles):
            gaps = {"word_gaps": any(tile.word_gaps), "vector_gaps": any(tile.vector_gaps)}
            self.inputs.add(classes(tile.weights, tile.operands, self.a_w, self.w_w, **gaps))
            for index, sums in enumerate(gemm(tile.operands, tile.weights)):
                self.expected.append(pack(sums, self.psum_w))
                self.origin.append((number, index))
        self.driven.clear()
        await self.send(tiles)
        for name, hits in timing(self.driven, self.rows).items():
            self.coverage.hit("timing", name, hits)
        waited, missing = 0, len(self.expected)
        while self.latency is None and self.expected and waited <= PATIENCE:
            await RisingEdge(self.dut.clk_i)
            waited, missing = (waited + 1 if len(self.expected) == missing else 0), len(self.expected)
        for _ in range(self.drain + 4):
            await RisingEdge(self.dut.clk_i)

    def extremes(self, vectors: int, operand: int, weight: int) -> Tile:
        return Tile(weights=np.full((self.rows, self.cols), weight), operands=np.full((vectors, self.rows), operand))

    def random_tile(self, vectors: int, *, gaps: bool = False) -> Tile:
        draw = np.random.default_rng(self.rng.getrandbits(64))
        a, w = 1 << (self.a_w - 1), 1 << (self.w_w - 1)
        return Tile(
            weights=draw.integers(-w, w, (self.rows, self.cols)),
            operands=draw.integers(-a, a, (vectors, self.rows)),
            word_gaps=draw.integers(0, 3, self.rows).tolist() if gaps else (),
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
    a, w = 1 << (bench.a_w - 1), 1 << (bench.w_w - 1)
    tiles = [bench.extremes(bench.rows, x, y) for x in (-a, -1, 0, 1, a - 1) for y in (-w, -1, 0, 1, w - 1)]
    for row in range(bench.rows):
        for col in range(bench.cols):
            weights = np.zeros((bench.rows, bench.cols), dtype=np.int64)
            weights[row, col] = -w
            operands = np.arange(1, bench.rows + 1)[np.newaxis, :] * np.array([[1], [-1]])
            tiles.append(Tile(weights=weights, operands=np.clip(operands, -a, a - 1)))
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
    if bench.traits.has("double_buffer"):
        assert steps == [bench.rows], f"tiles follow after {steps} cycles, not after ROWS = {bench.rows}"


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
