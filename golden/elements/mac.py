"""The multiplier: exact products of two's complement weights."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.elements.element import Element, Flags, register_element


class PlainWeights(Element):
    """An element whose weights lie in memory as they are: span numbers of W_W bits, the first one lowest."""

    def legal(self, weights: IntArray, w_w: int) -> Flags:
        half = 1 << (w_w - 1)
        return np.asarray(((weights >= -half) & (weights < half)).all(axis=-1))

    def code_bits(self, w_w: int) -> int:
        return self.span * w_w

    def encode(self, weights: IntArray, w_w: int) -> IntArray:
        lanes = weights.astype(np.int64) & ((1 << w_w) - 1)
        return np.asarray((lanes << (w_w * np.arange(self.span))).sum(axis=-1))

    def decode(self, codes: IntArray, w_w: int) -> IntArray:
        lanes = codes[..., np.newaxis] >> (w_w * np.arange(self.span))
        return twos_complement(lanes & ((1 << w_w) - 1), w_w)


@register_element
class Mac(PlainWeights):
    """rtl/mac_pe.v: psum + a * w."""

    name: ClassVar[str] = "mac"
    module: ClassVar[str] = "mac_pe"
