"""MEAN over a map's height and width: an average pooling with LiteRT's own division."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.conversion import INT8_HI, INT8_LO, OPERATORS, Conversion, node_name, zero_point
from t2c.importing.tflite.multiplier import LiteRtRule, quantized_multiplier
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import reshaped
from t2c.importing.tflite.weighted import refuse_overflow, refuse_shift


def mean_multiplier(scale: float, output_scale: float, count: int) -> tuple[int, int]:
    """Multiplier and shift of a mean of so many elements: the division is part of the multiplier, floored.

    Source: `reference_integer_ops::Mean` of LiteRT.
    """
    m, e = quantized_multiplier(scale / output_scale)
    shift = min(count.bit_length() - 1, 32, 31 + e)
    return (m << shift) // count, e - shift


@OPERATORS("MEAN")
def mean(conversion: Conversion, op: TfliteOperator) -> None:
    """With or without the reduced axes in the output's shape."""
    given, placed = conversion.map_source(op)
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a map and its axes are wanted"])
    axes = sorted({axis % 4 for axis in conversion.constant(op, op.inputs[1], "INT32").reshape(-1).tolist()})
    if axes != [1, 2]:
        raise RefusedError([f"{op.label}: axes {axes} of {given.label}; height and width are wanted"])
    channels, height, width = placed.shape
    shape = (1, 1, 1, channels) if op.options["KeepDims"] else (1, channels)
    output, name, count, zero = conversion.target(op, shape), node_name(op), height * width, zero_point(given)
    m, e = mean_multiplier(given.scales[0], output.scales[0], count)
    refuse_shift(op, output, e)
    rule = LiteRtRule(
        m=np.array([m]),
        e=np.array([e]),
        bias=np.zeros(1, np.int64),
        two=True,
        zero_point=zero_point(output),
        lo=INT8_LO,
        hi=INT8_HI,
    )
    reach = Reach(lo=np.array([count * (placed.lo - zero)]), hi=np.array([count * (placed.hi - zero)]))
    refuse_overflow(op, output, rule, reach)
    done = requantise(
        rule, reach, zero_point=rule.zero_point, lo=rule.lo, hi=rule.hi, source=rule.constants(), place=op.label
    )
    pooled = name if len(shape) == 4 else f"{name}_map"
    conversion.builder.edge(conversion.spec(output, pooled, (channels, 1, 1)))
    conversion.node(
        "average_pool2d",
        pooled,
        (placed.edge,),
        pooled,
        done.constants,
        kernel=(height, width),
        stride=(1, 1),
        mulquant=done.constants.mulquant,
    )
    if len(shape) == 2:
        reshaped(conversion, name, output, pooled, (channels,))
    conversion.place(output, name)
    conversion.report(op, pooled, done.exactness)
