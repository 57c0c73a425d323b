"""Smaller maps: a part of the input's rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt
from t2c.tb.shrink.search import Search, Trying, least


def area(search: Search) -> Trying:
    """Crop the input: to small squares around the failing value, then rows and columns by themselves, by bisection."""
    if len(_shape(search.case)) != 3:
        return
    for size in (1, 2, 3, 4, 6, 8, 12, 16):
        at = _corner(search, (size, size))
        if size <= max(_shape(search.case)[1:]) and (yield partial(_crop, search.case, at, (size, size))):
            break
    for axis in (0, 1):
        case = search.case
        yield from least(1, _shape(case)[1 + axis], partial(_cropped, case, axis, _near(search, axis)))
        case = search.case
        yield from least(1, _shape(case)[1 + axis], partial(_cropped, case, axis, _start))


def _shape(case: ShrinkCase) -> tuple[int, ...]:
    return case.package.graph.edges[case.package.graph.input].shape


def _near(search: Search, axis: int) -> Callable[[int], int]:
    return lambda size: _corner(search, (size, size))[axis]


def _start(size: int) -> int:
    del size
    return 0


def _corner(search: Search, size: tuple[int, int]) -> tuple[int, int]:
    """Where a part of that size lies that the failing value's window reaches, as far as the first layer tells."""
    graph = search.case.package.graph
    height, width = _shape(search.case)[1:]
    window = graph.nodes[0].window
    corner = []
    for axis, extent in enumerate((height, width)):
        at = search.failure.position[axis]
        if window is not None:
            at = at * window.stride[axis] - window.before[axis]
        corner.append(max(0, min(at, extent - size[axis])))
    return corner[0], corner[1]


def _crop(case: ShrinkCase, at: tuple[int, int], size: tuple[int, int]) -> ShrinkCase:
    graph, samples = case.package.graph, case.package.samples
    part = samples[:, :, at[0] : at[0] + size[0], at[1] : at[1] + size[1]]
    source = replace(graph.edges[graph.input], shape=tuple(part.shape[1:]))
    return case.running(rebuilt(case.package, source=source, samples=part))


def _cropped(case: ShrinkCase, axis: int, at: Callable[[int], int], size: int) -> ShrinkCase:
    """Crop one axis."""
    corner, shape = [0, 0], list(_shape(case)[1:])
    corner[axis], shape[axis] = at(size), size
    return _crop(case, (corner[0], corner[1]), (shape[0], shape[1]))
