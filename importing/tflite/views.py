"""Tensors whose elements golden has in another shape or order: views of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.tflite.conversion import Conversion, node_name
from t2c.importing.tflite.edges import reshaped, transposed
from t2c.importing.tflite.placed import Placed, golden_order, golden_shape, sample_shape
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor


def as_vector(conversion: Conversion, name: str, placed: Placed) -> str:
    """The edge of a tensor as a vector, in golden's order of its elements; a view is added where it is none."""
    return reshaped(conversion, name, placed.edge, (placed.order.size,))


def in_source_order(conversion: Conversion, name: str, tensor: TfliteTensor, placed: Placed) -> str:
    """An edge of a tensor's elements in the file's order, of any shape."""
    edge = placed.edge
    if placed.rows:
        edge = reshaped(conversion, f"{name}_map", edge, placed.rows)
    if placed.rows or len(sample_shape(tensor.shape)) == 3:
        edge = transposed(conversion, f"{name}_last", edge, (1, 2, 0))
    return edge


def place_in_source_order(
    conversion: Conversion, name: str, target: TfliteTensor, edge: str, *, lo: int, hi: int
) -> str:
    """Make a tensor of an edge that has its elements in the file's order; return the last node's name."""
    shape = sample_shape(target.shape)
    if len(shape) == 3:
        edge = reshaped(conversion, f"{name}_shape", edge, shape)
        edge = transposed(conversion, f"{name}_first", edge, (2, 0, 1))
    edge = reshaped(conversion, name, edge, golden_shape(shape))
    conversion.place(target, edge, lo=lo, hi=hi)
    return edge


def place_view(conversion: Conversion, op: TfliteOperator, tensor: TfliteTensor, target: TfliteTensor) -> str:
    """Make the target the same elements in the source's order in another shape; return the last view's name.

    Where golden's order is that of the target, or the target is a vector, which may have any, one view does; else the
    elements are put in the source's order first.
    """
    placed, name, shape = conversion.placed[tensor.index], node_name(op), sample_shape(target.shape)
    in_order = np.array_equal(placed.order, golden_order(shape))
    if not in_order and len(shape) != 1:
        edge = in_source_order(conversion, name, tensor, placed)
        return place_in_source_order(conversion, name, target, edge, lo=placed.lo, hi=placed.hi)
    edge = reshaped(conversion, name, placed.edge, golden_shape(shape))
    rows = placed.rows or (placed.shape if len(sample_shape(tensor.shape)) == 3 else ())
    like = replace(placed, shape=golden_shape(shape), rows=() if in_order else rows)
    conversion.place(target, edge, like=like, lo=placed.lo, hi=placed.hi)
    return edge


def in_own_order(conversion: Conversion, op: TfliteOperator, what: str, tensor: TfliteTensor, placed: Placed) -> Placed:
    """A tensor that lies as golden's do: what is a vector of a map's elements is put in order."""
    if not placed.rows:
        return placed
    name = node_name(op, what)
    edge = in_source_order(conversion, name, tensor, placed)
    count = placed.order.size
    return Placed(
        edge=reshaped(conversion, name, edge, (count,)),
        shape=(count,),
        order=golden_order((count,)),
        lo=placed.lo,
        hi=placed.hi,
    )


def golden_axis(op: TfliteOperator, tensor: TfliteTensor, axis: int) -> int:
    """Which axis of golden's shape is one of the source's, the batch counted there; refuse the batch's."""
    rank = len(tensor.shape)
    if not -rank <= axis < rank:
        raise RefusedError([f"{op.label}: axis {axis} of {tensor.label} of shape {tensor.shape}"])
    own = sample_shape(tensor.shape)
    place = axis % rank - (rank - len(own))
    if place < 0:
        raise RefusedError([f"{op.label}: axis {axis} of {tensor.label} of shape {tensor.shape} is its batch"])
    return {0: 1, 1: 2, 2: 0}[place] if len(own) == 3 else place


def size_of(tensor: TfliteTensor) -> int:
    """Elements of a sample."""
    return math.prod(tensor.shape)
