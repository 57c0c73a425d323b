"""The core a second time, in plain Python integers, one product after another, written from docs/units/ alone.

It shares nothing with `core_model` but the order of the fields, so that a fault in one of them is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from t2c.contract.descriptor import FIELDS
from t2c.contract.hardware import Hardware

SIGNED = {
    *("pad_h", "pad_w", "origin", "col_step", "row_step", "image_step", "tap_col_step", "tap_row_step"),
    *("x_zero_point", "x2_zero_point", "y_zero_point", "y_lo", "y_hi", "out_base", "out_step", "out_image_step"),
}
END, LOAD, RUN, STORE, WEIGHTS, PARAMS, TABLES, MOVE, SOFTMAX, LAYER_NORM = range(10)
SUM, MAX, PAIR = range(3)


def signed(value: int, bits: int) -> int:
    """Two's complement."""
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value


class PlainCore:
    """trace: (address, group, values) of every result; before: (values,) of those that passed a table, as they were;
    output: (word, tlast) of m_axis."""

    def __init__(self, hardware: Hardware) -> None:
        self.h = hardware
        self.activations: dict[tuple[int, int], int] = {}
        self.weights: dict[int, list[int]] = {}
        self.params: dict[int, list[tuple[int, int, int]]] = {}
        self.tables: dict[int, int] = {}
        self.sums: dict[int, list[int]] = {}
        self.before: list[tuple[int, ...]] = []
        self.trace: list[tuple[int, int, tuple[int, ...]]] = []
        self.output: list[tuple[int, bool]] = []

    def run(self, code: Sequence[int], words: Iterator[int]) -> None:
        """Run a program to its END."""
        for at in range(0, len(code), len(FIELDS)):
            step = {field.name: code[at + field.index] for field in FIELDS}
            step = {name: signed(value, 32) if name in SIGNED else value for name, value in step.items()}
            if step["op"] == END:
                return
            if step["op"] == RUN:
                self._run(step)
            elif step["op"] in (SOFTMAX, LAYER_NORM):
                self._rows(step)
            elif step["op"] == MOVE:
                self._move(step)
            else:
                self._transfer(step, words)
        raise AssertionError("no END")

    # ------------------------------------------------------------------ transfers
    def _transfer(self, step: dict[str, int], words: Iterator[int]) -> None:
        h = self.h
        for k in range(step["words"]):
            address = step["base"] + k
            if step["op"] == STORE:
                lanes = [self.activations[address, bank] << (bank * h.x_w) for bank in range(h.rows)]
                self.output.append((sum(lanes), k == step["words"] - 1))
            elif step["op"] == LOAD:
                word = next(words)
                for bank in range(h.rows):
                    self.activations[address, bank] = word >> (bank * h.x_w) & ((1 << h.x_w) - 1)
            elif step["op"] == WEIGHTS:
                word = next(words)
                self.weights[address] = [signed(word >> (column * h.w_w), h.w_w) for column in range(h.cols)]
            elif step["op"] == PARAMS:
                self.params[address] = self._parameter_word(words)
            else:
                self.tables[address] = self._wide_word(words, 16)

    def _parameter_word(self, words: Iterator[int]) -> list[tuple[int, int, int]]:
        h = self.h
        lane = h.scale_w + h.bias_w + 6
        word = self._wide_word(words, h.cols * lane)
        lanes = [word >> (column * lane) & ((1 << lane) - 1) for column in range(h.cols)]
        return [
            (signed(one, h.scale_w), signed(one >> h.scale_w, h.bias_w), one >> (h.scale_w + h.bias_w)) for one in lanes
        ]

    def _wide_word(self, words: Iterator[int], bits: int) -> int:
        """A memory word of several beats, the lowest first."""
        stream = max(self.h.rows * self.h.x_w, self.h.cols * self.h.w_w)
        return sum(next(words) << (beat * stream) for beat in range(-(-bits // stream))) % (1 << bits)

    # ------------------------------------------------------------------ MOVE
    def _move(self, d: dict[str, int]) -> None:
        h, at = self.h, d["base"]
        for tile in range(d["col_tiles"]):
            for k_tile in range(d["k_tiles"]):
                for row in range(h.rows):
                    self.weights[at] = [self._moved(d, tile, k_tile, row, column) for column in range(h.cols)]
                    at += 1

    def _moved(self, d: dict[str, int], tile: int, k_tile: int, row: int, column: int) -> int:
        h = self.h
        if d["transpose"]:
            token, word, bank = tile * h.cols + column, k_tile, row
        else:
            channel = tile * h.cols + column
            token, (word, bank) = k_tile * h.rows + row, divmod(channel, h.rows)
        if token >= d["in_w"] or word * h.rows + bank < d["lane_first"]:
            return 0
        if word * h.rows + bank > (d["ch_words"] - 1) * h.rows + d["lane_last"]:
            return 0
        raw = self.activations[(d["origin"] + token * d["col_step"] + word) % (1 << h.act_addr_w), bank]
        return signed(raw, h.x_w) if d["x_signed"] else raw

    # ------------------------------------------------------------------ RUN
    def _run(self, d: dict[str, int]) -> None:
        h = self.h
        pixels = [(image, y, x) for image in range(d["images"]) for y in range(d["out_h"]) for x in range(d["out_w"])]
        blocks = [pixels[low : low + h.acc_depth] for low in range(0, len(pixels), h.acc_depth)]
        written = []
        for tile in range(d["col_tiles"]):
            half: list[int] | None = None
            results = []
            for block in blocks:
                for k_tile in range(d["k_tiles"]):
                    for index, pixel in enumerate(block):
                        self._add(d, tile, k_tile, index, pixel)
                if d["hold"]:
                    continue
                for index, (_, _, x) in enumerate(block):
                    values, half = self._requantise(d, tile, index, x, half)
                    if values is not None:
                        results.append(values)
            for number, values in enumerate(results):
                values = self._looked_up(d, values) if d["table"] else values
                image, pixel = divmod(number, d["out_pixels"])
                address = d["out_base"] + tile // h.groups + image * d["out_image_step"] + pixel * d["out_step"]
                written.append((address % (1 << h.act_addr_w), tile % h.groups, values))
        for address, group, values in written:
            for column, value in enumerate(values):
                self.activations[address, group * h.cols + column] = value
        self.trace += written

    def _looked_up(self, d: dict[str, int], values: tuple[int, ...]) -> tuple[int, ...]:
        self.before.append(values)
        return tuple(self._entry(d, value) % 2**self.h.x_w for value in values)

    def _entry(self, d: dict[str, int], index: int) -> int:
        wrap = 1 << (self.h.tbl_depth - 1).bit_length()
        return self.tables[(d["table_page"] * 2**self.h.x_w + index) % wrap]

    def _add(self, d: dict[str, int], tile: int, k_tile: int, index: int, pixel: tuple[int, int, int]) -> None:
        h = self.h
        number = tile if d["same_weights"] else tile * d["k_tiles"] + k_tile
        columns = [0] * h.cols
        for row in range(h.rows):
            operand = self._operand(d, k_tile, row, pixel)
            at = (d["weight_base"] + number * h.rows + row) % (1 << (h.wgt_depth - 1).bit_length())
            for column in range(h.cols):
                columns[column] += operand * self.weights[at][column]
        if k_tile == 0 and not d["keep"]:
            self.sums[index] = columns
        elif d["combine"] == MAX:
            self.sums[index] = [max(pair) for pair in zip(self.sums[index], columns, strict=True)]
        else:
            self.sums[index] = [a + b for a, b in zip(self.sums[index], columns, strict=True)]

    def _operand(self, d: dict[str, int], k_tile: int, row: int, pixel: tuple[int, int, int]) -> int:
        h, (image, y, x) = self.h, pixel
        outside = -(1 << h.x_w) if d["combine"] == MAX else 0
        place = row // d["rows_per_tap"]
        tap = k_tile // d["ch_words"] * d["taps_per_tile"] + place
        if place >= d["taps_per_tile"] or tap >= d["taps"]:
            return outside
        ky, kx = divmod(tap, d["k_w"])
        iy = signed(y * d["stride_h"] - d["pad_h"] + ky * d["dil_h"], 16)
        ix = signed(x * d["stride_w"] - d["pad_w"] + kx * d["dil_w"], 16)
        if not (0 <= iy < d["in_h"] and 0 <= ix < d["in_w"]):
            return outside
        address = d["origin"] + image * d["image_step"] + y * d["row_step"] + x * d["col_step"]
        address += ky * d["tap_row_step"] + kx * d["tap_col_step"] + k_tile % d["ch_words"]
        raw = self.activations[address % (1 << h.act_addr_w), row]
        which = "x2" if d["combine"] == PAIR and x % 2 else "x"
        value = signed(raw, h.x_w) if d[f"{which}_signed"] else raw
        return value - d[f"{which}_zero_point"]

    def _requantise(
        self, d: dict[str, int], tile: int, index: int, x: int, half: list[int] | None
    ) -> tuple[tuple[int, ...] | None, list[int] | None]:
        """Results of a pixel, None for the first of a pair; and what the first leaves for the second."""
        h = self.h
        second = d["combine"] == PAIR and x % 2 == 1
        word = d["param_base"] + (2 * tile + second if d["combine"] == PAIR else tile)
        lanes = self.params[word % (1 << (h.par_depth - 1).bit_length())]
        acc = self.sums[index]
        if second:
            assert half is not None
            p = [before + acc[c] * m for c, (before, (m, _, _)) in enumerate(zip(half, lanes, strict=True))]
        else:
            p = [acc[c] * m + b for c, (m, b, _) in enumerate(lanes)]
            if d["combine"] == PAIR:
                return None, p
        q = [divided(value, lanes[c][2], d["rounding"]) + d["y_zero_point"] for c, value in enumerate(p)]
        mask = (1 << h.x_w) - 1
        return tuple(min(max(value, d["y_lo"]), d["y_hi"]) & mask for value in q), None

    # ------------------------------------------------------------------ SOFTMAX, LAYER_NORM
    def _rows(self, d: dict[str, int]) -> None:
        h, written = self.h, []
        for row in range(d["out_pixels"]):
            elements = []
            for k in range(d["row_length"]):
                address = d["origin"] + row * d["row_step"] + k // h.rows
                raw = self.activations[address % (1 << h.act_addr_w), k % h.rows]
                elements.append(signed(raw, h.x_w) if d["x_signed"] else raw)
            results = self._softmax(d, elements) if d["op"] == SOFTMAX else self._layer_norm(d, elements)
            results += [0] * (-len(results) % h.rows)
            for k in range(0, len(results), h.cols):
                address = d["out_base"] + row * d["out_step"] + k // h.rows
                values = tuple(value % (1 << h.x_w) for value in results[k : k + h.cols])
                written.append((address % (1 << h.act_addr_w), k % h.rows // h.cols, values))
                if k < d["row_length"]:
                    self.trace.append(written[-1])
        for address, group, values in written:
            for column, value in enumerate(values):
                self.activations[address, group * h.cols + column] = value

    def _softmax(self, d: dict[str, int], x: list[int]) -> list[int]:
        exps = [self._entry(d, max(x) - value) for value in x]
        reciprocal = (1 << d["reciprocal_bits"]) // sum(exps)
        drop = d["reciprocal_bits"] - d["result_bits"]
        return [min(divided(e * reciprocal, drop, 1), (1 << d["result_bits"]) - 1) for e in exps]

    def _layer_norm(self, d: dict[str, int], x: list[int]) -> list[int]:
        n, total = len(x), sum(x)
        variance = n * sum(value * value for value in x) - total * total + d["epsilon_low"] + (d["epsilon_high"] << 32)
        half = (variance.bit_length() + 1) // 2
        normal = (variance << 32) >> (2 * half)
        reciprocal = (1 << 32) // math.isqrt(normal)
        results = []
        for k, value in enumerate(x):
            word = (d["param_base"] + k // self.h.cols) % (1 << (self.h.par_depth - 1).bit_length())
            multiplier, bias, shift = self.params[word][k % self.h.cols]
            t = divided((n * value - total) * reciprocal, 4 + half, 1)
            q = divided(t * multiplier + bias, shift, d["rounding"]) + d["y_zero_point"]
            results.append(min(max(q, d["y_lo"]), d["y_hi"]))
        return results


def divided(value: int, shift: int, mode: int) -> int:
    """value / 2^shift: 0 floor, 1 half up, 2 half to even, 3 half away from zero, 4 half up by 31, then half away."""
    if mode == 4:
        return divided(divided(value, 31, 1), shift - 31, 3) if shift > 31 else divided(value, shift, 1)
    floor, rest = value >> shift, value & ((1 << shift) - 1)
    if mode == 0 or 2 * rest < 1 << shift:
        return floor
    if 2 * rest > 1 << shift:
        return floor + 1
    return {1: floor + 1, 2: floor + floor % 2, 3: floor + (value >= 0)}[mode]
