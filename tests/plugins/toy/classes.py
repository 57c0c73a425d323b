"""Classes of the pairs that the toy must have been given."""

from __future__ import annotations

from collections.abc import Mapping

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import Classes, Coverage, cover_parameters, names

PARAMETERS = {"W": (2, 4, 16)}


def classes(pairs: IntArray) -> Classes:
    """Which pairs are in which class; pairs: (N, 2)."""
    a, b = pairs[:, 0], pairs[:, 1]
    return {"order": {"a is larger": a > b, "b is larger": a < b, "a equals b": a == b}}


def cover_unit(parameters: Mapping[str, int], empty: IntArray) -> Coverage:
    """All bins of the unit."""
    made = Coverage(names(classes(empty)))
    cover_parameters(made, PARAMETERS, parameters)
    return made
