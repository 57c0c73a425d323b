"""HARD_SWISH of int8 as LiteRT's reference kernel computes it, in 16-bit fixed point."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.tflite.fixed_point import rounded_shift
from t2c.importing.tflite.multiplier import quantized_multiplier

INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1
HIRES_BITS = 7


def _multiplier(scale: float) -> tuple[int, int]:
    """`QuantizeMultiplier`, then `DownScaleInt32ToInt16Multiplier`."""
    m, e = quantized_multiplier(scale)
    return min(m + (1 << 15) >> 16, INT16_MAX), e


def _high_product(a: IntArray, b: int) -> IntArray:
    """`SaturatingRoundingDoublingHighMul` of int16."""
    high: IntArray = np.minimum(a * b + (1 << 14) >> 15, INT16_MAX)
    return high


def _truncated_high_product(a: IntArray, b: IntArray) -> IntArray:
    """`SaturatingDoublingHighMul`: towards 0."""
    product = a * b
    return np.where(product < 0, -(-product >> 15), product >> 15)


def hard_swish_values(x: IntArray, scale: float, output_scale: float) -> IntArray | None:
    """x · relu6(x + 3) / 6 before the output's zero point; None where LiteRT refuses the scales.

    Args:
        x: int8 without its zero point.
        scale, output_scale: float32.

    Source: `reference_ops::HardSwish`, `HardSwishPrepare` of LiteRT.
    """
    hires_scale = np.float32(1 / 128) * np.float32(scale)
    m_out, e_out = _multiplier(float(hires_scale / np.float32(output_scale)))
    m_relu, e_relu = _multiplier(float(hires_scale / np.float32(np.float32(3) / np.float32(32768))))
    if e_out > 0:
        return None
    hires = np.clip(x << HIRES_BITS, INT16_MIN, INT16_MAX)
    scaled = _high_product(hires, m_out)
    gate = hires
    if e_relu > 0:
        gate = np.clip(gate << e_relu - 1, INT16_MIN, INT16_MAX)
    gate = _high_product(gate, m_relu)
    if e_relu > 0:
        gate = np.clip(gate << 1, INT16_MIN, INT16_MAX)
    elif e_relu < 0:
        gate = rounded_shift(gate, -e_relu)
    gate = gate + (1 << 15) >> 1
    return rounded_shift(_truncated_high_product(gate, scaled), -e_out)
