"""Products of two activations, element by element: matrices of one column times matrices of one number."""

from __future__ import annotations

import math

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.binary import FileOperand, broadcast
from t2c.importing.tflite.conversion import Conversion, node_name
from t2c.importing.tflite.edges import reshaped, transposed
from t2c.importing.tflite.multiplier import LiteRtRule
from t2c.importing.tflite.placed import golden_shape, sample_shape
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import as_vector, in_own_order
from t2c.importing.tflite.weighted import refuse_overflow


def place_products(
    conversion: Conversion,
    op: TfliteOperator,
    left: FileOperand,
    right: FileOperand,
    output: TfliteTensor,
    rule: LiteRtRule,
) -> None:
    """Add the products of all pairs.

    Axes that both operands have are the batch of a matmul, those along which one is repeated are rows: of a map and a
    number a channel (C, H W, 1) times (C, 1, 1).
    """
    name = node_name(op)
    corners = [a * b for a in left.ends for b in right.ends]
    reach = Reach(lo=np.array([min(corners)]), hi=np.array([max(corners)]))
    refuse_overflow(op, output, rule, reach)
    done = requantise(
        rule, reach, zero_point=rule.zero_point, lo=rule.lo, hi=rule.hi, source=rule.constants(), place=op.label
    )

    def product(a: str, b: str, made: str) -> str:
        batch, rows, _ = conversion.shape_of(a)
        conversion.builder.edge(conversion.spec(output, made, (batch, rows, 1)))
        conversion.node("matmul", made, (a, b), made, done.constants, mulquant=done.constants.mulquant)
        return made

    made = f"{name}_products"
    assert left.placed is not None
    assert right.placed is not None
    if left.tensor.shape == right.tensor.shape and left.placed.rows == right.placed.rows:
        count = left.placed.order.size
        a, b = (
            reshaped(conversion, f"{name}_{what}", as_vector(conversion, f"{name}_{what}_flat", each), (count, 1, 1))
            for what, each in (("left", left.placed), ("right", right.placed))
        )
        edge = reshaped(conversion, name, product(a, b, made), left.placed.shape)
        conversion.place(output, edge, like=left.placed, lo=rule.lo, hi=rule.hi)
        conversion.report(op, made, done.exactness)
        return
    large, small = (left, right) if left.tensor.shape == output.shape else (right, left)
    goal = golden_shape(sample_shape(output.shape))
    if large.tensor.shape == output.shape:
        assert large.placed is not None
        edge = in_own_order(conversion, op, "large", large.tensor, large.placed).edge
    else:
        edge = broadcast(conversion, op, "large", large, output.shape)
    kept, spread = _axes(op, small.tensor, output)
    assert small.placed is not None
    less = in_own_order(conversion, op, "small", small.tensor, small.placed)
    order = (*kept, *spread)
    batch = math.prod(goal[axis] for axis in kept)
    turned = transposed(conversion, f"{name}_turned", edge, order)
    a = reshaped(conversion, f"{name}_large", turned, (batch, math.prod(goal) // batch, 1))
    flat = as_vector(conversion, f"{name}_small_flat", less)
    b = reshaped(conversion, f"{name}_small", flat, (batch, 1, 1))
    whole = reshaped(conversion, f"{name}_whole", product(a, b, made), tuple(goal[axis] for axis in order))
    back = transposed(conversion, f"{name}_back", whole, tuple(order.index(axis) for axis in range(len(order))))
    conversion.place(output, back, lo=rule.lo, hi=rule.hi)
    conversion.report(op, made, done.exactness)


def _axes(op: TfliteOperator, small: TfliteTensor, output: TfliteTensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of golden's axes of the output: those that the smaller operand has, and those along which it is repeated."""
    full = sample_shape(output.shape)
    aligned = ((1,) * (len(output.shape) - len(small.shape)) + small.shape)[len(output.shape) - len(full) :]
    have = golden_shape(aligned)
    held = golden_shape(sample_shape(small.shape))
    kept = tuple(axis for axis, extent in enumerate(have) if extent > 1)
    order = [extent for extent in have if extent > 1]
    if order != [extent for extent in held if extent > 1]:
        raise RefusedError([f"{op.label}: {small.label} of shape {small.shape} does not spread to {output.shape}"])
    return kept, tuple(axis for axis in range(len(have)) if axis not in kept)
