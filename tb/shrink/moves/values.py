"""Simpler values: samples and weights of 0 and 1, as many of them 0 as can be."""

from __future__ import annotations

from functools import partial

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt, with_node
from t2c.tb.shrink.search import Search, Trying, fewest

_SAMPLES = ""
"""Stands where a layer's name does otherwise."""


def values(search: Search) -> Trying:
    """Set all values to 0, or to 1; else as few as possible stay what they are, and of those as many as possible are
    1."""
    package = search.case.package
    for name in [_SAMPLES, *(node.name for node in package.graph.nodes if node.weight_axes)]:
        for value in (0, 1):
            if (yield partial(_with, search.case, name, np.full_like(_values(search.case, name), value))):
                break
        else:
            whole = _values(search.case, name)
            places = [int(place) for place in np.flatnonzero(whole)]
            yield from fewest(places, partial(_only, search.case, name, whole, 0))
            whole = _values(search.case, name)
            places = [int(place) for place in np.flatnonzero((whole != 0) & (whole != 1))]
            yield from fewest(places, partial(_only, search.case, name, whole, 1), least=0)


def _values(case: ShrinkCase, name: str) -> IntArray:
    if name == _SAMPLES:
        return case.package.samples
    weights = case.package.graph.node(name).weights
    assert weights is not None
    return weights.values


def _only(case: ShrinkCase, name: str, whole: IntArray, other: int, kept: list[int]) -> ShrinkCase:
    """Values that are neither `other` already nor kept become it; zeros stay."""
    flat = np.where(whole.ravel() == 0, 0, other)
    flat[kept] = whole.ravel()[kept]
    return _with(case, name, flat.reshape(whole.shape))


def _with(case: ShrinkCase, name: str, replacement: IntArray) -> ShrinkCase:
    if name == _SAMPLES:
        return case.running(rebuilt(case.package, samples=replacement))
    return case.running(with_node(case.package, name, weight=replacement))
