"""The core's memories, with what is unknown in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.field_kinds import TABLE_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import Lanes, lane_dtype
from t2c.core_model.errors import Place
from t2c.core_model.walk import Flags
from t2c.golden.arithmetic.formats import IntArray, check_range, python_integers
from t2c.golden.errors import RangeError, ShapeError


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """A memory's words and which of them are known; both are written in place.

    words: (depth, lanes); what stands in an unknown place means nothing. known: (depth, lanes) for activations, whose
    banks are written by themselves; else (depth,).
    """

    words: npt.NDArray[np.generic]
    known: Flags

    @property
    def known_lanes(self) -> Flags:
        """Which lanes are known: (depth, lanes)."""
        known = self.known if self.known.ndim == 2 else self.known[:, np.newaxis]
        return np.broadcast_to(known, self.words.shape)

    def write(self, base: int, words: npt.NDArray[np.generic]) -> None:
        """Write words from an address on."""
        self.words[base : base + len(words)] = words
        self.known[base : base + len(words)] = True

    @property
    def used(self) -> int:
        """Words up to the last known one."""
        known = self.known if self.known.ndim == 1 else self.known.any(axis=1)
        places = np.flatnonzero(known)
        return int(places[-1]) + 1 if len(places) else 0


class Memories:
    """All memories of a core.

    activations: (ACT_DEPTH, ROWS) uint8, raw X_W bits; weights: (WGT_DEPTH, COLS) signed codes, int8 or int64;
    params: (PAR_DEPTH, COLS) lanes {shift, bias, multiplier}, uint64 or Python's integers (`lane_dtype`); tables:
    (TBL_DEPTH, 1) uint16; accumulators: (ACC_DEPTH, COLS) int64.
    """

    def __init__(
        self, hardware: Hardware, weights: IntArray | None, params: Lanes | None, tables: IntArray | None = None
    ) -> None:
        """Memories after power-up: unknown but for what files have filled.

        Args:
            hardware: depths and widths.
            weights: (rows, COLS) signed; params: (words, COLS); tables: (entries, 1) unsigned; all from address 0.

        Raises:
            RangeError, ShapeError: an image that does not fit its memory.
        """
        self.hardware = hardware
        rows, cols = hardware.rows, hardware.cols
        self.activations = _empty(hardware.act_depth, rows, np.uint8, each_bank=True)
        self.weights = _empty(hardware.wgt_depth, cols, np.int8 if hardware.code_w <= 8 else np.int64)
        self.params = _empty(hardware.par_depth, cols, lane_dtype(hardware))
        self.tables = _empty(hardware.tbl_depth, 1, np.uint16)
        self.accumulators = _empty(hardware.acc_depth, cols, np.int64)
        half, top = 1 << (hardware.code_w - 1), (1 << hardware.param_w) - 1
        for name, memory, image, low, high in (
            ("weights", self.weights, weights, -half, half - 1),
            ("params", self.params, params, 0, top),
            ("tables", self.tables, tables, 0, (1 << TABLE_BITS) - 1),
        ):
            if image is None or not len(image):
                continue
            shape = np.shape(image)
            lanes = memory.words.shape[1]
            if len(shape) != 2 or shape[1] != lanes:
                said = f"COLS = {cols}" if memory is not self.tables else str(lanes)
                raise ShapeError(f"{name}: shape {shape} is not (words, {said})")
            if len(image) > len(memory.words):
                raise RangeError(f"{name}: {len(image)} words, the memory has {len(memory.words)}")
            memory.write(0, (python_integers if memory.words.dtype == object else check_range)(name, image, low, high))

    def of(self, operation: Operation) -> Memory:
        """The memory that a transfer reads or writes."""
        named = {Operation.WEIGHTS: self.weights, Operation.PARAMS: self.params, Operation.TABLES: self.tables}
        return named.get(operation, self.activations)

    def rows_of_weights(self, place: Place, address: IntArray) -> IntArray:
        """Weight rows at addresses of any shape: (*shape, COLS) int64.

        Raises:
            ProgramError: a row that nobody has brought.
        """
        return _read(self.weights, place, "weight_base", address, "weights").astype(np.int64)

    def parameter_words(self, place: Place, address: IntArray) -> Lanes:
        """Parameter words at addresses of any shape: (*shape, COLS), as `Lanes`.

        Raises:
            ProgramError: a word that nobody has brought.
        """
        return _read(self.params, place, "param_base", address, "parameters")

    def table_entries(self, place: Place, address: IntArray) -> IntArray:
        """Entries of the table memory at addresses of any shape, int64.

        Raises:
            ProgramError: an entry that nobody has brought.
        """
        return _read(self.tables, place, "table_page", address, "a table")[..., 0].astype(np.int64)


def _empty(depth: int, lanes: int, dtype: npt.DTypeLike, *, each_bank: bool = False) -> Memory:
    known = np.zeros((depth, lanes) if each_bank else depth, dtype=bool)
    return Memory(words=np.zeros((depth, lanes), dtype=dtype), known=known)


def _read(memory: Memory, place: Place, field: str, address: IntArray, what: str) -> npt.NDArray[np.generic]:
    """Words at addresses modulo the power of two above the depth, as the hardware's address bits say."""
    depth = len(memory.words)
    wrapped = np.asarray(address) & ((1 << (depth - 1).bit_length()) - 1)
    beyond = wrapped >= depth
    bad = beyond | ~memory.known[np.minimum(wrapped, depth - 1)]
    if bad.any():
        first = int(wrapped.reshape(-1)[int(bad.reshape(-1).argmax())])
        fault = f"beyond the {depth} words of the memory" if first >= depth else "which nobody has brought"
        raise place.error(field, f"reads {what}, {fault}", first)
    words: npt.NDArray[np.generic] = memory.words[wrapped]
    return words
