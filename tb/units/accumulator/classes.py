"""Classes of the cycles of an accumulator: one input for each cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.pipeline import APART
from t2c.tb.components.bins import Classes, Coverage, names
from t2c.tb.components.value_classes import bit_classes, magnitude_classes

SIGNS = ("positive", "negative")
REACHED_BITS = 12
"""How far beyond a partial sum the bench counts up: 2^12 of the largest ones."""


@dataclass(frozen=True, kw_only=True)
class SumSeen:
    """What an accumulator is given in one cycle, and what becomes of it.

    valid: it counts; clear, maximum: how it joins; addr; psum: signed; stored: what the word holds, None if nothing
    yet; sum: what it becomes; since: cycles since the last sum of that word, 0 if there was none.
    """

    valid: bool
    clear: bool
    maximum: bool
    addr: int
    psum: int
    stored: int | None
    sum: int
    since: int


def classes(steps: Sequence[SumSeen], psum_w: int, acc_w: int, addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        steps: one for each cycle.
        psum_w, acc_w, addr_w: PSUM_W, ACC_W, ADDR_W.
    """
    valid, clear, maximum = (
        np.array([getattr(step, name) for step in steps], dtype=bool) for name in ("valid", "clear", "maximum")
    )
    addr, psum, sums, since = (
        np.array([getattr(step, name) for step in steps], dtype=np.int64) for name in ("addr", "psum", "sum", "since")
    )
    stored = np.array([step.stored or 0 for step in steps], dtype=np.int64)
    joins = valid & ~clear
    adds, keeps = joins & ~maximum, joins & maximum
    return {
        "operation": {
            "clear": valid & clear & ~maximum,
            "clear with max": valid & clear & maximum,
            "add": adds,
            "max": keeps,
            "nothing": ~valid,
            "nothing, with clear and max": ~valid & clear & maximum,
        },
        "sum": magnitude_classes("sum", sums, acc_w, adds),
        "partial sum": magnitude_classes("partial sum", psum, psum_w, joins),
        "sign": {
            "positive to negative": adds & (stored > 0) & (sums < 0),
            "negative to positive": adds & (stored < 0) & (sums > 0),
        },
        "larger": {
            "stored one larger": keeps & (stored == psum + 1),
            "stored one smaller": keeps & (stored == psum - 1),
            "both equal": keeps & (stored == psum),
            "positive stored, negative partial sum": keeps & (stored > 0) & (psum < 0),
            "negative stored, positive partial sum": keeps & (stored < 0) & (psum > 0),
            "two negative, stored larger": keeps & (stored < 0) & (psum < stored),
            "stored beyond a partial sum": keeps & (stored >= 1 << psum_w - 1),
            "stored far below every partial sum": keeps & (stored < -(1 << psum_w - 1)),
        },
        "address": bit_classes("address", addr, addr_w, joins),
        "distance": {
            "same address as soon as it may": joins & (since == APART),
            "same address a cycle later": joins & (since == APART + 1),
            "same address later": joins & (since > APART + 1),
        },
    }


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    acc_w, psum_w, addr_w = parameters["ACC_W"], parameters["PSUM_W"], parameters["ADDR_W"]
    made = Coverage(names(classes((), psum_w, acc_w, addr_w)))
    if acc_w >= psum_w + REACHED_BITS:
        beyond = [f"sum {sign}, needs bit {k}" for k in range(psum_w + REACHED_BITS - 1, acc_w - 1) for sign in SIGNS]
        for name in (*beyond, "sum most negative", "sum largest"):
            made.exclude("sum", name, f"takes more than 2^{REACHED_BITS} sums")
    return made
