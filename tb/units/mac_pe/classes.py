"""Classes of the cycles of a multiply-accumulate element: one input for each cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, after, cover_parameters, names

PARAMETERS = {"A_W": (3, 9), "W_W": (2, 8), "PACK": (1, 2)}
"""Values of each parameter that must be tried."""
SIGNS = ("negative", "0", "positive")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One cycle. a: operand; swap: the weights that wait are taken; weights: in use for this operand, a column each,
    None before the first swap; psums, products: what each column adds in this cycle, None where that is unknown."""

    a: int
    swap: bool
    weights: tuple[int, ...] | None
    psums: tuple[int, ...]
    products: tuple[int | None, ...]


def classes(cycles: Sequence[Seen], a_w: int, w_w: int, columns: int) -> Classes:
    """Which cycles are in which class.

    Args:
        cycles: as they went.
        a_w, w_w, columns: A_W, W_W and PACK.
    """
    count = len(cycles)
    a = np.array([cycle.a for cycle in cycles], dtype=np.int64)
    swap = np.array([cycle.swap for cycle in cycles], dtype=bool)
    used = np.array([cycle.weights is not None for cycle in cycles], dtype=bool)
    weights = np.array([cycle.weights or (0,) * columns for cycle in cycles], dtype=np.int64).reshape(count, columns)
    found: dict[str, dict[str, BoolArray]] = {
        "control": {"swap": swap, "swap after a swap": after(swap) & swap, "no swap": ~swap},
        "operand": _extremes("operand", a, a_w, np.ones(count, dtype=bool)),
        "weights": {"none in use": ~used},
    }
    for column in range(columns):
        what = f"column {column}"
        found["weights"] |= _extremes(f"{what}: weight", weights[:, column], w_w, used)
        products = a * weights[:, column]
        found[f"product of {what}"] = {
            f"{what}: product largest": used & (products == 1 << (a_w + w_w - 2)),
            **{f"{what}: product {sign}": used & (np.sign(products) == SIGNS.index(sign) - 1) for sign in SIGNS},
        }
        psum = np.array([cycle.psums[column] for cycle in cycles], dtype=np.int64)
        known = np.array([cycle.products[column] is not None for cycle in cycles], dtype=bool)
        total = psum + np.array([cycle.products[column] or 0 for cycle in cycles], dtype=np.int64)
        found[f"partial sum of {what}"] = {
            **{f"{what}: partial sum {sign}": np.sign(psum) == SIGNS.index(sign) - 1 for sign in SIGNS},
            f"{what}: sum changes its sign": known & ((psum < 0) != (total < 0)),
        }
    if columns == 2:
        signs = np.sign(a[:, np.newaxis] * weights)
        found["products of both"] = {
            f"products {first} and {second}": used
            & (signs[:, 0] == SIGNS.index(first) - 1)
            & (signs[:, 1] == SIGNS.index(second) - 1)
            for first, second in product(SIGNS, repeat=2)
        }
    return found


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    made = Coverage(names(classes((), parameters["A_W"], parameters["W_W"], parameters["PACK"])))
    cover_parameters(made, PARAMETERS, parameters)
    return made


def _extremes(what: str, values: IntArray, bits: int, counts: BoolArray) -> dict[str, BoolArray]:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return {
        f"{what} most negative": counts & (values == low),
        f"{what} largest": counts & (values == high),
        f"{what} 0": counts & (values == 0),
    }
