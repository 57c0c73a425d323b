"""Saturation of a sum before it is scaled, as clip bounds after it: exact, docs/arithmetic.md section 9.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import round_integer
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec

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
    """Clip bounds of each channel with which a MulQuant gives what a chip gives that saturates its sums, (C,) int64.

    lo, hi: the bounds; least, most: results before clipping that sums can give at all.
    """

    lo: IntArray
    hi: IntArray
    least: IntArray
    most: IntArray

    def differ(self, lo: int, hi: int) -> IntArray:
        """Channels that give other results when clipped to lo..hi."""
        low = (self.lo != lo) & (self.least < np.maximum(self.lo, lo))
        high = (self.hi != hi) & (self.most > np.minimum(self.hi, hi))
        return np.flatnonzero(low | high)

    def common(self) -> tuple[int, int] | None:
        """Bounds that serve all channels, None where they differ."""
        lo, hi = int(self.lo.max()), int(self.hi.min())
        return None if lo > hi or self.differ(lo, hi).size else (lo, hi)


def saturated_clip(
    quant: MulQuant, sums: SumRange, sum_bits: int, bias_before: IntArray | None = None
) -> SaturatedClip:
    """Saturation of acc + b to `sum_bits` bits as bounds of q = clip(round_S(acc M + B) + zp, lo, hi).

    A chip gives q = clip(round_S(sat(acc + b) M + B - b M) + zp, lo, hi). Exact for all accumulators in `sums`:
    scaling, rounding and clipping are monotone, so that a bound of the sum is one of the result. Where no sum reaches
    it, lo or hi is that of `quant`.

    Args:
        quant: the constants, B with the whole bias in it; sums: of each channel;
        bias_before: b of each channel, 0 if None.
    """
    bottom, top = -(1 << sum_bits - 1), (1 << sum_bits - 1) - 1
    channels = max(quant.channels, sums.lo.size)
    before = np.zeros(1, np.int64) if bias_before is None else bias_before
    columns = (quant.multiplier, quant.bias, quant.shift, before, sums.lo, sums.hi)
    rows = []
    for m, bias, shift, b, least, most in zip(
        *(np.broadcast_to(values, channels).tolist() for values in columns), strict=True
    ):

        def result(acc: int, m: int = m, bias: int = bias, shift: int = shift) -> int:
            return round_integer(acc * m + bias, shift, quant.rounding) + quant.zero_point

        lo, hi = quant.lo, quant.hi
        for reached, end, rises in ((least + b < bottom, bottom, m > 0), (most + b > top, top, m < 0)):
            stop = min(max(result(end - b), quant.lo), quant.hi)
            if reached and m:
                lo, hi = (max(lo, stop), hi) if rises else (lo, min(hi, stop))
        ends = sorted((result(least), result(most)))
        rows.append((lo, hi, *(min(max(end, -FAR), FAR) for end in ends)))
    lows, highs, leasts, mosts = np.array(rows, np.int64).T
    return SaturatedClip(lo=lows, hi=highs, least=leasts, most=mosts)
