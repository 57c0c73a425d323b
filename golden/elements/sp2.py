"""The sum of two powers of two: a multiplier made of two shifts, an adder and a sign."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.element import Element, Flags, register_element

MAGNITUDES = np.array([0, 1, 2, 4, 4, 5, 6, 8])
"""By code: 4 * (bit 2) + (0, 1, 2, 4 by bits 1..0), in eighths of the largest weight."""
_CODES = {int(magnitude): int(np.argmax(magnitude == MAGNITUDES)) for magnitude in MAGNITUDES}
SIGN = 8
"""Bit 3 of a code."""


@register_element
class Sp2(Element):
    """rtl/sp2_pe.v: psum + a * w of w = ±(q1 + q2), q1 in {0, 1, 2, 4}, q2 in {0, 4}, without a multiplier.

    Source: Mix and Match (HPCA 2021), SP2 of 4 bits: magnitudes {0, 1/8, 1/4, 1/2, 5/8, 3/4, 1}.
    """

    name: ClassVar[str] = "sp2"
    module: ClassVar[str] = "sp2_pe"
    widths: ClassVar[tuple[int, int]] = (4, 4)

    def legal(self, weights: IntArray, w_w: int) -> Flags:
        return np.asarray(np.isin(np.abs(weights), MAGNITUDES).all(axis=-1))

    def code_bits(self, w_w: int) -> int:
        return 4

    def encode(self, weights: IntArray, w_w: int) -> IntArray:
        table = np.array([_CODES.get(magnitude, 0) for magnitude in range(9)])
        return np.asarray(table[np.abs(weights[..., 0])] + SIGN * (weights[..., 0] < 0))

    def decode(self, codes: IntArray, w_w: int) -> IntArray:
        weights: IntArray = MAGNITUDES[codes & 7] * np.where(codes & SIGN, -1, 1)
        return weights[..., np.newaxis]
