"""CONV_2D and DEPTHWISE_CONV_2D: a conv2d of golden; LiteRT's kernels round twice."""

from __future__ import annotations

import math

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.parts import in_parts
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, reshaped
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.weighted import (
    Parameters,
    parameters,
    product_in_double,
    product_in_float32,
    requantised,
    scales_of,
)
from t2c.importing.tflite.window import padded_size, sliding_window


@OPERATORS("CONV_2D")
def conv_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """weight: (O, KH, KW, C / groups)."""
    held = parameters(conversion, op, 4, 0, bias_wanted=True)
    given, placed = conversion.map_source(op, padded=True)
    channels, taken = placed.shape[0], held.values.shape[3]
    if channels % taken or held.values.shape[0] % (channels // taken):
        raise RefusedError([f"{op.label}: {held.weight.label} of shape {held.weight.shape} for {channels} channels"])
    _convolve(conversion, op, given, held, held.values.transpose(0, 3, 1, 2), channels // taken)


@OPERATORS("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(conversion: Conversion, op: TfliteOperator) -> None:
    """weight: (1, KH, KW, C · multiplier); output channel c · multiplier + k is of input channel c."""
    held = parameters(conversion, op, 4, 3)
    given, placed = conversion.map_source(op, padded=True)
    channels = placed.shape[0]
    if held.values.shape[0] != 1 or held.values.shape[3] % channels:
        raise RefusedError([f"{op.label}: {held.weight.label} of shape {held.weight.shape} for {channels} channels"])
    _convolve(conversion, op, given, held, held.values.transpose(3, 0, 1, 2), channels)


def _convolve(
    conversion: Conversion, op: TfliteOperator, given: TfliteTensor, held: Parameters, weight: IntArray, groups: int
) -> None:
    """weight: (O, C / groups, KH, KW)."""
    placed, name = conversion.placed[given.index], node_name(op)
    out, _, height, width = weight.shape
    window = sliding_window(op, padded_size(placed), (height, width), placed.pads)
    output = conversion.target(op, (1, *window.output, out), given.type)
    product = product_in_float32 if given.type == "UINT8" else product_in_double
    scales = [product(given.scales[0], scale) / output.scales[0] for scale in scales_of(held.weight, out)]
    done, lo, hi = requantised(op, placed, (given, output), weight, held.bias, scales)
    parts = in_parts(weight)
    conversion.node(
        "conv2d",
        name,
        (repeated(conversion, f"{name}_again", placed.edge, groups, len(parts)),),
        name,
        done.constants,
        stride=window.stride,
        padding=window.golden_padding(),
        dilation=window.dilation,
        groups=groups,
        weight=np.concatenate(parts, axis=1),
        weight_bits=8,
        mulquant=done.constants.mulquant,
    )
    conversion.place(output, name, lo=lo, hi=hi)
    macs = math.prod(window.output) * weight.size
    conversion.report(op, name, done.exactness, weights=held.weight, macs=macs)


def repeated(conversion: Conversion, name: str, edge: str, groups: int, times: int) -> str:
    """A map with the channels of each group so many times, for weights that are sums of so many."""
    if times == 1:
        return edge
    channels, height, width = conversion.shape_of(edge)
    apart = reshaped(conversion, f"{name}_groups", edge, (groups, channels // groups, height, width))
    many = joined(conversion, f"{name}_all", [apart] * times, 1)
    return reshaped(conversion, name, many, (times * channels, height, width))
