"""Output stages of edge packages: constants that show what the usual ones hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import MAX_SHIFT, Rounding
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True)
class Slices:
    """Channel k shows the accumulator from bit first + k step on; odd channels its negative. Multipliers are large, so
    that the products are."""

    widths: Widths
    first: int
    step: int

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant:
        place, power = np.arange(output.shape[0]), self.widths.scale - 2
        return MulQuant(
            multiplier=np.where(place % 2, -1, 1) << power,
            bias=0 * place,
            shift=np.clip(self.first + self.step * place + power, 0, MAX_SHIFT),
            rounding=Rounding.FLOOR,
            zero_point=output.zero_point,
            lo=output.format.lo,
            hi=output.format.hi,
            widths=self.widths,
        )


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Every channel shows its sums as they are, around that of its first value: one more or less is another result."""

    widths: Widths

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant:
        first = np.moveaxis(sums[0], node.channel_axis, 0).reshape(output.shape[0], -1)[:, 0]
        middle = (output.format.lo + output.format.hi) // 2 - output.zero_point
        ones = np.ones_like(first)
        return MulQuant(
            multiplier=ones,
            bias=middle - first,
            shift=0 * ones,
            zero_point=output.zero_point,
            lo=output.format.lo,
            hi=output.format.hi,
            widths=self.widths,
        )


@dataclass(frozen=True, kw_only=True)
class Different:
    """Every channel has constants of its own, drawn at once: for thousands of channels."""

    widths: Widths
    rng: np.random.Generator

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant:
        channels, fmt = output.shape[0], output.format
        multiplier = self.rng.integers(1, 4, channels) * self.rng.choice((-1, 1), channels)
        rows = np.moveaxis(sums[0], node.channel_axis, 0).reshape(channels, -1)
        middle = np.rint(np.median(rows, axis=1)).astype(np.int64)
        wanted = self.rng.integers(fmt.lo // 2, fmt.hi // 2 + 1, channels) - output.zero_point
        return MulQuant(
            multiplier=multiplier,
            bias=wanted - middle * multiplier,
            shift=0 * multiplier,
            zero_point=output.zero_point,
            lo=fmt.lo,
            hi=fmt.hi,
            widths=self.widths,
        )


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Channel k has the k-th of many shifts, biases and multipliers, so that its results show them."""

    widths: Widths
    rounding: Rounding

    def __call__(self, node: Node, sums: Sequence[IntArray], output: TensorSpec) -> MulQuant | AddQuant:
        span = max(int(np.abs(sums[0]).max()), 1).bit_length()
        multipliers, biases, shifts = [], [], []
        for channel in range(output.shape[0]):
            shift, kind = channel % (MAX_SHIFT + 1), channel // (MAX_SHIFT + 1)
            sign = -1 if channel % 2 else 1
            power = min(max(shift + output.bits - 1 - span, 0), self.widths.scale - 2)
            place = min(shift + output.bits - 3, self.widths.bias - 2)
            multipliers.append(sign * ((1 << power) - (kind == 1)) or sign)
            biases.append(-sign * ((1 << place) - (kind == 1)) if kind else 0)
            if kind < 2 and power + span < shift - 1 < self.widths.bias - 1:
                # No product comes near one half: the bias alone is a tie, of either sign.
                multipliers[-1], biases[-1] = 0, (1 - 2 * kind) << (shift - 1)
            shifts.append(shift)
        return MulQuant(
            multiplier=np.array(multipliers),
            bias=np.array(biases, dtype=np.int64),
            shift=np.array(shifts),
            rounding=self.rounding,
            zero_point=output.zero_point,
            lo=output.format.lo,
            hi=output.format.hi,
            widths=self.widths,
        )
