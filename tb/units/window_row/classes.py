"""Classes of the cycles of a row of the window former: one input for each cycle, that of the operand that comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, after, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.window_row.model import RowLayer, RowOperand, RowTap

RESETS = ("reset with operands inside", "reset with a configuration waiting")


@dataclass(frozen=True, kw_only=True)
class RowSeen:
    """What a cycle shows. operand: that comes out, None if none; word: what the bank gave for it; value: the operand;
    asked: the pixel whose address is at the bank; pixel, first, tap: what comes in."""

    layer: RowLayer
    operand: RowOperand | None
    word: int
    value: int
    asked: RowOperand | None
    pixel: bool
    first: bool
    tap: RowTap | None


def classes(seen: Sequence[RowSeen], x_w: int, addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: one for each cycle.
        x_w, addr_w: X_W, ADDR_W.
    """
    there = _flags(one.operand is not None for one in seen)
    inside = _flags(one.operand is not None and one.operand.inside for one in seen)
    second = _flags(one.operand is not None and one.operand.pixel.second for one in seen)
    signed = _flags(one.operand is not None and one.layer.signed[one.operand.pixel.second] for one in seen)
    maximum = _flags(one.layer.maximum for one in seen)
    iy, ix = (_numbers(getattr(one.operand, name) if one.operand else 0 for one in seen) for name in ("iy", "ix"))
    in_h, in_w = (_numbers(getattr(one.layer, name) for one in seen) for name in ("in_h", "in_w"))
    word, value = (_numbers(getattr(one, name) for one in seen) for name in ("word", "value"))
    asked = _flags(one.asked is not None for one in seen)
    address = _numbers(one.asked.address % (1 << addr_w) if one.asked else 0 for one in seen)
    pixel, first, written = (
        _flags(one.pixel for one in seen),
        _flags(one.first for one in seen),
        _flags(one.tap is not None for one in seen),
    )
    return {
        "reading": {
            "first operand, unsigned": inside & ~second & ~signed,
            "first operand, signed": inside & ~second & signed,
            "second operand, unsigned": inside & second & ~signed,
            "second operand, signed": inside & second & signed,
            "outside": there & ~inside & ~maximum,
            "outside, max": there & ~inside & maximum,
            "no pixel": ~there & ~maximum,
            "no pixel, max": ~there & maximum,
        },
        "row": _edge("row", iy, in_h, there),
        "column": _edge("column", ix, in_w, there),
        "rows of the image": bit_classes("IN_H", in_h, 15, there),
        "columns of the image": bit_classes("IN_W", in_w, 15, there),
        "operand": {
            "operand least of all": inside & (value == 1 - (1 << x_w)),
            "operand largest of all": inside & (value == (1 << x_w) - 1),
            "operand 0": inside & (value == 0),
            "operand negative": inside & (value < 0),
            "word with its top bit, signed": inside & signed & (word >> x_w - 1 == 1),
            "word with its top bit, unsigned": inside & ~signed & (word >> x_w - 1 == 1),
        },
        "bank address": bit_classes("bank address", address, addr_w, asked),
        "coming": {
            "a K tile begins, its last pixel before and a new configuration": pixel & first & written,
            "a K tile begins, its last pixel before": pixel & first & ~written,
            "a K tile begins, a new configuration": ~pixel & first & written,
            "a K tile begins": ~pixel & first & ~written,
            "a pixel and a new configuration": pixel & ~first & written,
            "a pixel alone": pixel & ~first & ~written,
            "configuration alone": ~pixel & ~first & written,
            "a K tile of one pixel": first & after(first) & pixel,
        },
    }


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    made = Coverage(names(classes((), parameters["X_W"], parameters["ADDR_W"])))
    made.declare({"reset": RESETS})
    for axis in ("H", "W"):
        name = f"IN_{axis} 0"
        made.exclude({"H": "rows of the image", "W": "columns of the image"}[axis], name, "no image has none")
    return made


def _edge(what: str, at: IntArray, size: IntArray, there: BoolArray) -> dict[str, BoolArray]:
    inside = (at >= 0) & (at < size)
    return {
        f"{what} least of all": there & (at == -(1 << 15)),
        f"{what} -1": there & (at == -1),
        f"{what} first": there & (at == 0),
        f"{what} last": there & (at == size - 1),
        f"{what} one behind the last": there & (at == size),
        f"{what} largest of all": there & (at == (1 << 15) - 1),
        f"{what} far inside": there & inside & (at > 255),
        f"{what} far behind": there & (at > size + 255),
        f"{what} far before": there & (at < -255),
        f"{what} beside an image of one": there & (size == 1) & ~inside,
    }


def _flags(values: object) -> BoolArray:
    return np.fromiter(values, dtype=bool)  # type: ignore[call-overload, no-any-return]


def _numbers(values: object) -> IntArray:
    return np.fromiter(values, dtype=np.int64)  # type: ignore[call-overload, no-any-return]
