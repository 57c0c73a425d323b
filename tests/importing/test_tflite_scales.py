"""Multipliers to the last bit: biases put the sums of each channel about a step that moves with the last bits of M."""

from __future__ import annotations

import numpy as np
import pytest

from tests.importing.judged import assert_equal_to_litert
from tests.importing.tflite_file import TfliteFile, options

CHANNELS = 64
SUM = 1 << 29
"""About where the sums are: there half a unit of the last place of M is worth a sixteenth of a sum or more."""


def one_layer(kind: str, type_: str, seed: int) -> bytes:
    """One weight of 1 for each channel and a bias of about 2^29: an output steps once for all 256 inputs, near 0."""
    rng = np.random.default_rng(seed)
    unsigned = type_ == "UINT8"
    point = 128 if unsigned else 0
    scales = rng.uniform(0.01, 0.02, 2)
    step = 1 << 25  # sums of one output step
    file = TfliteFile()
    depthwise = kind == "DEPTHWISE_CONV_2D"
    given_shape = (1, 256) if kind == "FULLY_CONNECTED" else (1, 16, 16, 1)
    shape = {
        "CONV_2D": (CHANNELS, 1, 1, 1),
        "TRANSPOSE_CONV": (CHANNELS, 1, 1, 1),
        "DEPTHWISE_CONV_2D": (1, 1, 1, CHANNELS),
        "FULLY_CONNECTED": (CHANNELS, 256),
    }[kind]
    given = file.tensor(given_shape, name="in", type_=type_, scale=scales[0], zero_point=point)
    values = np.full(shape, point)
    if kind == "FULLY_CONNECTED":
        values[np.arange(CHANNELS), np.arange(CHANNELS)] = point + 1
    else:
        values[...] = point + 1
    weight = file.tensor(shape, type_=type_, scale=scales[1:], zero_point=point if unsigned else 0, data=values)
    out_scale = float(np.float32(scales[0])) * float(np.float32(scales[1])) * step
    # Steps are at odd multiples of half of `step`: the sums of channel c lie about one of them.
    steps = (2 * rng.integers(-SUM // step, SUM // step, CHANNELS) + 1) * (step // 2)
    bias = file.tensor(
        (CHANNELS,), type_="INT32", scale=[scales[0] * scales[1]], data=steps + rng.integers(-40, 40, CHANNELS)
    )
    out_shape = (1, CHANNELS) if kind == "FULLY_CONNECTED" else (1, 16, 16, CHANNELS)
    out = file.tensor(out_shape, type_=type_, scale=out_scale, zero_point=point)
    if kind == "FULLY_CONNECTED":
        made = options("FullyConnectedOptions")
    elif depthwise:
        made = options("DepthwiseConv2DOptions", depthMultiplier=CHANNELS, strideH=1, strideW=1)
    elif kind == "TRANSPOSE_CONV":
        made = options("TransposeConvOptions", strideH=1, strideW=1)
    else:
        made = options("Conv2DOptions", strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1)
    inputs = [given, weight, bias]
    if kind == "TRANSPOSE_CONV":
        inputs = [file.tensor((4,), type_="INT32", data=out_shape), weight, given, bias]
    file.operator(kind, inputs, out, made, version=4 if kind == "FULLY_CONNECTED" else 3)
    return file.data([given], [out])


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("type_", ["INT8", "UINT8"])
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"])
def test_the_last_bit_of_the_multiplier(kind: str, type_: str) -> None:
    lo = 0 if type_ == "UINT8" else -128
    every = np.arange(lo, lo + 256)
    for seed in range(12):
        data = one_layer(kind, type_, seed)
        if kind == "FULLY_CONNECTED":
            images = np.stack([np.roll(every, shift) for shift in range(0, 256, 3)])
        else:
            images = every.reshape(1, 1, 16, 16)
        assert_equal_to_litert(data, images)
