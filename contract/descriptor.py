"""The step descriptor: what the core is told at run time, one 32-bit word a field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from t2c.contract import field_kinds as kinds
from t2c.contract.field_kinds import COUNT_BITS, WORD_BITS, Group, Kind
from t2c.contract.operations import TRANSFERS, Combine, Operation
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import ShapeError

EXTENT_MAX = (1 << (COUNT_BITS - 1)) - 1
"""Largest extent of an input with its padding on both sides."""


def _meta(group: Group, kind: Kind, meaning: str) -> dict[str, Any]:
    return {"group": group, "kind": kind, "meaning": meaning}


def _transfer(kind: Kind, meaning: str) -> Any:
    return field(default=0, metadata=_meta(Group.TRANSFER, kind, meaning))


def _run(kind: Kind, meaning: str, default: int = 0) -> Any:
    return field(default=default, metadata=_meta(Group.RUN, kind, meaning))


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

    op: Operation = field(metadata=_meta(Group.EVERY, kinds.OPERATION, "what the step does"))
    layer: int = field(
        default=0,
        metadata=_meta(Group.EVERY, kinds.LAYER, "0 loads inputs, 1 + i is node i, one above the last stores outputs"),
    )
    base: int = _transfer(kinds.ADDRESS, "first word in the memory")
    words: int = _transfer(kinds.WORDS, "words to move")
    images: int = _run(kinds.COUNT, "images to walk")
    out_h: int = _run(kinds.COUNT, "rows of output pixels to walk")
    out_w: int = _run(kinds.COUNT, "columns of output pixels to walk")
    in_h: int = _run(kinds.COUNT, "rows of the input; outside them is padding")
    in_w: int = _run(kinds.COUNT, "columns of the input; outside them is padding")
    stride_h: int = _run(kinds.COUNT, "input rows from one output row to the next", 1)
    stride_w: int = _run(kinds.COUNT, "input columns from one output column to the next", 1)
    pad_h: int = _run(kinds.PIXELS, "rows by which the first window begins above the input; negative: below its edge")
    pad_w: int = _run(kinds.PIXELS, "columns by which the first window begins left of the input")
    taps: int = _run(kinds.COUNT, "kernel elements", 1)
    k_w: int = _run(kinds.COUNT, "kernel width", 1)
    dil_h: int = _run(kinds.DISTANCE, "input rows from tap to tap", 1)
    dil_w: int = _run(kinds.DISTANCE, "input columns from tap to tap", 1)
    origin: int = _run(kinds.WRAPPING, "address of tap (0, 0) of the first output pixel")
    col_step: int = _run(kinds.WRAPPING, "from one output pixel to the next in x")
    row_step: int = _run(kinds.WRAPPING, "from one output pixel to the next in y")
    image_step: int = _run(kinds.WRAPPING, "from one image to the next")
    tap_col_step: int = _run(kinds.WRAPPING, "from tap to tap in x")
    tap_row_step: int = _run(kinds.WRAPPING, "from tap to tap in y")
    ch_words: int = _run(kinds.COUNT, "channel words that a column tile needs", 1)
    rows_per_tap: int = _run(kinds.COUNT, "array rows of one tap")
    taps_per_tile: int = _run(kinds.COUNT, "taps of one K tile", 1)
    k_tiles: int = _run(kinds.COUNT, "tiles along K", 1)
    col_tiles: int = _run(kinds.COUNT, "tiles along N")
    blocks: int = _run(kinds.COUNT, "pixel blocks")
    weight_base: int = _run(kinds.ADDRESS, "first weight row")
    same_weights: int = _run(kinds.FLAG, "all K tiles of a column tile take the same weight rows")
    param_base: int = _run(kinds.ADDRESS, "first parameter word")
    x_signed: int = _run(kinds.FLAG, "the input is two's complement")
    x_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the input")
    x2_signed: int = _run(kinds.FLAG, "the second operand of a pair is two's complement")
    x2_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the second operand of a pair")
    y_zero_point: int = _run(kinds.ZERO_POINT, "zero point of the output")
    y_lo: int = _run(kinds.ZERO_POINT, "lower bound of the output")
    y_hi: int = _run(kinds.ZERO_POINT, "upper bound of the output")
    rounding: int = _run(kinds.ROUNDING, "rounding mode of the output")
    combine: Combine = field(
        default=Combine.SUM, metadata=_meta(Group.RUN, kinds.COMBINE, "how K tiles or pixels join")
    )
    keep: int = _run(kinds.FLAG, "the accumulators already hold a part of the sums")
    hold: int = _run(kinds.FLAG, "the sums are not complete at the end; no results")
    out_base: int = _run(kinds.WRAPPING, "address of the first result")
    out_step: int = _run(kinds.WRAPPING, "from result to result of an image")
    out_image_step: int = _run(kinds.WRAPPING, "from image to image of the results")
    out_pixels: int = _run(kinds.WORDS, "results of an image and column tile")

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
    """A field of the descriptor. index: of its word; group: which steps read it; kind: its range; meaning: a phrase."""

    name: str
    index: int
    group: Group
    kind: Kind
    meaning: str


FIELDS = tuple(Field(name=made.name, index=index, **made.metadata) for index, made in enumerate(fields(Descriptor)))
"""The fields in the order of their words."""
DESCRIPTOR_WORDS = len(FIELDS)
"""32-bit words of a step."""


def groups_of(operation: Operation) -> tuple[Group, ...]:
    """Groups of fields that an operation reads."""
    if operation in TRANSFERS:
        return Group.EVERY, Group.TRANSFER
    return (Group.EVERY, Group.RUN) if operation is Operation.RUN else (Group.EVERY,)


def _limits(operation: Operation) -> list[tuple[str, int, int]]:
    """Range of every field in a step of that operation."""
    used = groups_of(operation)
    ranges = ((entry, entry.kind.values if entry.group in used else entry.kind.word) for entry in FIELDS)
    return [(entry.name, values[0], values[-1]) for entry, values in ranges]


_LIMITS = {operation: _limits(operation) for operation in Operation}
