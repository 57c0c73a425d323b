"""Classes of the cycles of the tile loader: one input for each cycle that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, after, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.tile_loader.model import TileRow

STARTS = (
    "start after all tiles were taken",
    "start with the last tile waiting",
    "start while rows are loaded",
    "start while a tile waits",
    "reset while rows are loaded",
    "reset while a tile waits",
)
FEW_ROWS = 3
"""Rows with which counters of tiles come to their ends in the time of a test."""
COUNTERS = ("k_tile", "block", "col_tile", "word", "tap", "kx", "ky")
"""16 bits each. The first four count tiles, the others taps, of which a tile has as many as rows."""


@dataclass(frozen=True, kw_only=True)
class TileSeen:
    """What a cycle shows. at: the row that is loaded, None if none; left: rows remain; ready: a tile waits; first:
    first_i."""

    at: TileRow | None
    left: bool
    ready: bool
    first: bool


def longest(rows: int) -> int:
    """Cycles of the longest layer of the bench: with many rows, fewer tiles."""
    return 200_000 if rows <= FEW_ROWS else 80_000


def classes(seen: Sequence[TileSeen], rows: int, addr_w: int, wgt_addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: one for each cycle.
        rows, addr_w, wgt_addr_w: ROWS, ADDR_W, WGT_ADDR_W.
    """
    left, ready, first = (
        np.array([getattr(one, name) for one in seen], dtype=bool) for name in ("left", "ready", "first")
    )
    load = np.array([one.at is not None for one in seen], dtype=bool)

    def number(of: Callable[[TileRow], int]) -> IntArray:
        return np.array([of(one.at) if one.at else 0 for one in seen], dtype=np.int64)

    def flag(of: Callable[[TileRow], bool]) -> BoolArray:
        return np.array([bool(one.at and of(one.at)) for one in seen], dtype=bool)

    valid, last_row = flag(lambda at: at.valid), flag(lambda at: at.row == at.layer.rows - 1)
    last_k = flag(lambda at: at.k_tile == at.layer.k_tiles - 1)
    last_block = flag(lambda at: at.block == at.layer.blocks - 1)
    last_col = flag(lambda at: at.col_tile == at.layer.col_tiles - 1)
    last_word = flag(lambda at: at.word == at.layer.ch_words - 1)
    several = flag(lambda at: at.layer.taps_per_tile > 1)
    same = flag(lambda at: at.layer.same)
    return {
        "handshake": {
            "tile waits": ready & ~first & left,
            "tile waits, the last": ready & ~first & ~left,
            "tile taken, next one begins": ready & first & left,
            "tile taken, the last": ready & first & ~left,
            "taken in the cycle in which it is there": ready & first & after(load & last_row),
            "first without a tile, while loading": first & ~ready & load,
            "first without a tile, idle": first & ~ready & ~load,
        },
        **{
            f"counter {name}": bit_classes(name, number(lambda at, name=name: getattr(at, name)), 16, valid)  # type: ignore[misc]
            for name in COUNTERS
        },
        "rows": bit_classes("row", number(lambda at: at.row), (rows - 1).bit_length(), load),
        "rows of a tap": bit_classes(
            "rows of a tap", number(lambda at: at.layer.rows_per_tap), rows.bit_length(), valid
        ),
        "row": {
            "row of the first tap": flag(lambda at: at.valid and at.slot == 0),
            "row of a later tap": flag(lambda at: at.valid and at.slot > 0),
            "row behind the taps of a tile": flag(lambda at: at.slot >= at.layer.taps_per_tile),
            "row behind the last tap": flag(lambda at: at.slot < at.layer.taps_per_tile and at.tap >= at.layer.taps),
            "all rows used": flag(lambda at: at.layer.rows_per_tap * at.layer.taps_per_tile == at.layer.rows),
        },
        "step": {
            "to the next channel word": last_row & ~last_k & ~last_word,
            "to the next tap, after its channel words": last_row & ~last_k & last_word & ~several,
            "to the next taps": last_row & ~last_k & several,
            "to the next row of taps inside a tile": flag(
                lambda at: at.valid and at.slot > 0 and at.kx == 0 and at.row % at.layer.rows_per_tap == 0
            ),
            "to the next block": last_row & last_k & ~last_block,
            "to the next column tile": last_row & last_k & last_block & ~last_col,
            "to the end": last_row & last_k & last_block & last_col,
        },
        "weights": {
            "same weights, later K tile": same & flag(lambda at: at.k_tile > 0),
            "same weights, later column tile": same & flag(lambda at: at.col_tile > 0),
            "other weights, later block": load & ~same & flag(lambda at: at.block > 0),
            "other weights, later column tile": load & ~same & flag(lambda at: at.col_tile > 0),
        },
        "window": {
            "dilation of 4 or more": valid & flag(lambda at: at.layer.dil_h >= 4 and at.layer.dil_w >= 4 and at.ky > 0),
            "dilation above 255": valid & flag(lambda at: at.layer.dil_h > 255 and at.layer.dil_w > 255 and at.kx > 0),
            "kernel of one column": valid & flag(lambda at: at.layer.k_w == 1 and at.ky > 0),
            "kernel of one row": valid & flag(lambda at: at.layer.k_w >= at.layer.taps > 1),
            "kernel wider than 3": valid & flag(lambda at: at.kx > 3 and at.ky > 0),
        },
        "steps": {
            f"{name} {sign}": valid & flag(lambda at, name=name, sign=sign: _moved(at, name, sign))  # type: ignore[misc]
            for name in ("tap_row_step", "tap_col_step")
            for sign in ("negative", "positive", "0")
        },
        "dy": bit_classes("dy", number(lambda at: at.dy % (1 << 16)), 16, valid),
        "dx": bit_classes("dx", number(lambda at: at.dx % (1 << 16)), 16, valid),
        "offset": bit_classes("offset", number(lambda at: at.offset % (1 << addr_w)), addr_w, valid),
        "weight address": bit_classes(
            "weight address", number(lambda at: at.weight % (1 << wgt_addr_w)), wgt_addr_w, load
        ),
    }


def _moved(at: TileRow, name: str, sign: str) -> bool:
    """Whether a step of that sign has been taken on the way to the row's tap."""
    step, taken = getattr(at.layer, name), (at.ky if name == "tap_row_step" else at.kx) > 0
    return taken and sign == ("negative" if step < 0 else "positive" if step else "0")


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    rows = parameters["ROWS"]
    made = Coverage(names(classes((), rows, parameters["ADDR_W"], parameters["WGT_ADDR_W"])))
    made.declare({"start": STARTS})
    made.exclude("rows of a tap", "rows of a tap 0", "a tap has at least one")
    cycles = longest(rows)
    reached = {name: cycles // rows for name in COUNTERS[:4]} | dict.fromkeys(COUNTERS[4:], cycles)
    for name, most in reached.items():
        for bit in range(16):
            if 1 << bit > most - 2:
                made.exclude(f"counter {name}", f"bit {bit} of {name}", f"takes more than {cycles} cycles")
    if parameters["ADDR_W"] == 1:
        for name in ("tap_row_step", "tap_col_step"):
            made.exclude("steps", f"{name} positive", "a signed bit is 0 or -1")
    return made
