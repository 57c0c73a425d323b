"""SOFTMAX of int8 as LiteRT's reference kernel computes it: a table of exponentials and a Newton reciprocal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.tflite.fixed_point import exp_of_negative, high_product, one_over_one_plus, rounded_shift
from t2c.importing.tflite.multiplier import quantized_multiplier

DIFF_BITS, ACCUM_BITS = 5, 12
"""Integer bits of a scaled difference, and of the sum of exponentials."""


def exponentials(scale: float, beta: float) -> tuple[int, ...]:
    """exp(-beta · scale · i) for i = 0 .. 255, 31 fraction bits; 0 where LiteRT leaves a difference out.

    Source: `PreprocessSoftmaxScaling`, `CalculateInputRadius` of LiteRT's quantization_util.
    """
    real = min(beta * scale * (1 << 31 - DIFF_BITS), (1 << 31) - 1.0)
    m, left = quantized_multiplier(real)
    radius = math.floor(((1 << DIFF_BITS) - 1) * (1 << 31 - DIFF_BITS) / (1 << left))
    i = np.arange(256, dtype=np.int64)
    i = np.minimum(i, radius)
    table = exp_of_negative(high_product(-i << left, m), DIFF_BITS)
    return tuple(np.where(np.arange(256) <= radius, table, 0).tolist())


@dataclass(frozen=True, kw_only=True)
class LiteRtSoftmax:
    """The host's softmax of the last axis. name: of its result; exps: (256,) by the distance to the largest element."""

    name: str
    exps: tuple[int, ...]
    operation: str = "SOFTMAX"

    def run(self, values: IntArray) -> IntArray:
        """From (..., L) int8 to the same of scale 1/256 and zero point -128."""
        exps = np.array(self.exps, np.int64)[values.max(axis=-1, keepdims=True) - values]
        total = rounded_shift(exps, ACCUM_BITS).sum(axis=-1, keepdims=True)
        bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)  # exact: total is below 2^53
        scale = one_over_one_plus((total << 32 - bits) - (1 << 31))
        shift = ACCUM_BITS - (32 - bits) + 31 - 8
        out: IntArray = np.clip(rounded_shift(high_product(scale, exps), shift) - 128, -128, 127)
        return out
