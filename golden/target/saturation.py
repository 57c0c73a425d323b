"""Saturation before or after scaling, as clip bounds of the result: exact, docs/arithmetic.md section 9.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.golden.arithmetic.rounding import round_integers
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

Exact = npt.NDArray[np.object_]
"""Python integers of any size."""
FAR = 1 << 40
"""Beyond all clip bounds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SumRange:
    """Least and largest accumulator of each channel, (C,) or (1,) int64, that any legal input gives."""

    lo: IntArray
    hi: IntArray


def sum_range(node: Node, inputs: Sequence[TensorSpec]) -> SumRange | None:
    """What the accumulators of a node can be; None if it has none. By its weights if it has some, else by its bits."""
    bits = node.accumulator_bits(inputs)
    if bits is None:
        return None
    if node.weights is None:
        most = np.array([(1 << bits - 1) - 1])
        return SumRange(lo=-most, hi=most)
    edge, rows = inputs[0], node.weights.values.reshape(len(node.weights.values), -1)
    low, high = edge.format.lo - edge.zero_point, edge.format.hi - edge.zero_point
    least, most = rows * low, rows * high
    return SumRange(lo=np.minimum(least, most).sum(axis=1), hi=np.maximum(least, most).sum(axis=1))


@dataclass(frozen=True, kw_only=True, eq=False)
class SaturatedClip:
    """Clip bounds of each channel with which a MulQuant gives what a chip gives that saturates, (C,) int64.

    lo, hi: the bounds; least, most: results before clipping that sums can give at all.
    """

    lo: IntArray
    hi: IntArray
    least: IntArray
    most: IntArray

    def differ(self, lo: int | IntArray, hi: int | IntArray) -> IntArray:
        """Channels that give other results when clipped to lo..hi, of each channel or of all."""
        low = (self.lo != lo) & (self.least < np.maximum(self.lo, lo))
        high = (self.hi != hi) & (self.most > np.minimum(self.hi, hi))
        return np.flatnonzero(low | high)

    def common(self) -> tuple[int, int] | None:
        """Bounds that serve all channels, None where they differ."""
        lo, hi = int(self.lo.max()), int(self.hi.min())
        return None if lo > hi or self.differ(lo, hi).size else (lo, hi)


def saturated_clip(quant: MulQuant, sums: SumRange, order: RequantiserOrder, bias: IntArray) -> SaturatedClip:
    """Saturation as bounds: q = clip(round_S(acc M + B) + zp, lo, hi) for what a chip gives that computes in `order`.

    Exact for all accumulators in `sums`: scaling, saturating, rounding and clipping keep the order of numbers, so that
    what the chip gives for the least and the largest sum bounds the rest. Where saturation changes neither, lo or hi is
    that of `quant`.

    Args:
        quant: the constants, B with the whole bias in it; sums: of each channel; order: of the chip; bias: as the chip
        is given it, (C,) or (1,): B, or b where it comes first.

    Raises:
        RangeError: a value in between beyond ±2^62.
    """
    channels = max(quant.channels, sums.lo.size)
    ends = np.stack([np.broadcast_to(sums.lo, channels), np.broadcast_to(sums.hi, channels)])
    wide: Exact = ends.astype(object)
    exact: Exact = np.add(wide * quant.multiplier.astype(object), quant.bias.astype(object))
    chip: Exact = scaled_sum(ends, quant.multiplier, bias, order).astype(object)
    results = round_integers(exact, quant.shift, quant.rounding) + quant.zero_point
    stops = round_integers(chip, quant.shift, quant.rounding) + quant.zero_point
    falling = np.broadcast_to(quant.multiplier < 0, channels)
    (least, most), (low, high), (cut_low, cut_high) = (
        np.where(falling, pair[::-1], pair) for pair in (results, stops, exact != chip)
    )

    def bound(cut: IntArray, stop: IntArray, usual: int) -> IntArray:
        return np.where(cut, np.clip(stop, quant.lo, quant.hi), usual).astype(np.int64)

    return SaturatedClip(
        lo=bound(cut_low, low, quant.lo),
        hi=bound(cut_high, high, quant.hi),
        least=np.clip(least, -FAR, FAR).astype(np.int64),
        most=np.clip(most, -FAR, FAR).astype(np.int64),
    )
