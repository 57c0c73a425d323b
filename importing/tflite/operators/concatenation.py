"""CONCATENATION of tensors that are read alike."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import OPERATORS, Conversion, golden_order, node_name
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator

_GOLDEN_AXIS = {2: {1: 0}, 3: {1: 0, 2: 1}, 4: {1: 1, 2: 2, 3: 0}}
"""By the number of axes: which axis of golden's shape is one of the source's, the batch counted."""


@OPERATORS("CONCATENATION")
def concatenation(conversion: Conversion, op: TfliteOperator) -> None:
    """Along any axis but the batch."""
    parts = [conversion.source(op, position) for position in range(len(op.inputs))]
    if len(parts) < 2:
        raise RefusedError([f"{op.label}: {len(parts)} inputs; two or more are wanted"])
    first, rank = parts[0][0], len(parts[0][0].shape)
    axis = int(op.options["Axis"])
    axis += rank if axis < 0 else 0
    if axis not in _GOLDEN_AXIS[rank]:
        raise RefusedError([f"{op.label}: axis {op.options['Axis']} of {first.label} of shape {first.shape}"])
    rest = [tuple(n for i, n in enumerate(tensor.shape) if i != axis) for tensor, _ in parts]
    if any(len(tensor.shape) != rank for tensor, _ in parts) or len(set(rest)) > 1:
        raise RefusedError([f"{op.label}: inputs of shapes {', '.join(str(tensor.shape) for tensor, _ in parts)}"])
    shape = list(first.shape)
    shape[axis] = sum(tensor.shape[axis] for tensor, _ in parts)
    output, name = conversion.target(op, tuple(shape)), node_name(op)
    for tensor, placed in parts:
        require_same_reading(op, tensor, output)
        if any(placed.pads) or not np.array_equal(placed.order, golden_order(tensor.shape[1:])):
            raise RefusedError([f"{op.label}: {tensor.label} is padded, or a view in another order"])
    low, high = min(placed.lo for _, placed in parts), max(placed.hi for _, placed in parts)
    lo, hi = output_range(op, output)
    if lo > low or hi < high:
        raise RefusedError([f"{op.label}: its fused activation clips {low}..{high} to {lo}..{hi}"])
    edges = tuple(placed.edge for _, placed in parts)
    conversion.node("concat", name, edges, name, axis=_GOLDEN_AXIS[rank][axis])
    conversion.place(output, name, lo=low, hi=high)
    conversion.report(op, name, Exactness(grade=Grade.SAME))
