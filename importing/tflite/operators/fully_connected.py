"""FULLY_CONNECTED: a linear of golden, or a convolution of one tap where there are rows; LiteRT's kernel multiplies by
the real scale, in float64."""

from __future__ import annotations

import math

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.parts import in_parts
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, reshaped, transposed
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import as_vector, in_source_order, place_in_source_order
from t2c.importing.tflite.weighted import parameters, product_in_double, requantised, scales_of


@OPERATORS("FULLY_CONNECTED")
def fully_connected(conversion: Conversion, op: TfliteOperator) -> None:
    """weight: (O, K); of one row its columns follow golden's order of the input."""
    if int(op.options["WeightsFormat"]):
        raise RefusedError([f"{op.label}: weights format {op.options['WeightsFormat']} is not the plain one"])
    held = parameters(conversion, op, 2, 0)
    given, placed = conversion.source(op, 0)
    out, features = held.values.shape
    size = placed.order.size
    if size % features or (op.options["KeepNumDims"] and given.shape[-1] != features):
        raise RefusedError([f"{op.label}: {held.weight.label} takes {features} features, {given.label} has {size}"])
    rows = size // features
    shape = (*given.shape[:-1], out) if op.options["KeepNumDims"] else (rows, out)
    output, name = conversion.target(op, shape, given.type), node_name(op)
    weight = held.values
    if rows == 1:
        weight = np.empty_like(held.values)
        weight[:, placed.order] = held.values
    scales = [product_in_double(given.scales[0], scale) / output.scales[0] for scale in scales_of(held.weight, out)]
    done, lo, hi = requantised(op, placed, (given, output), weight, held.bias, scales, real=True)
    parts = in_parts(weight)
    common: dict[str, object] = {"weight_bits": 8, "mulquant": done.constants.mulquant}
    if rows == 1:
        edge = joined(conversion, f"{name}_again", [as_vector(conversion, f"{name}_flat", placed)] * len(parts), 0)
        both: IntArray = np.concatenate(parts, axis=1)
        made = name if math.prod(shape) == shape[-1] and len(shape) <= 2 else f"{name}_sums"
        conversion.builder.edge(conversion.spec(output, made, (out,)))
        conversion.node("linear", made, (edge,), made, done.constants, weight=both, **common)
        turned = made
    else:
        row = reshaped(conversion, f"{name}_rows", in_source_order(conversion, name, given, placed), (rows, features))
        column = transposed(conversion, f"{name}_columns", row, (1, 0))
        pixels = reshaped(conversion, f"{name}_pixels", column, (features, rows, 1))
        edge = joined(conversion, f"{name}_again", [pixels] * len(parts), 0)
        weight, made = np.concatenate(parts, axis=1)[:, :, None, None], f"{name}_sums"
        conversion.builder.edge(conversion.spec(output, made, (out, rows, 1)))
        conversion.node("conv2d", made, (edge,), made, done.constants, weight=weight, **common)
        flat = reshaped(conversion, f"{name}_turned", made, (out, rows))
        turned = transposed(conversion, f"{name}_back", flat, (1, 0))
    place_in_source_order(conversion, name, output, turned, lo=lo, hi=hi)
    conversion.report(op, made, done.exactness, weights=held.weight, macs=rows * held.values.size)
