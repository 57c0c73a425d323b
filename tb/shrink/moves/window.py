"""Simpler windows: fewer groups, a smaller kernel, stride and dilation of 1, no padding."""

from __future__ import annotations

from functools import partial

import numpy as np

from t2c.golden.arithmetic.window import four_sides, shortened
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import with_node
from t2c.tb.shrink.search import Search, Trying, least


def kernel(search: Search) -> Trying:
    """Shrink each kernel, one axis after the other, with as much padding as keeps the map at its size, or less."""
    for name in [node.name for node in search.case.package.graph.nodes]:
        for axis in (0, 1):
            window = _node(search.case.package, name).window
            if window is not None:
                yield from least(1, window.kernel[axis], partial(_smaller, search.case, name, axis))


def strides(search: Search) -> Trying:
    """Bring strides and dilations towards 1 and paddings towards 0."""
    for name in [node.name for node in search.case.package.graph.nodes]:
        for field, lowest in (("padding", 0), ("dilation", 1), ("stride", 1)):
            node = _node(search.case.package, name)
            for place in range(len(getattr(node, field))) if node.declares(field) else ():
                value = getattr(_node(search.case.package, name), field)[place]
                yield from least(lowest, value, partial(_set, search.case, name, field, place))


def groups(search: Search) -> Trying:
    """Make a grouped layer an ordinary one that computes the same."""
    for node in search.case.package.graph.nodes:
        if node.weights is not None and node.weights.groups > 1 and node.declares("groups"):
            yield partial(_ungrouped, search.case, node.name)


def _node(package: Package, name: str) -> Node:
    return package.graph.node(name)


def _set(case: ShrinkCase, name: str, field: str, place: int, value: int) -> ShrinkCase:
    pair = list(getattr(_node(case.package, name), field))
    pair[place] = value
    return case.running(with_node(case.package, name, **{field: tuple(pair)}))


def _smaller(case: ShrinkCase, name: str, axis: int, extent: int) -> ShrinkCase:
    node = _node(case.package, name)
    assert node.window is not None
    gone = (node.window.kernel[axis] - extent) * node.window.dilation[axis]
    padding = list(four_sides(node.window.padding))
    for place in (2 * axis, 2 * axis + 1):
        padding[place] = max(0, padding[place] - -(-gone // 2))
    fields: dict[str, object] = {"padding": shortened(padding)} if node.declares("padding") else {}
    if node.declares("kernel"):
        shape = list(node.window.kernel)
        shape[axis] = extent
        fields["kernel"] = tuple(shape)
    elif node.weight_axes == "OIHW" and node.weights is not None:
        values = node.weights.values
        first = (values.shape[2 + axis] - extent) // 2
        fields["weight"] = np.take(values, range(first, first + extent), axis=2 + axis)
    return case.running(with_node(case.package, name, **fields))


def _ungrouped(case: ShrinkCase, name: str) -> ShrinkCase:
    node = _node(case.package, name)
    assert node.weights is not None
    values, count = node.weights.values, node.weights.groups
    per_source, per_target = values.shape[1], values.shape[0] // count
    dense = np.zeros((values.shape[0], per_source * count, *values.shape[2:]), np.int64)
    for group in range(count):
        rows = slice(group * per_target, (group + 1) * per_target)
        dense[rows, group * per_source : (group + 1) * per_source] = values[rows]
    return case.running(with_node(case.package, name, groups=1, weight=dense))
