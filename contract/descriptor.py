"""The step descriptor: what the core is told at run time, one 32-bit word a field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from t2c.contract import field_kinds as kinds
from t2c.contract.field_kinds import COUNT_BITS, WORD_BITS, Kind
from t2c.contract.operations import ROW_STEPS, TRANSFERS, Combine, Operation
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import ShapeError

EXTENT_MAX = (1 << (COUNT_BITS - 1)) - 1
"""Largest extent of an input with its padding on both sides."""


_RUN, _MOVE, _NORM = Operation.RUN, Operation.MOVE, Operation.LAYER_NORM


def _meta(readers: Iterable[Operation], kind: Kind, meaning: str) -> dict[str, Any]:
    return {"readers": frozenset(readers), "kind": kind, "meaning": meaning}


def _read_by(readers: Iterable[Operation], kind: Kind, meaning: str, default: int = 0) -> Any:
    return field(default=default, metadata=_meta(readers, kind, meaning))


def _transfer(kind: Kind, meaning: str, *also: Operation) -> Any:
    return _read_by((*TRANSFERS, *also), kind, meaning)


def _run(kind: Kind, meaning: str, default: int = 0, *, also: Iterable[Operation] = ()) -> Any:
    return _read_by((_RUN, *also), kind, meaning, default)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """One step of a program. This list is the only one: docs/units/program.md shows it, rtl/descriptor.vh and the C
    header come from it, and field k is word k of the step in the program memory.

    Addresses and steps of a RUN count activation words (of ROWS channels), modulo the power of two above the memory's
    depth, so they may be negative. A field that the step's operation does not read may hold anything that its word
    holds.

    Raises:
        RangeError: a field outside its range.
    """

    op: Operation = field(metadata=_meta(Operation, kinds.OPERATION, "what the step does"))
    layer: int = field(
        default=0,
        metadata=_meta(Operation, kinds.LAYER, "0 loads inputs, 1 + i is node i, one above the last stores outputs"),
    )
    base: int = _transfer(kinds.ADDRESS, "first word of a transfer in its memory; of a MOVE: first weight row", _MOVE)
    words: int = _transfer(kinds.WORDS, "words of a transfer")
    images: int = _run(kinds.COUNT, "images to walk")
    out_h: int = _run(kinds.COUNT, "rows of output pixels to walk")
    out_w: int = _run(kinds.COUNT, "columns of output pixels to walk")
    in_h: int = _run(kinds.COUNT, "rows of the input; outside them is padding")
    in_w: int = _run(kinds.COUNT, "columns of the input; outside them is padding; of a MOVE: tokens", also=(_MOVE,))
    stride_h: int = _run(kinds.COUNT, "input rows from one output row to the next", 1)
    stride_w: int = _run(kinds.COUNT, "input columns from one output column to the next", 1)
    pad_h: int = _run(kinds.PIXELS, "rows by which the first window begins above the input; negative: below its edge")
    pad_w: int = _run(kinds.PIXELS, "columns by which the first window begins left of the input")
    taps: int = _run(kinds.COUNT, "kernel elements", 1)
    k_w: int = _run(kinds.COUNT, "kernel width", 1)
    dil_h: int = _run(kinds.DISTANCE, "input rows from tap to tap", 1)
    dil_w: int = _run(kinds.DISTANCE, "input columns from tap to tap", 1)
    origin: int = _run(
        kinds.WRAPPING,
        "address of tap (0, 0) of the first output pixel; of a MOVE: of its first token; else of the first row",
        also=(_MOVE, *ROW_STEPS),
    )
    col_step: int = _run(
        kinds.WRAPPING, "from one output pixel to the next in x, or from token to token", also=(_MOVE,)
    )
    row_step: int = _run(kinds.WRAPPING, "from one output pixel to the next in y, or from row to row", also=ROW_STEPS)
    image_step: int = _run(kinds.WRAPPING, "from one image to the next")
    tap_col_step: int = _run(kinds.WRAPPING, "from tap to tap in x")
    tap_row_step: int = _run(kinds.WRAPPING, "from tap to tap in y")
    ch_words: int = _run(kinds.COUNT, "channel words that a column tile needs", 1, also=(_MOVE,))
    rows_per_tap: int = _run(kinds.COUNT, "array rows of one tap")
    taps_per_tile: int = _run(kinds.COUNT, "taps of one K tile", 1)
    k_tiles: int = _run(kinds.COUNT, "tiles along K", 1, also=(_MOVE,))
    col_tiles: int = _run(kinds.COUNT, "tiles along N", also=(_MOVE,))
    blocks: int = _run(kinds.COUNT, "pixel blocks")
    weight_base: int = _run(kinds.ADDRESS, "first weight row")
    same_weights: int = _run(kinds.FLAG, "all K tiles of a column tile take the same weight rows")
    param_base: int = _run(kinds.ADDRESS, "first parameter word", also=(_NORM,))
    x_signed: int = _run(kinds.FLAG, "the input is two's complement", also=(_MOVE, *ROW_STEPS))
    x_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the input")
    x2_signed: int = _run(kinds.FLAG, "the second operand of a pair is two's complement")
    x2_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the second operand of a pair")
    y_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the output", also=(_NORM,))
    y_lo: int = _run(kinds.ZERO_POINT, "lower bound of the output", also=(_NORM,))
    y_hi: int = _run(kinds.ZERO_POINT, "upper bound of the output", also=(_NORM,))
    rounding: int = _run(kinds.ROUNDING, "rounding mode of the output", also=(_NORM,))
    combine: Combine = field(default=Combine.SUM, metadata=_meta((_RUN,), kinds.COMBINE, "how K tiles or pixels join"))
    keep: int = _run(kinds.FLAG, "the accumulators already hold a part of the sums")
    hold: int = _run(kinds.FLAG, "the sums are not complete at the end; no results")
    out_base: int = _run(kinds.WRAPPING, "address of the first result", also=ROW_STEPS)
    out_step: int = _run(kinds.WRAPPING, "from result to result of an image, or from row to row", also=ROW_STEPS)
    out_image_step: int = _run(kinds.WRAPPING, "from image to image of the results")
    out_pixels: int = _run(kinds.WORDS, "results of an image and column tile, or rows", also=ROW_STEPS)
    table: int = _run(kinds.FLAG, "results pass a table")
    table_page: int = _run(
        kinds.PAGE, "page of 2^X_W entries: of that table, or of the exponentials", also=(Operation.SOFTMAX,)
    )
    transpose: int = _read_by((_MOVE,), kinds.FLAG, "tokens become columns, else rows")
    lane_first: int = _read_by((_MOVE,), kinds.BANK, "bank of the first channel, in the first channel word")
    lane_last: int = _read_by((_MOVE,), kinds.BANK, "bank of the last channel, in the last channel word")
    row_length: int = _read_by(ROW_STEPS, kinds.ROW_LENGTH, "elements of a row")
    reciprocal_bits: int = _read_by((Operation.SOFTMAX,), kinds.RECIPROCAL, "R of softmax")
    result_bits: int = _read_by((Operation.SOFTMAX,), kinds.RESULT, "P of softmax")
    epsilon_low: int = _read_by((_NORM,), kinds.EPSILON_LOW, "lower 32 bits of E of LayerNorm, which is at least 1")
    epsilon_high: int = _read_by((_NORM,), kinds.EPSILON_HIGH, "bits of E above them")

    def __post_init__(self) -> None:
        check_int("descriptor op", self.op, kinds.OPERATION.low, kinds.OPERATION.high)
        for name, low, high in _LIMITS[self.op]:
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                check_int(f"descriptor {name}", value, low, high)
        if self.op is Operation.RUN:
            for extent, pad in ((self.in_h, self.pad_h), (self.in_w, self.pad_w)):
                check_int("descriptor padded extent", extent + 2 * max(pad, 0), 1, EXTENT_MAX)

    @property
    def pixels(self) -> int:
        """Pixels walked for each tile."""
        return self.images * self.out_h * self.out_w

    def encode(self) -> list[int]:
        """The fields as 32-bit words, two's complement, in their order."""
        return [int(getattr(self, entry.name)) % (1 << WORD_BITS) for entry in FIELDS]

    @classmethod
    def decode(cls, words: Sequence[int] | npt.NDArray[np.integer[Any]]) -> Self:
        """The step that `encode` made these words of.

        Args:
            words: one a field, of 32 bits, as unsigned or as two's complement numbers.

        Raises:
            ShapeError: another number of words.
            RangeError: no such operation, or a field outside its range.
        """
        if len(words) != len(FIELDS):
            raise ShapeError(f"descriptor of {len(words)} words: a step has {len(FIELDS)}")
        values: dict[str, Any] = {
            entry.name: entry.kind.decode(word) for entry, word in zip(FIELDS, words, strict=True)
        }
        check_int("descriptor op", values["op"], kinds.OPERATION.low, kinds.OPERATION.high)
        values["op"] = Operation(values["op"])
        if values["combine"] in kinds.COMBINE.values:
            values["combine"] = Combine(values["combine"])
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of the descriptor.

    index: of its word; readers: the steps that read it; kind: its range; meaning: a phrase.
    """

    name: str
    index: int
    readers: frozenset[Operation]
    kind: Kind
    meaning: str

    @property
    def of_every_step(self) -> bool:
        """Whether all steps read it."""
        return self.readers == frozenset(Operation)


FIELDS = tuple(Field(name=made.name, index=index, **made.metadata) for index, made in enumerate(fields(Descriptor)))
"""The fields in the order of their words."""
DESCRIPTOR_WORDS = len(FIELDS)
"""32-bit words of a step."""


def _limits(operation: Operation) -> list[tuple[str, int, int]]:
    """Range of every field in a step of that operation."""
    ranges = ((entry, entry.kind.values if operation in entry.readers else entry.kind.word) for entry in FIELDS)
    return [(entry.name, values[0], values[-1]) for entry, values in ranges]


_LIMITS = {operation: _limits(operation) for operation in Operation}
