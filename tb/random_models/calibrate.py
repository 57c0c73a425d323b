"""Requantisation constants for random packages, chosen from golden's own accumulators so that outputs spread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant
from t2c.golden.arithmetic.rounding import MAX_SHIFT, Rounding
from t2c.golden.graph.tensor_spec import TensorSpec


def _clip_range(rng: np.random.Generator, edge: TensorSpec) -> tuple[int, int]:
    """Clip bounds: the whole format, a little less, or from the zero point as after a ReLU."""
    low, high = edge.format.lo, edge.format.hi
    kind = int(rng.integers(4))
    if kind == 0 and high - edge.zero_point >= (high - low) // 2:
        return edge.zero_point, high
    if kind == 1 and edge.bits > 3:
        return low + int(rng.integers(0, 3)), high - int(rng.integers(0, 3))
    return low, high


def _fixed_point(scale: float, bits: int) -> tuple[int, int]:
    """(multiplier, shift) with multiplier / 2^shift near the scale and a multiplier of that many bits, sign apart."""
    shift = int(np.clip(bits - 1 - np.floor(np.log2(abs(scale))), 0, MAX_SHIFT))
    limit = (1 << bits) - 1
    multiplier = int(np.clip(round(scale * 2.0**shift), -limit, limit))
    return multiplier or 1, shift


def _line(
    rng: np.random.Generator, values: npt.NDArray[np.float64], edge: TensorSpec, lo: int, hi: int
) -> tuple[float, ...]:
    """Scale, centre of the values and where it goes: most of them land inside lo..hi, some beyond either end."""
    deviation = float(values.std()) or max(abs(float(values.mean())), 1.0)
    span = max(hi - lo, 1)
    scale = span / (rng.uniform(2.2, 5.0) * deviation) * rng.choice((-1.0, 1.0, 1.0))
    target = (lo + hi) / 2 + rng.uniform(-0.15, 0.15) * span - edge.zero_point
    return scale, float(values.mean()), target


def mulquant_for(rng: np.random.Generator, acc: IntArray, edge: TensorSpec, *, axis: int = 1) -> MulQuant:
    """Constants, per tensor or per channel, that bring accumulators with channels on an axis into an edge's format.

    Multipliers have 3 to 15 bits: short ones meet the ties of the rounding modes often.
    """
    lo, hi = _clip_range(rng, edge)
    channels = acc.shape[axis] if rng.integers(3) else 1
    rows = np.moveaxis(acc, axis, 0).reshape(channels, -1).astype(np.float64)
    bits = int(rng.integers(3, 16))
    constants = []
    for values in rows:
        scale, centre, target = _line(rng, values, edge, lo, hi)
        multiplier, shift = _fixed_point(scale, bits)
        constants.append((multiplier, round(target * 2.0**shift - centre * multiplier), shift))
    multipliers, biases, shifts = (np.array(column) for column in zip(*constants, strict=True))
    return MulQuant(
        multiplier=multipliers,
        bias=biases,
        shift=shifts,
        rounding=list(Rounding)[int(rng.integers(len(Rounding)))],
        zero_point=edge.zero_point,
        lo=lo,
        hi=hi,
    )


def addquant_for(rng: np.random.Generator, a: IntArray, b: IntArray, edge: TensorSpec) -> AddQuant:
    """Constants of an add of two zero-centred activations; both sides count, with either sign."""
    lo, hi = _clip_range(rng, edge)
    sides = [values.astype(np.float64) for values in (a, b)]
    share = rng.uniform(0.3, 0.7)
    weights = [
        part * rng.choice((-1.0, 1.0, 1.0)) / (float(values.std()) or 1.0)
        for part, values in zip((share, 1 - share), sides, strict=True)
    ]
    scale, centre, target = _line(rng, weights[0] * sides[0] + weights[1] * sides[1], edge, lo, hi)
    larger = max(abs(scale * weight) for weight in weights)
    _, shift = _fixed_point(larger, int(rng.integers(4, 16)))
    return AddQuant(
        multiplier_a=round(scale * weights[0] * 2.0**shift) or 1,
        multiplier_b=round(scale * weights[1] * 2.0**shift) or 1,
        bias=round((target - scale * centre) * 2.0**shift),
        shift=shift,
        rounding=list(Rounding)[int(rng.integers(len(Rounding)))],
        zero_point=edge.zero_point,
        lo=lo,
        hi=hi,
    )
