"""Classes of the elements of a pointwise table unit: one input for each element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from t2c.tb.components.bins import Classes, Coverage, cover_parameters, names, stall_classes, stall_pairs

PARAMETERS = {"X_W": (2, 8), "OUT_W": (2, 8, 16)}
"""Values of each parameter that must be tried."""
RESET = "reset with a result waiting"


def classes(
    elements: Sequence[int], last: Sequence[bool], x_w: int, *, stall_in: str = "none", stall_out: str = "none"
) -> Classes:
    """Which elements are in which class.

    Args:
        elements: bit patterns of X_W bits.
        last: which have tlast.
        x_w: X_W.
        stall_in, stall_out: names of both sides' profiles.
    """
    x, ends = np.array(elements, dtype=np.int64), np.array(last, dtype=bool)
    return {
        "entry": {
            "first entry": x == 0,
            "last entry": x == (1 << x_w) - 1,
            "entry between": (x > 0) & (x < (1 << x_w) - 1),
        },
        "bits of x": {f"bit {k} of x is {value}": x >> k & 1 == value for k in range(x_w) for value in (0, 1)},
        "tlast": {"tlast": ends, "no tlast": ~ends},
        **stall_classes(stall_in, stall_out, len(x)),
    }


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    base = classes((), (), parameters["X_W"])
    made = Coverage({**names(base), **names(stall_pairs(base)), "reset": (RESET,)})
    cover_parameters(made, PARAMETERS, parameters)
    return made
