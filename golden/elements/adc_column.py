"""Compute in memory: the products of several rows meet on one line, and a converter of a few bits reads their sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.element import register_element
from t2c.golden.elements.mac import PlainWeights

ADC_BITS, STEP = 8, 8
"""Bits of the converter, two's complement; its least step is 2^STEP."""


@register_element
class AdcColumn(PlainWeights):
    """rtl/adc_pe.v: psum + clip(⌊(Σ_j a_j * w_j) / 2^STEP + 1/2⌋, -2^(ADC_BITS-1), 2^(ADC_BITS-1) - 1) * 2^STEP.

    Four rows are summed at once; the converter rounds half up and saturates.
    """

    name: ClassVar[str] = "adc_column"
    module: ClassVar[str] = "adc_pe"
    span: ClassVar[int] = 4
    exact: ClassVar[bool] = False
    widths: ClassVar[tuple[int, int]] = (4, 8)
    parameters: ClassVar[Mapping[str, int]] = {"ADC_BITS": ADC_BITS, "STEP": STEP}

    def sums(self, operands: IntArray, weights: IntArray) -> IntArray:
        line = (operands * weights).sum(axis=-1)
        half = 1 << (ADC_BITS - 1)
        return np.asarray(np.clip((line + (1 << STEP >> 1)) >> STEP, -half, half - 1) << STEP)

    def bound(self, a_w: int, w_w: int) -> int:
        return min(super().bound(a_w, w_w) + (1 << STEP >> 1), 1 << (ADC_BITS + STEP - 1))
