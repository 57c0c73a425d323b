"""Structured sparsity: at most two weights of four are other than 0, so that two multipliers do the work of four."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.golden.elements.element import Element, Flags, register_element

KEPT, INDEX_BITS = 2, 2


@register_element
class TwoOfFour(Element):
    """rtl/sparse_pe.v: psum + a[i0] * v0 + a[i1] * v1, i0 < i1 the places of the two weights that are kept.

    A code has {i1, v1, i0, v0}, 2 * (W_W + 2) bits in place of 4 * W_W. Where fewer than two weights are other than 0,
    the lowest free places are kept, with 0.
    """

    name: ClassVar[str] = "two_of_four"
    module: ClassVar[str] = "sparse_pe"
    span: ClassVar[int] = 4

    def legal(self, weights: IntArray, w_w: int) -> Flags:
        half = 1 << (w_w - 1)
        fits = ((weights >= -half) & (weights < half)).all(axis=-1)
        return np.asarray(fits & (np.count_nonzero(weights, axis=-1) <= KEPT))

    def code_bits(self, w_w: int) -> int:
        return KEPT * (w_w + INDEX_BITS)

    def encode(self, weights: IntArray, w_w: int) -> IntArray:
        order = np.argsort(weights == 0, axis=-1, kind="stable")[..., :KEPT]
        index = np.sort(order, axis=-1)
        value = np.take_along_axis(weights.astype(np.int64), index, axis=-1) & ((1 << w_w) - 1)
        part = value + (index << w_w)
        return np.asarray(part[..., 0] + (part[..., 1] << (w_w + INDEX_BITS)))

    def decode(self, codes: IntArray, w_w: int) -> IntArray:
        weights = np.zeros((*codes.shape, self.span), dtype=np.int64)
        for slot in range(KEPT):
            part = codes >> (slot * (w_w + INDEX_BITS))
            value = twos_complement(part & ((1 << w_w) - 1), w_w)
            index = (part >> w_w) & (self.span - 1)
            weights += value[..., np.newaxis] * (index[..., np.newaxis] == np.arange(self.span))
        return weights

    def nearest(self, weights: npt.NDArray[np.floating], w_w: int) -> IntArray:
        """The two largest magnitudes of four, each to the nearest integer; of equal ones the first."""
        half = (1 << (w_w - 1)) - 1
        order = np.argsort(-np.abs(weights), axis=-1, kind="stable")
        kept = np.zeros(weights.shape, dtype=bool)
        np.put_along_axis(kept, order[..., :KEPT], True, axis=-1)
        return np.where(kept, np.clip(np.rint(weights), -half, half), 0).astype(np.int64)

    def bound(self, a_w: int, w_w: int) -> int:
        return KEPT << (a_w + w_w - 2)
