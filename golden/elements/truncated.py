"""A truncated multiplier: the lowest columns of partial products are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.element import register_element
from t2c.golden.elements.mac import PlainWeights

DROP = 4
"""Columns that are left out, the lowest ones."""


@register_element
class Truncated(PlainWeights):
    """rtl/truncated_pe.v: psum + Σ_{i<DROP} [bit i of w] * ⌊a * 2^i / 2^DROP⌋ * 2^DROP + ⌊w / 2^DROP⌋ * a * 2^DROP.

    Every row of partial products is cut below column DROP, as an array multiplier without these columns does. A
    product is too small by 0 .. (DROP - 1) * 2^DROP + 1.
    """

    name: ClassVar[str] = "truncated"
    module: ClassVar[str] = "truncated_pe"
    exact: ClassVar[bool] = False
    widths: ClassVar[tuple[int, int]] = (DROP, 8)
    parameters: ClassVar[Mapping[str, int]] = {"DROP": DROP}

    def sums(self, operands: IntArray, weights: IntArray) -> IntArray:
        a, w = operands[..., 0], weights[..., 0]
        rows = [(a << bit >> DROP) * (w >> bit & 1) for bit in range(DROP)]
        return np.asarray((sum(rows) + (w >> DROP) * a) << DROP)

    def bound(self, a_w: int, w_w: int) -> int:
        return super().bound(a_w, w_w) + ((DROP - 1) << DROP) + 1
