"""The core's contract written a second time, straight from the headers in rtl/: it runs a program's words on integers.

Nothing of the compiler is used: descriptors are decoded by the names in
rtl/descriptor.vh, words are laid out and read back here, constants come as the memories hold them. An unknown word that
is read, a sum beyond ACC_W, or a word that one step both reads and writes is an AssertionError.
"""

from __future__ import annotations

import re

import numpy as np

from t2c.contract.hardware import SHIFT_W
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding, round_shift
from t2c.mapping.program import Content, Program
from tests.conftest import ROOT

_HEADER = (ROOT / "rtl" / "descriptor.vh").read_text()
FIELD = {name: int(index) for name, index in re.findall(r"localparam D_(\w+)\s*=\s*(\d+);", _HEADER)}
CODE = {name: int(value) for name, value in re.findall(r"\b((?:OP|COMBINE)_\w+) *= (\d+)", _HEADER)}
UNKNOWN = -(1 << 40)
"""Stands for a word that was never written."""


def lay_out(tensor: IntArray, rows: int) -> IntArray:
    """Words of a batch (N, C, H, W) or (N, F): NHWC, channel c in bank c mod rows, copies where there is room."""
    maps = tensor.reshape(*tensor.shape, 1, 1) if tensor.ndim == 2 else tensor
    n, channels, height, width = maps.shape
    words = -(-channels // rows)
    memory = np.zeros((n, height, width, words, rows), dtype=np.int64)
    for channel in range(channels):
        memory[..., channel // rows, channel % rows] = maps[:, channel]
    for bank in range(channels, rows // channels * channels):
        memory[..., 0, bank] = maps[:, bank % channels]
    return memory.reshape(-1, rows)


class Interpreter:
    """Runs one program once; afterwards `tensors` holds what each layer wrote and `host` what was stored."""

    def __init__(self, program: Program, inputs: dict[str, IntArray]) -> None:
        hw = self.hw = program.hardware
        self.program = program
        self.span = 1 << (hw.act_depth - 1).bit_length()
        self.memory = np.full((self.span, hw.rows), UNKNOWN, dtype=np.int64)
        self.weights = np.full((hw.wgt_depth, hw.cols), UNKNOWN, dtype=np.int64)
        self.weights[: len(program.weights)] = program.weights
        self.params = np.zeros((hw.par_depth, hw.cols), dtype=np.uint64)
        self.params[: len(program.params)] = program.params
        self.sums = np.full((hw.acc_depth, hw.cols), UNKNOWN, dtype=np.int64)
        mask = (1 << hw.x_w) - 1
        regions = [lay_out(inputs[region.edge] & mask, hw.rows) for region in program.inputs]
        for region, words in zip(program.inputs, regions, strict=True):
            assert len(words) == region.words
        tensor_words = sum(region.words for region in program.tensors)
        self.host = {
            Content.INPUT: np.concatenate(regions),
            Content.TENSOR: np.full((tensor_words, hw.rows), UNKNOWN, dtype=np.int64),
        }
        self.tensors: dict[str, IntArray] = {}
        self.written: dict[str, IntArray] = {}

    def run(self) -> None:
        """Decode the program memory and carry out step after step up to END."""
        words = np.array(self.program.words(), dtype=np.uint32).astype(np.int32).reshape(-1, FIELD["FIELDS"])
        assert words.size <= self.hw.prg_depth
        for number, row in enumerate(words.tolist()):
            d = {name: row[index] for name, index in FIELD.items() if name != "FIELDS"}
            step = self.program.steps[number]
            if d["OP"] == CODE["OP_END"]:
                assert number == len(words) - 1
            elif d["OP"] == CODE["OP_RUN"]:
                results = self._run_step(d)
                assert (step.result is None) == bool(d["HOLD"])
                if step.result is not None:
                    self._record(step.result.edge, step.result.base, d, results)
            else:
                self._transfer(d, step.transfer)

    # ------------------------------------------------------------------ transfers

    def _transfer(self, d: dict[str, int], move: object) -> None:
        base, words = d["BASE"], d["WORDS"]
        depth = {CODE["OP_WEIGHTS"]: self.hw.wgt_depth, CODE["OP_PARAMS"]: self.hw.par_depth}
        assert words >= 1
        assert 0 <= base <= base + words <= depth.get(d["OP"], self.hw.act_depth)
        mine = slice(base, base + words)
        if d["OP"] == CODE["OP_WEIGHTS"]:
            assert move.content is Content.WEIGHTS
            self.weights[mine] = move.words
        elif d["OP"] == CODE["OP_PARAMS"]:
            assert move.content is Content.PARAMS
            self.params[mine] = move.words
        else:
            there = self.host[move.content][move.address : move.address + words]
            assert len(there) == move.beats == words
            if d["OP"] == CODE["OP_LOAD"]:
                assert (there != UNKNOWN).all(), "a word that was never stored is loaded"
                self.memory[mine] = there
            else:
                assert d["OP"] == CODE["OP_STORE"]
                assert (self.memory[mine] != UNKNOWN).all(), "a word that was never written is stored"
                assert (there == UNKNOWN).all(), "a host word is stored twice"
                there[:] = self.memory[mine]

    # ------------------------------------------------------------------ engine

    def _run_step(self, d: dict[str, int]) -> list[tuple[int, int, IntArray]]:
        """Return (address before the modulo, group, COLS raw values) of every result, in order."""
        hw = self.hw
        pair = d["COMBINE"] == CODE["COMBINE_PAIR"]
        pixels = d["IMAGES"] * d["OUT_H"] * d["OUT_W"]
        starts = range(0, pixels, hw.acc_depth)
        assert len(starts) == d["BLOCKS"]
        assert not (pair and (d["OUT_W"] % 2 or hw.acc_depth % 2))
        read = np.zeros((self.span, hw.rows), dtype=bool)
        results: list[tuple[int, int, IntArray]] = []
        column_base = d["WEIGHT_BASE"]
        for column in range(d["COL_TILES"]):
            count, after = 0, column_base
            for start in starts:
                block = np.arange(start, min(start + hw.acc_depth, pixels))
                address, tap, word = column_base, 0, 0
                for k_tile in range(d["K_TILES"]):
                    rows = self.weights[address : address + hw.rows]
                    assert rows.shape == (hw.rows, hw.cols)
                    assert (rows != UNKNOWN).all(), "weights that nobody brought"
                    after = address + hw.rows
                    address = column_base if d["SAME_WEIGHTS"] else after
                    operands = self._operands(d, block, tap, word, read)
                    self._join(d, len(block), operands @ rows, clear=k_tile == 0 and not d["KEEP"])
                    word += 1
                    if word == d["CH_WORDS"]:
                        word, tap = 0, tap + d["TAPS_PER_TILE"]
                if d["HOLD"]:
                    continue
                for values in self._quantise(d, block, column, pair=pair):
                    image, pixel = divmod(count, d["OUT_PIXELS"])
                    place = d["OUT_BASE"] + column // hw.groups
                    place += image * d["OUT_IMAGE_STEP"] + pixel * d["OUT_STEP"]
                    results.append((place, column % hw.groups, values))
                    count += 1
            column_base = after
        for place, group, values in results:
            banks = slice(group * hw.cols, (group + 1) * hw.cols)
            assert place % self.span < hw.act_depth, "a result beyond the memory"
            assert not read[place % self.span, banks].any(), "a step reads and writes the same word"
            self.memory[place % self.span, banks] = values
        return results

    def _operands(self, d: dict[str, int], block: IntArray, tap: int, word: int, read: IntArray) -> IntArray:
        """The window former: one operand for each pixel of the block and each row."""
        hw = self.hw
        assert d["TAPS_PER_TILE"] == 1 or d["CH_WORDS"] == 1
        image, rest = np.divmod(block, d["OUT_H"] * d["OUT_W"])
        oy, ox = np.divmod(rest, d["OUT_W"])
        second = (ox % 2 == 1) & (d["COMBINE"] == CODE["COMBINE_PAIR"])
        signed = np.where(second, d["X2_SIGNED"], d["X_SIGNED"])
        zero_point = np.where(second, d["X2_ZERO_POINT"], d["X_ZERO_POINT"])
        base = d["ORIGIN"] + image * d["IMAGE_STEP"] + oy * d["ROW_STEP"] + ox * d["COL_STEP"]
        outside = -(1 << hw.x_w) if d["COMBINE"] == CODE["COMBINE_MAX"] else 0
        operands = np.full((len(block), hw.rows), outside, dtype=np.int64)
        for row in range(hw.rows):
            slot = row // d["ROWS_PER_TAP"]
            if slot >= d["TAPS_PER_TILE"] or tap + slot >= d["TAPS"]:
                continue
            ky, kx = divmod(tap + slot, d["K_W"])
            iy = oy * d["STRIDE_H"] - d["PAD_H"] + ky * d["DIL_H"]
            ix = ox * d["STRIDE_W"] - d["PAD_W"] + kx * d["DIL_W"]
            inside = (iy >= 0) & (iy < d["IN_H"]) & (ix >= 0) & (ix < d["IN_W"])
            address = (base + ky * d["TAP_ROW_STEP"] + kx * d["TAP_COL_STEP"] + word) % self.span
            raw = self.memory[address, row]
            assert (raw[inside] != UNKNOWN).all(), "a word that was never written is read"
            read[address[inside], row] = True
            value = raw - np.where(signed & (raw >= 1 << (hw.x_w - 1)), 1 << hw.x_w, 0)
            operands[inside, row] = (value - zero_point)[inside]
        return operands

    def _join(self, d: dict[str, int], count: int, psums: IntArray, *, clear: bool) -> None:
        """The accumulators."""
        mine = self.sums[:count]
        if clear:
            mine[:] = psums
            return
        assert (mine != UNKNOWN).all(), "sums that nobody began"
        mine[:] = np.maximum(mine, psums) if d["COMBINE"] == CODE["COMBINE_MAX"] else mine + psums
        assert (abs(mine) < 1 << (self.hw.acc_w - 1)).all(), "an accumulator overflows"

    def _lanes(self, address: int) -> tuple[IntArray, IntArray, IntArray]:
        """(multiplier, bias, shift) of the lanes of a parameter word {shift, bias, multiplier}."""
        hw, words = self.hw, [int(lane) for lane in self.params[address]]
        multiplier = np.array([_signed(word, hw.scale_w) for word in words])
        bias = np.array([_signed(word >> hw.scale_w, hw.bias_w) for word in words])
        shift = np.array([word >> (hw.scale_w + hw.bias_w) & ((1 << SHIFT_W) - 1) for word in words])
        return multiplier, bias, shift

    def _quantise(self, d: dict[str, int], block: IntArray, column: int, *, pair: bool) -> IntArray:
        """MulQuant: raw results (results, COLS) of a block whose sums are complete."""
        address = d["PARAM_BASE"] + column * (2 if pair else 1)
        multiplier, bias, shift = self._lanes(address)
        sums = self.sums[: len(block)]
        if pair:
            assert block[0] % 2 == 0
            multiplier2, _, shift = self._lanes(address + 1)
            p = sums[0::2] * multiplier + bias + sums[1::2] * multiplier2
        else:
            p = sums * multiplier + bias
        rounded = round_shift(p, np.broadcast_to(shift, p.shape), list(Rounding)[d["ROUNDING"]])
        return np.clip(rounded + d["Y_ZERO_POINT"], d["Y_LO"], d["Y_HI"]) & ((1 << self.hw.x_w) - 1)

    # ------------------------------------------------------------------ what came out

    def _record(self, edge: str, base: int, d: dict[str, int], results: list[tuple[int, int, IntArray]]) -> None:
        """Keep a step's results as words of the tensor that begins at address `base`."""
        assert self.program.nodes[d["LAYER"] - 1].output == edge
        shape = self.program.graph.edges[edge].shape
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        size = self.program.batch * height * width * -(-channels // self.hw.rows)
        words = self.tensors.setdefault(edge, np.full((size, self.hw.rows), UNKNOWN, dtype=np.int64))
        written = self.written.setdefault(edge, np.zeros((size, self.hw.rows), dtype=np.int64))
        for place, group, values in results:
            banks = slice(group * self.hw.cols, (group + 1) * self.hw.cols)
            assert 0 <= place - base < size, f"{edge}: a result beyond the tensor"
            words[place - base, banks] = values
            written[place - base, banks] += 1


def _signed(word: int, bits: int) -> int:
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word
