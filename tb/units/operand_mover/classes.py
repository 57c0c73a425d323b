"""Classes of the cycles of the operand mover: one input for each cycle that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.field_kinds import BANK
from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, cross, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.operand_mover.model import MovedRow

AFTER = (
    "rows after rows",
    "columns after rows",
    "rows after columns",
    "columns after columns",
    "reset while tokens become rows",
    "reset while tokens become columns",
)
"""What a step follows, and what cuts one off."""
BANK_BITS = BANK.high.bit_length()


@dataclass(frozen=True, kw_only=True)
class MoveSeen:
    """What a cycle shows. at: the row that is written, None if none."""

    at: MovedRow | None


def longest(rows: int) -> int:
    """Weight rows of the longest step of the bench: with many rows, fewer tiles."""
    return 70_000 if rows <= 6 else 20_000 if rows <= 16 else 1_000


def classes(seen: Sequence[MoveSeen], rows: int, cols: int, addr_w: int, wgt_addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: one for each cycle.
        rows, cols, addr_w, wgt_addr_w: ROWS, COLS, ADDR_W, WGT_ADDR_W.
    """
    groups = rows // cols
    write = np.array([one.at is not None for one in seen], dtype=bool)

    def number(of: Callable[[MovedRow], int]) -> IntArray:
        return np.array([of(one.at) if one.at else 0 for one in seen], dtype=np.int64)

    def flag(of: Callable[[MovedRow], bool]) -> BoolArray:
        return np.array([bool(one.at and of(one.at)) for one in seen], dtype=bool)

    columns = flag(lambda at: at.step.transpose)
    ways = {"tokens become rows": write & ~columns, "tokens become columns": columns}
    first_word, last_word = flag(lambda at: at.word == 0), flag(lambda at: at.word == at.step.ch_words - 1)
    last_row = flag(lambda at: at.row == at.step.rows - 1)
    last_k = flag(lambda at: at.k_tile == at.step.k_tiles - 1)
    last_col = flag(lambda at: at.col_tile == at.step.col_tiles - 1)
    inside = flag(lambda at: at.sources[0].token < at.step.tokens)
    below = flag(lambda at: at.word == 0 and any(one.bank < at.step.lane_first for one in at.sources))
    above = last_word & flag(lambda at: any(one.bank > at.step.lane_last for one in at.sources))
    return {
        "way": ways,
        "zeros": cross(
            ways,
            {
                "every token": flag(lambda at: at.sources[-1].token < at.step.tokens),
                "no token": write & ~inside,
                "banks below the first": inside & below,
                "banks above the last": inside & above,
                "banks on both sides": inside & below & above,
                "all banks": inside & flag(lambda at: all(one.exists for one in at.sources)),
            },
        ),
        "some tokens": {
            "tokens of the same row exist and do not": columns
            & inside
            & ~flag(lambda at: at.sources[-1].exists)
            & flag(lambda at: at.sources[-1].token >= at.step.tokens)
        },
        "words": cross(
            ways,
            {
                "the only word": first_word & last_word,
                "the first of several": first_word & ~last_word,
                "the last of several": last_word & ~first_word,
                "a word between": write & ~first_word & ~last_word,
            },
        ),
        "tile": cross(
            ways,
            {
                "to the next K tile": last_row & ~last_k,
                "to the next column tile": last_row & last_k & ~last_col,
                "to the end": last_row & last_k & last_col,
            },
        ),
        "groups": {
            "first group": ways["tokens become rows"] & flag(lambda at: at.col_tile % groups == 0),
            "last group": ways["tokens become rows"] & flag(lambda at: at.col_tile % groups == groups - 1),
            "group between": ways["tokens become rows"] & flag(lambda at: 0 < at.col_tile % groups < groups - 1),
        },
        "values": cross(
            ways,
            {
                "sign extended": flag(lambda at: at.step.x_signed),
                "unsigned": write & ~flag(lambda at: at.step.x_signed),
            },
        ),
        **{
            f"{name} banks": bit_classes(f"{name} bank", number(of), BANK_BITS, write)
            for name, of in (("first", lambda at: at.step.lane_first), ("last", lambda at: at.step.lane_last))
        },
        "rows": bit_classes("row", number(lambda at: at.row), (rows - 1).bit_length(), write),
        "K tiles": bit_classes("K tile", number(lambda at: at.k_tile), 16, write),
        "column tiles": bit_classes("column tile", number(lambda at: at.col_tile), 16, write),
        "channel words": bit_classes("channel word", number(lambda at: at.word), 16, write & ~columns),
        "tokens": bit_classes("token", number(lambda at: at.sources[0].token), 16, inside),
        "steps": {
            f"{way}, step {sign}": members & flag(lambda at, sign=sign: _moved(at, sign))  # type: ignore[misc]
            for way, members in ways.items()
            for sign in ("negative", "positive", "0")
        },
        "address": bit_classes("address", number(lambda at: at.sources[0].address % (1 << addr_w)), addr_w, inside),
        "weight address": bit_classes(
            "weight address", number(lambda at: at.address % (1 << wgt_addr_w)), wgt_addr_w, write
        ),
        "wraps": {
            "activation address above": inside & flag(lambda at: at.sources[0].address >= 1 << addr_w),
            "activation address below 0": inside & flag(lambda at: at.sources[0].address < 0),
            "weight address above": flag(lambda at: at.address >= 1 << wgt_addr_w),
        },
    }


def _moved(at: MovedRow, sign: str) -> bool:
    """Whether a step of that sign has been taken on the way to the row's first token."""
    step = at.step.col_step
    return at.sources[0].token > 0 and sign == ("negative" if step < 0 else "positive" if step else "0")


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    rows, cols = parameters["ROWS"], parameters["COLS"]
    made = Coverage(names(classes((), rows, cols, parameters["ADDR_W"], parameters["WGT_ADDR_W"])))
    made.declare({"after": AFTER})
    groups = rows // cols
    if groups <= 2:
        made.exclude("groups", "group between", "there are no three")
    most = longest(rows) // rows
    reached = {
        "K tile": ("K tiles", most),
        "column tile": ("column tiles", most),
        "channel word": ("channel words", most // groups),
        "token": ("tokens", most * cols),
    }
    for what, (group, count) in reached.items():
        for bit in range(16):
            if 1 << bit >= count:
                made.exclude(group, f"bit {bit} of {what}", f"takes more than {longest(rows)} rows")
    for name in ("first", "last"):
        for bit in range((rows - 1).bit_length(), BANK_BITS):
            made.exclude(f"{name} banks", f"bit {bit} of {name} bank", "there are fewer banks")
    if cols == 1:
        (some,) = made.groups["some tokens"]
        made.exclude("some tokens", some, "a row is of one token")
    if rows == 2:
        for name in made.groups["zeros"]:
            if name.endswith("both sides"):
                made.exclude("zeros", name, "of two banks one is left")
    if parameters["ADDR_W"] == 1:
        for name in made.groups["steps"]:
            if name.endswith("positive"):
                made.exclude("steps", name, "a signed bit is 0 or -1")
    return made
