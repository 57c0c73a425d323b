"""Tensors whose elements golden has in another shape or order: views of them."""

from __future__ import annotations

import numpy as np

from t2c.importing.tflite.conversion import Conversion, Placed, golden_order, golden_shape, node_name
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor


def as_vector(conversion: Conversion, op: TfliteOperator, tensor: TfliteTensor) -> str:
    """The edge of a tensor as a vector, in golden's order of its elements; a view is added where it is none."""
    placed = conversion.placed[tensor.index]
    if len(placed.shape) == 1:
        return placed.edge
    return reshaped(conversion, f"{node_name(op)}_flat", tensor, placed.edge, (placed.order.size,))


def reshaped(conversion: Conversion, name: str, tensor: TfliteTensor, edge: str, shape: tuple[int, ...]) -> str:
    """Add a view of an edge in another shape; return its edge."""
    is_map = edge in conversion.builder.edges and len(conversion.builder.edges[edge].shape) == 3
    conversion.builder.edge(conversion.spec(tensor, name, shape))
    if len(shape) == 1 and is_map:
        conversion.node("flatten", name, (edge,), name)
    else:
        conversion.node("reshape", name, (edge,), name, shape=shape)
    return name


def transposed(
    conversion: Conversion, name: str, tensor: TfliteTensor, edge: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> str:
    """Add a view of an edge of that shape with its axes in another order; return its edge."""
    conversion.builder.edge(conversion.spec(tensor, name, tuple(shape[axis] for axis in axes)))
    conversion.node("transpose", name, (edge,), name, axes=axes)
    return name


def place_view(conversion: Conversion, op: TfliteOperator, tensor: TfliteTensor, target: TfliteTensor) -> str:
    """Make the target the same elements in the source's order in another shape; return the last view's name.

    Where golden's order is that of the target, or the target is a vector, which may have any, one view does; else the
    elements are put in the source's order first.
    """
    placed, name, shape = conversion.placed[tensor.index], node_name(op), target.shape[1:]
    wanted = golden_shape(shape)
    in_order = np.array_equal(placed.order, golden_order(shape))
    if in_order or len(shape) == 1:
        edge = name
        reshaped(conversion, name, tensor, placed.edge, wanted)
    else:
        edge = _put_in_order(conversion, name, tensor, placed, shape)
    conversion.place(
        target, edge, shape=wanted, order=placed.order if len(shape) == 1 else None, lo=placed.lo, hi=placed.hi
    )
    return edge


def _put_in_order(
    conversion: Conversion, name: str, tensor: TfliteTensor, placed: Placed, shape: tuple[int, ...]
) -> str:
    edge, source = placed.edge, tensor.shape[1:]
    if len(source) == 3:
        edge = transposed(conversion, f"{name}_rows", tensor, edge, placed.shape, (1, 2, 0))
    if len(shape) != 3:
        return reshaped(conversion, name, tensor, edge, shape)
    edge = reshaped(conversion, f"{name}_shape", tensor, edge, shape)
    return transposed(conversion, name, tensor, edge, shape, (2, 0, 1))
