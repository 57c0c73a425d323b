"""FULLY_CONNECTED: a linear of golden; LiteRT's kernel rounds once, and multiplies two scales in float32."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import as_vector
from t2c.importing.tflite.weighted import parameters, requantised, scales_of


@OPERATORS("FULLY_CONNECTED")
def fully_connected(conversion: Conversion, op: TfliteOperator) -> None:
    """weight: (O, K); its columns follow golden's order of the input."""
    if int(op.options["WeightsFormat"]):
        raise RefusedError([f"{op.label}: weights format {op.options['WeightsFormat']} is not the plain one"])
    held = parameters(conversion, op, 2, 0)
    given, placed = conversion.source(op, 0)
    out, features = held.values.shape
    if placed.order.size != features:
        raise RefusedError(
            [f"{op.label}: {held.weight.label} takes {features} features, {given.label} has {placed.order.size}"]
        )
    shape = (*given.shape[:-1], out) if op.options["KeepNumDims"] else (1, out)
    output, name = conversion.target(op, shape), node_name(op)
    weight = np.empty_like(held.values)
    weight[:, placed.order] = held.values
    scales = [_scale(given.scales[0], scale, output.scales[0]) for scale in scales_of(held.weight, out)]
    done, lo, hi = requantised(op, placed, (given, output), weight, held.bias, scales, two=False)
    conversion.node(
        "linear",
        name,
        (as_vector(conversion, op, given),),
        name,
        done.constants,
        weight=weight,
        weight_bits=8,
        mulquant=done.constants.mulquant,
    )
    conversion.place(output, name, shape=(out,), order=np.arange(out, dtype=np.int64), lo=lo, hi=hi)
    conversion.report(op, name, done.exactness, weights=held.weight, macs=weight.size)


def _scale(given: float, weight: float, output: float) -> float:
    """Source: `GetQuantizedConvolutionMultipler` of LiteRT's kernel_util."""
    return float(np.float32(given) * np.float32(weight)) / output
