"""A unit that takes rows in beats, between its drivers, with a scoreboard."""

from __future__ import annotations

import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from t2c.tb.components.axi_stream import Beat
from t2c.tb.components.bins import Classes, Coverage, stall_pairs
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard
from t2c.tb.units.row_beats import Joined, packed
from t2c.tb.units.row_space import BeatSpace, Row
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings

PATIENCE = 10_000
"""Cycles in which nothing moves after which nothing is waited for; the longest row is summed in fewer."""


def single_results(rng: random.Random, standstill: int) -> Iterator[bool]:
    """Back-pressure that lets one to three beats go, each time after a pause, short or up to a standstill; endless."""
    while True:
        yield from itertools.repeat(True, rng.choice((1, 2, 3, standstill)))
        yield from itertools.repeat(False, rng.randint(1, 3))


class BeatsBench(StreamBench, ABC):
    """The unit with its streams and a scoreboard. A unit's own bench says what its rows are and what comes of them."""

    space: BeatSpace
    """What rows are made of now."""

    def __init__(self, dut: Any, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.dut: Any = dut
        self.unit = unit
        self.source.bus.tdata = Joined(dut.s_axis_tkeep_i, dut.s_axis_tdata_i)
        self.taken.bus.tdata = Joined(dut.s_axis_tkeep_i, dut.s_axis_tdata_i)
        self.monitor.bus.tdata = Joined(dut.m_axis_tkeep_o, dut.m_axis_tdata_o)
        self.x_w, self.out_w, self.lanes = unit["X_W"], unit["OUT_W"], unit["LANES"]
        fixed = unit.traits.constants.get("x_signed")
        self.signs = (True, False) if fixed is None else (bool(fixed),)
        self.sent: list[tuple[Row, int]] = []
        self.read_as(signed=self.signs[0])
        self.coverage = self.cover()
        if not unit.traits.has("overlong"):
            self.coverage.exclude("events", "row longer than MAX_LEN", "the module does not say so")
        self.inputs = Inputs(self.coverage, stall_pairs, rows=self.lanes)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs, self.wrong_lanes)
        self.scoreboard.add_interface(self.monitor, self.expected)
        self.vary()

    @abstractmethod
    def read_as(self, *, signed: bool) -> None:
        """Say how the elements are to be read; nothing is inside."""

    @abstractmethod
    def vary(self) -> None:
        """Choose anew what must not change while rows are inside; nothing is."""

    @abstractmethod
    def cover(self) -> Coverage:
        """All bins of the unit."""

    @abstractmethod
    def classes(self, row: Row, stall_in: str, stall_out: str) -> Classes:
        """Which lanes of a row's beats are in which class."""

    @abstractmethod
    def results(self, row: Row) -> list[int]:
        """What golden makes of a row."""

    @abstractmethod
    def random_rows(self, count: int, longest: int) -> Iterable[Row]:
        """Rows of random lengths, up to `longest`, that make results of every kind."""

    @abstractmethod
    def latency(self, beats: int) -> int:
        """Cycles from the last beat of a row to its first results, as the header says."""

    @abstractmethod
    def periods(self, beats: int) -> range:
        """Cycles a row where rows of so many beats follow one another, as the header says."""

    def wrong_lanes(self, expected: Beat, actual: Beat) -> list[bool]:
        """Lanes that differ; all of them if keep or last do."""
        bits = self.lanes * self.out_w
        if (expected[0] >> bits, expected[1]) != (actual[0] >> bits, actual[1]):
            return [True] * self.lanes
        differ = expected[0] ^ actual[0]
        return [bool(differ >> (lane * self.out_w) & ((1 << self.out_w) - 1)) for lane in range(self.lanes)]

    def describe(self, index: int, expected: Beat, actual: Beat) -> str:
        row, place = self.sent[index]
        shown = f"{row[:8]}..." if len(row) > 8 else f"{row}"
        lanes = f"{self.lanes} elements from {place} of {len(row)}"
        return f"{lanes} in {shown}: expected (keep and y, last) = {_shown(expected)}, actual {_shown(actual)}"

    def send(self, row: Sequence[int], *, last: bool = True) -> None:
        """Queue the beats of a row; without `last` the row stays open. What does not count is anything."""
        rng, lanes = self.rng, self.lanes
        for start in range(0, len(row), lanes):
            beat, ends = list(row[start : start + lanes]), last and start + lanes >= len(row)
            keep = rng.getrandbits(lanes)
            if ends:  # lane 0 counts anyway; beyond the first 0 nothing does
                keep = (keep | (1 << len(beat)) - 1) & ~(1 << len(beat))
                keep ^= rng.getrandbits(1)
            junk = [rng.getrandbits(self.x_w) for _ in range(lanes - len(beat))]
            word = (keep % (1 << lanes)) << (lanes * self.x_w) | packed(beat + junk, self.x_w)
            self.source.append(word, last=ends)

    def expect(self, row: Row) -> None:
        """Queue the results of a row."""
        self.inputs.add(self.classes(row, *self.stalls))
        results = self.results(row)
        for start in range(0, len(row), self.lanes):
            beat = results[start : start + self.lanes]
            word = ((1 << len(beat)) - 1) << (self.lanes * self.out_w) | packed(beat, self.out_w)
            self.sent.append((row, start))
            self.expected.append((word, start + self.lanes >= len(row)))

    async def run(self, rows: Iterable[Row]) -> None:
        """Send rows one after another and wait until the last result has left."""
        for row in rows:
            self.expect(row)
            self.send(row)
        await self.drain(PATIENCE)

    def finish(self) -> None:
        """End of test: as many results as elements, and no row was too long."""
        self.scoreboard.finish(len(self.sent))
        assert self.dut.overlong_o.value == 0, "overlong_o is high; no row was too long"


def _shown(beat: Beat) -> str:
    return f"({beat[0]:#x}, {beat[1]})"
