"""Classes of the cycles of a multiply-accumulate element: one input for each cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, cover_parameters, names

PARAMETERS = {"A_W": (3, 9), "W_W": (2, 8)}
"""Values of each parameter that must be tried."""


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """The inputs of one clock cycle. word: weight word from the north; valid: it counts; reset: rst_ni is low."""

    a: int = 0
    psum: int = 0
    swap: bool = False
    word: int = 0
    valid: bool = False
    reset: bool = False


def classes(cycles: Sequence[Cycle], weights: Sequence[int | None], a_w: int, w_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        cycles: inputs.
        weights: the weight that is in use in each cycle, None while there is none.
        a_w, w_w: A_W and W_W.
    """
    a, psum = (np.array([getattr(c, name) for c in cycles], dtype=np.int64) for name in ("a", "psum"))
    swap, valid, reset = (
        np.array([getattr(c, name) for c in cycles], dtype=bool) for name in ("swap", "valid", "reset")
    )
    used = np.array([weight is not None for weight in weights], dtype=bool)
    weight = np.array([weight or 0 for weight in weights], dtype=np.int64)
    return {
        "control": {
            "swap and word": swap & valid & ~reset,
            "swap alone": swap & ~valid & ~reset,
            "word alone": ~swap & valid & ~reset,
            "neither": ~swap & ~valid & ~reset,
            "word after a word": _after(valid & ~reset) & valid & ~swap & ~reset,
            "swap after a swap": _after(swap & ~reset) & swap & ~reset,
            "reset": reset,
        },
        "operand": _extremes("operand", a, a_w, np.ones(len(a), dtype=bool)),
        "weight": {"no weight in use": ~used, **_extremes("weight", weight, w_w, used)},
        "product": {
            "product largest": used & (a * weight == 1 << (a_w + w_w - 2)),
            "product 0": used & (a * weight == 0),
            "product positive": used & (a * weight > 0),
            "product negative": used & (a * weight < 0),
        },
        "partial sum": {
            "partial sum 0": psum == 0,
            "partial sum positive": psum > 0,
            "partial sum negative": psum < 0,
            "sum changes its sign": used & ((psum < 0) != (psum + a * weight < 0)),
        },
    }


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    made = Coverage(names(classes((), (), parameters["A_W"], parameters["W_W"])))
    cover_parameters(made, PARAMETERS, parameters)
    return made


def _after(happened: BoolArray) -> BoolArray:
    """The cycles that follow one in which it happened."""
    return np.concatenate([np.zeros(min(1, len(happened)), dtype=bool), happened[:-1]])


def _extremes(what: str, values: IntArray, bits: int, counts: BoolArray) -> dict[str, BoolArray]:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return {
        f"{what} most negative": counts & (values == low),
        f"{what} largest": counts & (values == high),
        f"{what} 0": counts & (values == 0),
    }
