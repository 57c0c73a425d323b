"""A RUN step: window former, array, accumulators, MulQuant, table and output writer, on integers.

The formulas are those of the headers in rtl/. All column tiles of a pixel block are computed together; that changes
nothing, since the results go to the memory of which the step reads other words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import ROUNDINGS, Combine
from t2c.contract.parameter_lanes import decode_lanes
from t2c.core_model import walk
from t2c.core_model.descriptor_rules import check_run
from t2c.core_model.errors import Place
from t2c.core_model.memories import Memories
from t2c.core_model.results import Results, wrapped
from t2c.core_model.walk import Flags
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.arithmetic.rounding import round_shift

_AT_ONCE = 1 << 19
"""Operands that are looked up together."""


class Engine:
    """One RUN step on the memories of a core."""

    def __init__(self, memories: Memories, descriptor: Descriptor, place: Place) -> None:
        self.memories = memories
        self.hardware: Hardware = memories.hardware
        self.descriptor = descriptor
        self.place = place
        self.taps = walk.row_taps(descriptor, self.hardware, np.arange(descriptor.k_tiles))
        self.read: Flags = np.zeros(memories.activations.words.shape, dtype=bool)

    def run(self) -> tuple[IntArray, Results | None]:
        """Carry out the step: (sums before requantisation, results).

        Returns:
            sums: (column tiles, pixels, COLS) int64, after the last K tile.
            results: None if the sums are not complete (HOLD).

        Raises:
            ProgramError: the step does what the core does not guard against.
        """
        d, hardware = self.descriptor, self.hardware
        check_run(d, hardware, self.place)
        tile, k_tile = np.arange(d.col_tiles)[:, np.newaxis], np.arange(d.k_tiles)
        first = walk.weight_row(d, hardware, tile, k_tile)
        codes = self.memories.rows_of_weights(self.place, first[:, :, np.newaxis] + np.arange(hardware.tile_words))
        rows = hardware.columns.weights(codes, hardware.w_w)
        # (K tiles, ROWS, column tiles * COLS)
        weights = np.ascontiguousarray(rows.transpose(1, 2, 0, 3)).reshape(d.k_tiles, hardware.rows, -1)
        begun = self._begun()
        sums = np.concatenate([self._join(low, operands, weights, begun) for low, operands in self._operands()])
        sums = sums.reshape(d.pixels, d.col_tiles, hardware.cols).transpose(1, 0, 2)
        for low in range(0, d.pixels, hardware.acc_depth):
            self.memories.accumulators.write(0, sums[-1, low : low + hardware.acc_depth])
        return sums, None if d.hold else self._results(sums)

    # ------------------------------------------------------------------ window former
    def _operands(self) -> Iterator[tuple[int, IntArray]]:
        """Operands of neighbouring pixels: number of the first pixel, (pixels, K tiles, ROWS) int64."""
        d = self.descriptor
        each = max(2, _AT_ONCE // self.taps.tap.size)
        for low in range(0, d.pixels, each):
            yield low, self._look_up(np.arange(low, min(low + each, d.pixels)))

    def _look_up(self, index: IntArray) -> IntArray:
        d, hardware, memory = self.descriptor, self.hardware, self.memories.activations
        pixels = walk.pixels_of(d, index)
        reads = walk.reads_of(d, hardware, pixels, self.taps)
        address = np.where(reads.inside, reads.address, 0)
        beyond = address >= hardware.act_depth
        if beyond.any():
            raise self._fault(reads.address, beyond, f"beyond the {hardware.act_depth} words of the memory")
        flat = address * hardware.rows + np.arange(hardware.rows)
        unknown = reads.inside & ~memory.known.reshape(-1)[flat]
        if unknown.any():
            raise self._fault(reads.address, unknown, "which was never written")
        self.read.reshape(-1)[flat[reads.inside]] = True
        raw = memory.words.reshape(-1)[flat].astype(np.int64)
        second = pixels.second[:, np.newaxis, np.newaxis]
        if d.x_signed or d.x2_signed:
            signed = np.where(second, d.x2_signed, d.x_signed) == 1
            raw = np.where(signed, twos_complement(raw, hardware.x_w), raw)
        value = raw - np.where(second, d.x2_zero_point, d.x_zero_point)
        operands = np.where(reads.inside, value, walk.padding_operand(d, hardware))
        low, high = -(1 << hardware.x_w), (1 << hardware.x_w) - 1
        wrong = (operands < low) | (operands > high)
        if wrong.any():
            where = np.unravel_index(int(wrong.argmax()), wrong.shape)
            text = f"operand {int(operands[where])} does not fit X_W + 1 = {hardware.x_w + 1} bits"
            name = "x2_zero_point" if pixels.second[where[0]] else "x_zero_point"
            raise self.place.error(name, text, int(reads.address[where]))
        return operands

    def _fault(self, address: IntArray, wrong: Flags, text: str) -> Exception:
        where = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return self.place.error("origin", f"reads bank {int(where[2])}, {text}", int(address[where]))

    # ------------------------------------------------------------------ array and accumulators
    def _begun(self) -> IntArray | None:
        """Sums that earlier steps have begun, (pixels, COLS); None if this one starts afresh."""
        if not self.descriptor.keep:
            return None
        memory, pixels = self.memories.accumulators, self.descriptor.pixels
        if not memory.known[:pixels].all():
            first = int((~memory.known[:pixels]).argmax())
            raise self.place.error("keep", "adds to sums that no step has begun", first)
        return memory.words[:pixels].astype(np.int64)

    def _join(self, low: int, operands: IntArray, weights: IntArray, begun: IntArray | None) -> IntArray:
        """Sums of all K tiles for the pixels from number `low` on, (pixels, column tiles * COLS) int64."""
        d = self.descriptor
        pixels, k_tiles, rows = operands.shape
        start = None if begun is None else begun[low : low + pixels]
        limit = 1 << (self.hardware.acc_w - 1)
        largest = (1 << self.hardware.x_w) * int(np.abs(weights).sum(axis=(0, 1)).max())
        largest += int(np.abs(start).max()) if start is not None else 0
        # Floats hold every partial sum: of 24 bits where that is proven, else of 53, and ACC_W is at most 48.
        exact = np.dtype(np.float32 if largest < 1 << 24 else np.float64)
        left: npt.NDArray[Any] = operands.astype(exact)
        right: npt.NDArray[Any] = weights.astype(exact)
        exact_sums = self.hardware.columns.exact
        if exact_sums and d.combine is not Combine.MAX and largest < limit:
            whole: IntArray = (left.reshape(pixels, -1) @ right.reshape(k_tiles * rows, -1)).astype(np.int64)
            return whole if start is None else whole + start
        sums: IntArray | None = start
        for k_tile in range(k_tiles):
            if exact_sums:
                psums: IntArray = (left[:, k_tile] @ right[k_tile]).astype(np.int64)
            else:
                psums = self._element_sums(operands[:, k_tile], weights[k_tile])
            # A PAIR's K tiles add up as those of a SUM.
            join = np.maximum if d.combine is Combine.MAX else np.add
            sums = psums if sums is None else join(sums, psums)
            over = (sums < -limit) | (sums >= limit)
            if over.any():
                pixel, column = np.unravel_index(int(over.argmax()), over.shape)
                text = f"sum {int(sums[pixel, column])} after K tile {k_tile}, column {column % self.hardware.cols}"
                raise self.place.error("k_tiles", f"{text}, does not fit ACC_W = {self.hardware.acc_w} bits")
        assert sums is not None
        return sums

    def _element_sums(self, operands: IntArray, weights: IntArray) -> IntArray:
        """Column sums of one K tile on elements that do not multiply exactly."""
        columns = self.hardware.columns
        tiles = np.split(weights, weights.shape[1] // self.hardware.cols, axis=1)
        return np.concatenate([columns.sums(operands, tile) for tile in tiles], axis=1)

    # ------------------------------------------------------------------ MulQuant, table and output writer
    def _results(self, sums: IntArray) -> Results:
        d, hardware = self.descriptor, self.hardware
        tiles = np.arange(d.col_tiles)[:, np.newaxis]
        multiplier, bias, shift = self._constants(tiles, second=False)
        if d.combine is Combine.PAIR:
            # The second pixel's word gives its multiplier and the shift; the bias is the first one's.
            multiplier_2, _, shift = self._constants(tiles, second=True)
            p = sums[:, 0::2] * multiplier + bias + sums[:, 1::2] * multiplier_2
        else:
            p = sums * multiplier + bias
        rounded = round_shift(p, shift, ROUNDINGS[d.rounding])
        mask = (1 << hardware.x_w) - 1
        clipped = np.clip(rounded + d.y_zero_point, d.y_lo, d.y_hi) & mask
        values = self._looked_up(clipped) & mask if d.table else clipped
        place, group = walk.result_places(d, hardware)
        results = Results(
            address=wrapped(place, hardware),
            group=group,
            values=values.reshape(-1, hardware.cols).astype(np.uint8),
            before=clipped.reshape(-1, hardware.cols).astype(np.uint8) if d.table else None,
        )
        self._write(results)
        return results

    def _looked_up(self, values: IntArray) -> IntArray:
        """Entries of the step's page."""
        return self.memories.table_entries(self.place, (self.descriptor.table_page << self.hardware.x_w) + values)

    def _constants(self, tiles: IntArray, *, second: bool) -> tuple[IntArray, IntArray, IntArray]:
        words = walk.parameter_word(self.descriptor, tiles, second=second)
        return decode_lanes(self.memories.parameter_words(self.place, words), self.hardware)

    def _write(self, results: Results) -> None:
        results.check(self.hardware, self.place)
        both = results.of(self.read).any(axis=1)
        if both.any():
            text = "the step writes a word that it also reads"
            raise self.place.error("out_base", text, int(results.address[int(both.argmax())]))
        results.write(self.memories.activations)
