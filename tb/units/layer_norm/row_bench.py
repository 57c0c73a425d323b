"""The unit layer_norm between its drivers, with the memory of its parameters and a scoreboard."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from t2c.golden.arithmetic.layer_norm import RowNorm, layer_norm
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.tb.components.axi_stream import Beat
from t2c.tb.components.inputs import Inputs
from t2c.tb.components.scoreboard import Scoreboard
from t2c.tb.units.layer_norm.beats import Joined, ParameterMemory, packed
from t2c.tb.units.layer_norm.classes import SentRow, classes, cover_unit, crosses
from t2c.tb.units.layer_norm.rows import Row, RowSpace, of_row, random_quant
from t2c.tb.units.stream_bench import StreamBench
from t2c.tb.units.unit_settings import UnitSettings

PATIENCE = 10_000
"""Cycles in which nothing moves after which nothing is waited for; the longest row is summed in fewer."""


def latency(root_bits: int) -> int:
    """Cycles from the last beat of a row to its first results, as the header of rtl/layer_norm.v says."""
    return 2 * root_bits + 22


def periods(beats: int, root_bits: int, memory: int) -> range:
    """Cycles a row where rows of so many beats follow one another, as the header says; memory: beats."""
    least, roomy = max(beats, 2 * root_bits + 13), beats <= 2 * root_bits + 9 or beats + 2 * root_bits + 17 <= memory
    return range(least, least + (1 if roomy else 5))


def single_results(rng: random.Random, standstill: int) -> Iterator[bool]:
    """Back-pressure that lets one to three beats go, each time after a pause, short or up to a standstill; endless."""
    while True:
        yield from itertools.repeat(True, rng.choice((1, 2, 3, standstill)))
        yield from itertools.repeat(False, rng.randint(1, 3))


class LayerNormBench(StreamBench):
    """The unit with its streams, the memory of its parameters and a scoreboard."""

    def __init__(self, dut: Any, unit: UnitSettings) -> None:
        super().__init__(dut, unit)
        self.dut: Any = dut
        self.unit = unit
        self.source.bus.tdata = Joined(dut.s_axis_tkeep_i, dut.s_axis_tdata_i)
        self.taken.bus.tdata = Joined(dut.s_axis_tkeep_i, dut.s_axis_tdata_i)
        self.monitor.bus.tdata = Joined(dut.m_axis_tkeep_o, dut.m_axis_tdata_o)
        self.x_w, self.out_w, self.lanes = unit["X_W"], unit["OUT_W"], unit["LANES"]
        self.constants = unit["SHIFT_W"], unit["BIAS_W"], unit["SCALE_W"]
        self.memory = ParameterMemory(dut, self.lanes * sum(self.constants), self.rng)
        fixed = unit.traits.constants.get("x_signed")
        self.signs = (True, False) if fixed is None else (bool(fixed),)
        self.sent: list[tuple[Row, int]] = []
        self.results = 0
        self.space = self.spaces[0]
        self.coverage = cover_unit(self.space, self.signs)
        if not unit.traits.has("overlong"):
            self.coverage.exclude("events", "row longer than MAX_LEN", "the module does not say so")
        self.inputs = Inputs(self.coverage, crosses, rows=self.lanes)
        self.scoreboard = Scoreboard(dut, self.describe, self.inputs, self.wrong_lanes)
        self.scoreboard.add_interface(self.monitor, self.expected)
        self.configure(self.space.norm(1), random_quant(self.space))

    @property
    def spaces(self) -> list[RowSpace]:
        """What rows are made of, for each sign of the elements."""
        unit = self.unit
        return [RowSpace(parameters=unit.parameters, signed=s, traits=unit.traits, rng=self.rng) for s in self.signs]

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

    def configure(self, norm: RowNorm, quant: MulQuant) -> None:
        """Set what must not change while rows are inside; nothing is."""
        self.norm, self.quant, dut = norm, quant, self.dut
        dut.x_signed_i.value = int(self.space.signed)
        dut.epsilon_i.value = norm.epsilon
        dut.rounding_i.value = quant.rounding.code
        for name, value in (("zero_point", quant.zero_point), ("lo", quant.lo), ("hi", quant.hi)):
            getattr(dut, f"{name}_i").value = value % (1 << (self.out_w + 1))
        shift_w, bias_w, scale_w = self.constants
        words = [
            (s << (bias_w + scale_w)) | ((b % (1 << bias_w)) << scale_w) | (m % (1 << scale_w))
            for m, b, s in zip(quant.multiplier.tolist(), quant.bias.tolist(), quant.shift.tolist(), strict=True)
        ]
        beats = [words[start : start + self.lanes] for start in range(0, len(words), self.lanes)]
        self.memory.words = [packed(beat, shift_w + bias_w + scale_w) for beat in beats]

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
        stall_in, stall_out = self.stalls
        quant = of_row(self.quant, len(row))
        sent = SentRow(row=row, norm=self.norm, quant=quant, stall_in=stall_in, stall_out=stall_out)
        self.inputs.add(classes(sent, self.space))
        results = layer_norm(np.array(row), self.norm, quant).tolist()
        for start in range(0, len(row), self.lanes):
            beat = results[start : start + self.lanes]
            word = ((1 << len(beat)) - 1) << (self.lanes * self.out_w) | packed(beat, self.out_w)
            self.sent.append((row, start))
            self.expected.append((word, start + self.lanes >= len(row)))

    async def run(self, rows: Iterable[Row], norm: RowNorm | None = None, quant: MulQuant | None = None) -> None:
        """Send rows one after another and wait until the last result has left."""
        self.configure(norm or self.norm, quant or self.quant)
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
