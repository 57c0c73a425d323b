"""Nodes that move integers, edge by edge: views, parts, joins, repetitions; each is read as its source is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.importing.errors import RefusedError
from t2c.importing.table import table_of
from t2c.importing.tflite.conversion import Conversion

MOST_PARTS = 256
"""Parts of a tensor that are joined again at most."""


def _edge(conversion: Conversion, name: str, edge: str, shape: tuple[int, ...]) -> str:
    conversion.shape_of(edge)
    conversion.builder.edge(replace(conversion.builder.edges[edge], name=name, shape=shape))
    return name


def reshaped(conversion: Conversion, name: str, edge: str, shape: tuple[int, ...]) -> str:
    """The elements in their order in another shape."""
    before = conversion.shape_of(edge)
    if before == shape:
        return edge
    _edge(conversion, name, edge, shape)
    if len(shape) == 1 and len(before) == 3:
        conversion.node("flatten", name, (edge,), name)
    else:
        conversion.node("reshape", name, (edge,), name, shape=shape)
    return name


def transposed(conversion: Conversion, name: str, edge: str, axes: tuple[int, ...]) -> str:
    """The axes in another order."""
    if axes == tuple(range(len(axes))):
        return edge
    shape = conversion.shape_of(edge)
    _edge(conversion, name, edge, tuple(shape[axis] for axis in axes))
    conversion.node("transpose", name, (edge,), name, axes=axes)
    return name


def part(conversion: Conversion, name: str, edge: str, axis: int, start: int, length: int) -> str:
    """start .. start + length - 1 along an axis."""
    shape = conversion.shape_of(edge)
    if (start, length) == (0, shape[axis]):
        return edge
    _edge(conversion, name, edge, (*shape[:axis], length, *shape[axis + 1 :]))
    conversion.node("slice", name, (edge,), name, axis=axis, start=start, length=length)
    return name


def joined(conversion: Conversion, name: str, edges: Sequence[str], axis: int) -> str:
    """Edges that are read alike, one behind the other along an axis."""
    if len(edges) == 1:
        return edges[0]
    if len(edges) > MOST_PARTS:
        raise RefusedError([f"{name}: {len(edges)} parts; {MOST_PARTS} are the most that are joined"])
    shapes = [conversion.shape_of(edge) for edge in edges]
    total = sum(shape[axis] for shape in shapes)
    _edge(conversion, name, edges[0], (*shapes[0][:axis], total, *shapes[0][axis + 1 :]))
    conversion.node("concat", name, tuple(edges), name, axis=axis)
    return name


def surrounded(conversion: Conversion, name: str, edge: str, axis: int, value: int, before: int, after: int) -> str:
    """A tensor with so many of one number before and behind it along an axis."""
    for count, first in ((before, True), (after, False)):
        if count:
            shape = conversion.shape_of(edge)
            spec = conversion.builder.edges[edge]
            held = np.full((*shape[:axis], count, *shape[axis + 1 :]), value, np.int64)
            made = f"{name}_{axis}{'a' if first else 'b'}"
            _edge(conversion, made, edge, (*shape[:axis], shape[axis] + count, *shape[axis + 1 :]))
            operand = ConstantOperand(values=held, format=spec.format)
            conversion.node("concat_constant", made, (edge,), made, axis=axis, first=first, constant=operand)
            edge = made
    return edge


def taken(conversion: Conversion, name: str, edge: str, axis: int, indices: Sequence[int]) -> str:
    """The elements with these numbers along an axis, in this order; numbers may come again.

    Runs are parts; what comes equally often is repeated, and equal strides are a view, so that a nearest neighbour or
    a stride takes a node or two.
    """
    shape, wanted = conversion.shape_of(edge), list(indices)
    extent, count = shape[axis], len(wanted)
    times = count // extent if count % extent == 0 else 0
    if times > 1 and wanted == [i for i in range(extent) for _ in range(times)]:
        wide = (*shape[: axis + 1], 1, *shape[axis + 1 :])
        single = reshaped(conversion, f"{name}_one", edge, wide)
        many = joined(conversion, f"{name}_all", [single] * times, axis + 1)
        return reshaped(conversion, name, many, (*shape[:axis], count, *shape[axis + 1 :]))
    step = wanted[1] - wanted[0] if count > 1 else 1
    if step > 1 and wanted == list(range(wanted[0], wanted[0] + step * count, step)):
        begin = min(wanted[0], extent - step * count)
        if begin >= 0 and wanted[0] - begin < step:
            whole = part(conversion, f"{name}_part", edge, axis, begin, step * count)
            wide = (*shape[:axis], count, step, *shape[axis + 1 :])
            split = reshaped(conversion, f"{name}_rows", whole, wide)
            one = part(conversion, f"{name}_one", split, axis + 1, wanted[0] - begin, 1)
            return reshaped(conversion, name, one, (*shape[:axis], count, *shape[axis + 1 :]))
    runs: list[list[int]] = []
    for index in wanted:
        if runs and index == runs[-1][0] + runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([index, 1])
    parts = [part(conversion, f"{name}_{i}", edge, axis, start, length) for i, (start, length) in enumerate(runs)]
    return joined(conversion, name, parts, axis)


def read_as(conversion: Conversion, name: str, edge: str, spec: TensorSpec) -> str:
    """The same integers with another scale and zero point; an edge that is read so already stays."""
    given = conversion.builder.edges[edge]
    if given.same_reading(spec):
        return edge
    integers = np.arange(given.format.lo, given.format.hi + 1, dtype=np.int64)
    return tabulated(conversion, name, edge, integers, replace(spec, name=name, shape=given.shape))


def tabulated(conversion: Conversion, name: str, edge: str, results: IntArray, spec: TensorSpec) -> str:
    """A function of every element. results: of every integer, from the least to the largest; spec: of the edge."""
    conversion.shape_of(edge)
    conversion.builder.edge(replace(spec, name=name))
    table = table_of(conversion.builder.edges[edge].format, results, spec.format)
    conversion.node("pointwise", name, (edge,), name, pointwise=table)
    return name
