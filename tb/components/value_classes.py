"""Classes of values that a width or a range tells apart: each bit, each magnitude, both ends."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray


def bit_classes(what: str, values: IntArray, bits: int, counts: BoolArray | bool = True) -> dict[str, BoolArray]:
    """Inputs whose value has bit k, for each of `bits`, and those with none; only where it `counts`."""
    return {
        f"{what} 0": (values == 0) & counts,
        **{f"bit {k} of {what}": (values >> k & 1 == 1) & counts for k in range(bits)},
    }


def magnitude_classes(what: str, values: IntArray, bits: int, counts: BoolArray | bool = True) -> dict[str, BoolArray]:
    """Inputs by the highest bit that a signed value of `bits` needs, either sign, and its ends."""
    magnitude = np.where(values < 0, ~values, values)
    found = {}
    for k in range(bits - 1):
        needs = (magnitude >> k == 1) & counts
        found[f"{what} positive, needs bit {k}"] = needs & (values >= 0)
        found[f"{what} negative, needs bit {k}"] = needs & (values < 0)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    ends = {"0": 0, "-1": -1, "most negative": low, "largest": high}
    return {**found, **{f"{what} {name}": (values == value) & counts for name, value in ends.items()}}
