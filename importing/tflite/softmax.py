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
    """The host's softmax of rows.

    name: of its result; source: of the tensor that it takes; exps: (256,) by the distance to the largest element;
    length: of a row; least: the least integer of the result, which is its zero point.
    """

    name: str
    source: str
    exps: tuple[int, ...]
    length: int
    least: int
    operation: str = "SOFTMAX"

    def run(self, values: IntArray) -> IntArray:
        """From (N, rows · length) integers of 8 bits to the same of scale 1/256."""
        rows = values.reshape(len(values), -1, self.length)
        exps = np.array(self.exps, np.int64)[rows.max(axis=-1, keepdims=True) - rows]
        total = rounded_shift(exps, ACCUM_BITS).sum(axis=-1, keepdims=True)
        bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)  # exact: total is below 2^53
        scale = one_over_one_plus((total << 32 - bits) - (1 << 31))
        shift = ACCUM_BITS - (32 - bits) + 31 - 8
        out = np.clip(rounded_shift(high_product(scale, exps), shift) + self.least, self.least, self.least + 255)
        return out.reshape(values.shape)
