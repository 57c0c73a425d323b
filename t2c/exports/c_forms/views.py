"""flatten, reshape, transpose, slice, concat and concat_constant in C: copies of elements."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.graph.node import Node
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose


@c_form("flatten")
@c_form("reshape")
def write_in_order(node: Node, builder: CBuilder) -> str:
    """The elements in their order."""
    return copied(1, math.prod(builder.output(node).shape), "x", 0, 0, 0, 0)


@c_form("transpose")
def write_transpose(node: Transpose, builder: CBuilder) -> str:
    """A loop for each axis of the output."""
    shape, output = builder.edge(node, 0).shape, builder.output(node).shape
    strides = [math.prod(shape[axis + 1 :]) for axis in node.axes]
    loops = [f"for (a{k} = 0; a{k} < {extent}; a{k}++)" for k, extent in enumerate(output)]
    place = " + ".join(f"a{k} * {stride}" for k, stride in enumerate(strides))
    body = "\n".join(f"    {'    ' * k}{loop}" for k, loop in enumerate(loops))
    last = "    " * (len(loops) + 1)
    return f"    int32_t n = 0, {', '.join(f'a{k}' for k in range(len(output)))};\n{body}\n{last}y[n++] = x[{place}];"


@c_form("slice")
def write_slice(node: Slice, builder: CBuilder) -> str:
    """A part of each row along the axis."""
    shape = builder.edge(node, 0).shape
    inner = math.prod(shape[node.axis + 1 :])
    outer, taken = math.prod(shape[: node.axis]), node.length * inner
    return copied(outer, taken, "x", shape[node.axis] * inner, node.start * inner, taken, 0)


@c_form("concat")
def write_concat(node: Concatenate, builder: CBuilder) -> str:
    """The rows of each part along the axis, one part after the other."""
    sources = [(f"x{k}", builder.edge(node, k).shape) for k in range(len(node.inputs))]
    return joined(sources, builder.output(node).shape, node.axis)


@c_form("concat_constant")
def write_concat_constant(node: ConcatConstant, builder: CBuilder) -> str:
    """As concat; the constant has the tensor's format, in an array of its own."""
    constant = (builder.constant(node, "operand", node.constant.values), node.constant.values.shape)
    tensor = ("x", builder.edge(node, 0).shape)
    return joined([constant, tensor] if node.first else [tensor, constant], builder.output(node).shape, node.axis)


def joined(sources: list[tuple[str, tuple[int, ...]]], shape: tuple[int, ...], axis: int) -> str:
    """Copies of some arrays, side by side along an axis."""
    inner, outer = math.prod(shape[axis + 1 :]), math.prod(shape[:axis])
    parts, start = [], 0
    for name, extents in sources:
        taken = extents[axis] * inner
        parts.append(loops(outer, taken, name, taken, 0, shape[axis] * inner, start))
        start += taken
    return "    int32_t n, k;\n" + "\n".join(parts)


def copied(outer: int, count: int, source: str, step: int, start: int, stride: int, first: int) -> str:
    """`loops` with their declarations."""
    return "    int32_t n, k;\n" + loops(outer, count, source, step, start, stride, first)


def loops(outer: int, count: int, source: str, step: int, start: int, stride: int, first: int) -> str:
    """`count` elements of each of `outer` rows: from source[n * step + start] to y[n * stride + first]."""
    return f"""\
    for (n = 0; n < {outer}; n++)
        for (k = 0; k < {count}; k++)
            y[n * {stride} + {first} + k] = {source}[n * {step} + {start} + k];"""
