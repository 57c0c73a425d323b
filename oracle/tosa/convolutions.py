"""CONV2D and DEPTHWISE_CONV2D of TOSA by golden's conv2d, and those with a kernel of 1x1 by golden's linear.

TOSA adds a bias to golden's accumulator, and gives weights a zero point: golden's are w - zp. FULLY_CONNECTED left TOSA
with version 1.0, which has CONV2D with a kernel of 1x1 in its place.
"""

from __future__ import annotations

import numpy as np

from oracle.tosa.case import Ints, TosaCase, channels_first, channels_last
from oracle.tosa.geometry import too_far, window_of
from t2c.golden.arithmetic import conv, linear


def kernel_of(case: TosaCase) -> tuple[int, ...]:
    """Weights are (OC, KH, KW, IC), of a depthwise convolution (KH, KW, C, M)."""
    shape = case.inputs[1].shape
    return shape[1:3] if case.operator == "CONV2D" else shape[:2]


def refused(case: TosaCase) -> str:
    """Why golden has no such convolution; "" if it has."""
    return too_far(case, kernel_of(case))


def refused_as_linear(case: TosaCase) -> str:
    """Why a convolution is no fully connected layer; "" if it is."""
    plain = kernel_of(case) == (1, 1) and case.attributes["stride"] == [1, 1] and case.attributes["pad"] == [0] * 4
    return "" if plain else "no fully connected layer: a kernel, stride or padding other than that of 1x1"


def convolution(case: TosaCase) -> Ints:
    """(N, OH, OW, OC) of CONV2D."""
    weights = centred_weights(case).transpose(0, 3, 1, 2)
    return biased(case, convolve(case, weights, groups=1))


def depthwise(case: TosaCase) -> Ints:
    """(N, OH, OW, C·M) of DEPTHWISE_CONV2D: output c·M + m reads channel c."""
    high, wide, channels, multiplier = case.inputs[1].shape
    weights = centred_weights(case).transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, high, wide)
    return biased(case, convolve(case, weights, groups=channels))


def fully_connected(case: TosaCase) -> Ints:
    """(N, H, W, OC) of CONV2D: each pixel is a row."""
    weights = centred_weights(case)[:, 0, 0]
    rows = case.inputs[0].reshape(-1, weights.shape[1])
    acc = linear.linear(rows, weights, zero_point=case.one(3))
    return biased(case, acc.reshape(case.output.shape))


def convolve(case: TosaCase, weights: Ints, groups: int) -> Ints:
    """Golden's accumulators, channels last."""
    window = window_of(case, kernel_of(case))
    x = channels_first(case.inputs[0])
    return channels_last(conv.conv2d(x, weights, window=window, groups=groups, zero_point=case.one(3)))


def centred_weights(case: TosaCase) -> Ints:
    """w - zp, 9 bits of int8."""
    centred: Ints = case.inputs[1].astype(np.int64) - case.one(4)
    return centred


def biased(case: TosaCase, acc: Ints) -> Ints:
    """The bias of each channel, or of all, added as TOSA does."""
    return acc + case.inputs[2]
