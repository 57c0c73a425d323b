"""CONCATENATION: of int8 of tensors that are read alike, of uint8 of any, requantised by a table each."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, tabulated
from t2c.importing.tflite.placed import Placed, every_integer, format_of, zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import golden_axis, in_own_order


@OPERATORS("CONCATENATION")
def concatenation(conversion: Conversion, op: TfliteOperator) -> None:
    """Along any axis but the batch."""
    if len(op.inputs) < 1:
        raise RefusedError([f"{op.label}: it has no inputs"])
    parts = [_part(conversion, op, position) for position in range(len(op.inputs))]
    first, rank = parts[0][0], len(parts[0][0].shape)
    axis = golden_axis(op, first, int(op.options["Axis"]))
    place = int(op.options["Axis"]) % rank
    rest = [tuple(n for i, n in enumerate(tensor.shape) if i != place) for tensor, _ in parts]
    if any(len(tensor.shape) != rank for tensor, _ in parts) or len(set(rest)) > 1:
        raise RefusedError([f"{op.label}: inputs of shapes {', '.join(str(tensor.shape) for tensor, _ in parts)}"])
    shape = list(first.shape)
    shape[place] = sum(tensor.shape[place] for tensor, _ in parts)
    output, name = conversion.target(op, tuple(shape), first.type), node_name(op)
    lo, hi = output_range(op, output)
    edges, ends, known = [], [], Grade.SAME
    for index, (tensor, placed) in enumerate(parts):
        edge, results = placed.edge, every_integer(tensor)
        if tensor.type == "UINT8":
            results = rescaled(tensor, output)
        else:
            require_same_reading(op, tensor, output)
        reached = results[placed.lo - format_of(tensor).lo : placed.hi - format_of(tensor).lo + 1]
        if reached.min() < lo or hi < reached.max():
            raise RefusedError(
                [f"{op.label}: its fused activation clips {reached.min()}..{reached.max()} to {lo}..{hi}"]
            )
        if (tensor.scales[0], zero_point(tensor)) != (output.scales[0], zero_point(output)):
            spec = conversion.spec(output, f"{name}_{index}", conversion.shape_of(edge))
            edge, known = tabulated(conversion, spec.name, edge, results, spec), Grade.TABLE
        edges.append(edge)
        ends += [int(reached.min()), int(reached.max())]
    edge = joined(conversion, name, edges, axis)
    conversion.place(output, edge, lo=min(ends), hi=max(ends))
    conversion.report(op, edge, Exactness(grade=known))


def _part(conversion: Conversion, op: TfliteOperator, position: int) -> tuple[TfliteTensor, Placed]:
    tensor, placed = conversion.source(op, position)
    return tensor, in_own_order(conversion, op, f"in{position}", tensor, placed)


def rescaled(given: TfliteTensor, output: TfliteTensor) -> IntArray:
    """uint8 of another scale, in float32; source: `ConcatenationWithScaling` of LiteRT."""
    x, point = every_integer(given), zero_point(output)
    if (given.scales[0], zero_point(given)) == (output.scales[0], point):
        return x
    scale = np.float32(given.scales[0]) * (np.float32(1) / np.float32(output.scales[0]))
    bias = np.float32(-zero_point(given)) * scale
    steps = x.astype(np.float32) * scale + bias
    rounded = np.copysign(np.floor(np.abs(steps) + np.float32(0.5)), steps).astype(np.int64)
    found: IntArray = np.clip(rounded + point, 0, 255)
    return found
