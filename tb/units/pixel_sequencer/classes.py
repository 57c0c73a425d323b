"""Classes of the cycles of the pixel sequencer: one input for each cycle that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.pixel_sequencer.model import PixelPlace

STARTS = (
    "start in the cycle after the last pixel",
    "start later",
    "second start while pixels wait",
    "second start while pixels go",
    "reset while a pixel waits",
    "reset while pixels go",
)
COUNTERS = ("image", "y", "x", "k_tile", "col_tile")
"""16 bits each."""


@dataclass(frozen=True, kw_only=True)
class PixelSeen:
    """What a cycle shows. at: the pixel that is issued or waits, None between layers; ready: tile_ready_i."""

    at: PixelPlace | None
    ready: bool


def classes(seen: Sequence[PixelSeen], acc_addr_w: int, addr_w: int, par_addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: one for each cycle.
        acc_addr_w, addr_w, par_addr_w: ACC_ADDR_W, ADDR_W, PAR_ADDR_W.
    """
    there = np.array([one.at is not None for one in seen], dtype=bool)
    ready = np.array([one.ready for one in seen], dtype=bool)

    def number(of: Callable[[PixelPlace], int]) -> IntArray:
        return np.array([of(one.at) if one.at else 0 for one in seen], dtype=np.int64)

    def flag(of: Callable[[PixelPlace], bool]) -> BoolArray:
        holds: BoolArray = there & np.array([bool(one.at and of(one.at)) for one in seen], dtype=bool)
        return holds

    first = flag(lambda at: at.index == 0)
    issued = there & (ready | ~first)
    end_x, end_y = flag(lambda at: at.x == at.layer.out_w - 1), flag(lambda at: at.y == at.layer.out_h - 1)
    end_block, end_pass = flag(lambda at: at.index == at.size - 1), flag(lambda at: at.last_pixel)
    last_k, last, pair = flag(lambda at: at.last_k), flag(lambda at: at.last), flag(lambda at: at.layer.pair)
    counters = {name: number(lambda at, name=name: getattr(at, name)) for name in COUNTERS}  # type: ignore[misc]
    iy0, ix0 = number(lambda at: at.iy0), number(lambda at: at.ix0)
    return {
        "handshake": {
            "first pixel, tile ready": first & ready,
            "first pixel waits": first & ~ready,
            "later pixel, next tile ready": there & ~first & ready,
            "later pixel, no tile ready": there & ~first & ~ready,
            "between layers, tile ready": ~there & ready,
        },
        **{name: bit_classes(name, counters[name], 16, issued) for name in COUNTERS},
        "index": bit_classes("index", number(lambda at: at.index), acc_addr_w, issued),
        "step": {
            "to the next x": issued & ~end_x & ~end_block,
            "to the next y": issued & end_x & ~end_y & ~end_block,
            "to the next image": issued & end_x & end_y & ~end_block,
            "to the next K tile": issued & end_block & ~last_k,
            "to the next block, in a row": issued & end_block & last_k & ~end_x,
            "to the next block, new row": issued & end_block & last_k & end_x & ~end_y,
            "to the next block, new image": issued & end_block & last_k & end_x & end_y & ~end_pass,
            "to the next column tile": issued & end_pass & last_k & ~last,
            "to the end": issued & last,
        },
        "block": {
            "only block": flag(lambda at: at.layer.pixels <= at.layer.acc_depth),
            "first of several blocks": flag(lambda at: at.block == 0 and at.layer.pixels > at.layer.acc_depth),
            "block of one pixel": flag(lambda at: at.size == 1),
            "full block": flag(lambda at: at.size == at.layer.acc_depth),
            "last block one short of full": flag(lambda at: at.size == at.layer.acc_depth - 1),
            "last block full": flag(lambda at: at.block > 0 and at.last_pixel and at.size == at.layer.acc_depth),
        },
        "sums": {
            "keep": flag(lambda at: at.layer.keep) & ~last_k,
            "keep in the last K tile": flag(lambda at: at.layer.keep) & last_k,
            "hold": flag(lambda at: at.layer.hold) & last_k,
            "hold and keep": flag(lambda at: at.layer.hold and at.layer.keep),
            "neither": flag(lambda at: not at.layer.hold and not at.layer.keep),
        },
        "pair": {
            "pair, first operand": pair & flag(lambda at: at.x % 2 == 0),
            "pair, second operand": pair & flag(lambda at: at.x % 2 == 1),
            "pair, later column tile": pair & flag(lambda at: at.col_tile > 0),
            "no pair, odd x": ~pair & flag(lambda at: at.x % 2 == 1),
        },
        "geometry": {
            "y before the image": issued & (iy0 < 0),
            "y far before the image": issued & (iy0 < -255),
            "y far in the image": issued & (iy0 > 255),
            "x before the image": issued & (ix0 < 0),
            "x far before the image": issued & (ix0 < -255),
            "x far in the image": issued & (ix0 > 255),
            "padding of 4 or more": flag(lambda at: 4 <= at.layer.pad_h < 128 and 4 <= at.layer.pad_w < 128),
            "padding negative": flag(lambda at: at.layer.pad_h < 0 and at.layer.pad_w < 0),
            "stride of 4 or more": flag(lambda at: at.layer.stride_h >= 4 and at.layer.stride_w >= 4 and at.y > 0),
            "stride above 255": flag(lambda at: at.layer.stride_h > 255 and at.layer.stride_w > 255 and at.y > 0),
        },
        "steps": {
            f"{name} {sign}": flag(lambda at, name=name, sign=sign: _moved(at, name, sign))  # type: ignore[misc]
            for name in ("col_step", "row_step", "image_step")
            for sign in ("negative", "positive", "0")
        },
        "pixel address": bit_classes("pixel address", number(lambda at: at.base % (1 << addr_w)), addr_w, issued),
        "address wraps": {
            "above": flag(lambda at: at.base >> addr_w != 0 and at.base > 0),
            "below 0": flag(lambda at: at.base < 0),
        },
        "parameter address": bit_classes(
            "parameter address", number(lambda at: at.param % (1 << par_addr_w)), par_addr_w, issued
        ),
    }


def _moved(at: PixelPlace, name: str, sign: str) -> bool:
    """Whether a step of that sign has been taken on the way to the pixel."""
    step = getattr(at.layer, name)
    taken = {"col_step": at.x, "row_step": at.y, "image_step": at.image}[name] > 0
    return taken and sign == ("negative" if step < 0 else "positive" if step else "0")


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    depth, widths = parameters["ACC_DEPTH"], [parameters[name] for name in ("ACC_ADDR_W", "ADDR_W", "PAR_ADDR_W")]
    made = Coverage(names(classes((), *widths)))
    made.declare({"start": STARTS})
    if depth == 2:
        made.exclude("block", "last block one short of full", "that is a block of one pixel")
    return made
