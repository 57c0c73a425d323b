"""Random constants of MulQuant and residual add at golden's full widths, made so that ties and both clips are met."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle import draw
from oracle.check import Explain, elementwise
from oracle.draw import Ints, between
from oracle.space import channel_count, far
from t2c.golden.arithmetic.mulquant import BYTE_HI, BYTE_LO, AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding


def widths_of(rng: np.random.Generator) -> Widths:
    """Draw hardware widths: half the time the usual ones, else any whose acc M + B fits int64 surely."""
    if rng.random() < 0.5:
        return Widths()
    acc = far(rng, "widths.acc")
    return Widths(acc=acc, scale=far(rng, "widths.scale", 61 - acc), bias=far(rng, "widths.bias", 60))


def stage(
    rng: np.random.Generator, modes: tuple[Rounding, ...], least: int = BYTE_LO, most: int = BYTE_HI
) -> dict[str, Any]:
    """Draw how a requantisation ends: mode, clip bounds and a zero point within least..most."""
    lo, hi = sorted(int(v) for v in draw.integers(rng, least, most, 2))
    mode = modes[between(rng, 0, len(modes) - 1)]
    return {"rounding": mode, "zero_point": int(draw.integers(rng, least, most, 1)[0]), "lo": lo, "hi": hi}


def quotients(rng: np.random.Generator, end: dict[str, Any], shape: tuple[int, ...]) -> Ints:
    """Draw p / 2^S that comes to lo - 3 .. hi + 3 with the zero point."""
    drawn: Ints = rng.integers(end["lo"] - 3, end["hi"] + 3, shape, endpoint=True) - end["zero_point"]
    return drawn


def multipliers(rng: np.random.Generator, count: int, widths: Widths) -> Ints:
    """Draw M over its width; a third are ±2^k, of which many accumulators make ties."""
    m = draw.integers(rng, widths.scale_format.lo, widths.scale_format.hi, count)
    power = np.int64(1) << rng.integers(0, widths.scale - 1, count)
    return np.where(rng.random(count) < 0.33, power * rng.choice([-1, 1], count), m)


def biases(rng: np.random.Generator, products: Ints, shifts: Ints, end: dict[str, Any], widths: Widths) -> Ints:
    """Draw B: for most of the products acc·M so that product + B is a tie or next to one, where B is wide enough."""
    lo, hi = widths.bias_format.lo, widths.bias_format.hi
    anywhere = draw.integers(rng, lo, hi, products.shape) >> rng.integers(0, widths.bias, products.shape)
    b = draw.ties(rng, quotients(rng, end, products.shape), np.minimum(shifts, 50)) - products
    return np.where((rng.random(products.shape) < 0.75) & (lo <= b) & (b <= hi), b, anywhere)


def mulquant_case(
    rng: np.random.Generator, modes: tuple[Rounding, ...], *, count: int, largest_shift: int = 63
) -> tuple[Ints, MulQuant]:
    """Draw accumulators (N, channels) and constants, per tensor or per channel, at any legal widths.

    count: N of up to 8 channels; of more, so that there are about as many accumulators.

    A third of the accumulators lie around one for which B makes a tie, a third where p / 2^S is near the clip range.
    """
    widths = widths_of(rng)
    channels = 1 if rng.random() < 0.25 else channel_count(rng)
    shape, top = (max(count * 8 // max(channels, 8), 2), channels), widths.acc_format.hi
    m = multipliers(rng, channels, widths)
    s = rng.integers(0, largest_shift, channels, endpoint=True)
    s = np.where(rng.random(channels) < 0.7, s % max(widths.bias - 9, 1), s)  # a tie within reach of B
    pivot = draw.integers(rng, -top, top, channels) >> rng.integers(0, widths.acc, channels)
    end = stage(rng, modes)
    b = biases(rng, pivot * m, s, end, widths)
    around = pivot + rng.choice([-1, 0, 0, 1], shape) * (np.int64(1) << rng.integers(0, 12, shape))
    ties = draw.ties(rng, quotients(rng, end, shape), np.minimum(np.broadcast_to(s, shape), 50))
    near = (ties - b) // np.where(m == 0, 1, m)
    kind = rng.integers(0, 3, shape)
    acc = np.where(kind == 0, draw.integers(rng, -top - 1, top, shape), np.where(kind == 1, around, near))
    params = MulQuant(multiplier=m, bias=b, shift=s, **end, widths=widths)
    return acc.clip(-top - 1, top), params


def add_case(
    rng: np.random.Generator, modes: tuple[Rounding, ...], *, lows: tuple[int, int], largest_shift: int = 63
) -> tuple[AddQuant, int, int, tuple[int, int]]:
    """Draw the constants of a residual add, the zero points of its operands, and a pair that often makes a tie.

    Args:
        lows: smallest value of each operand, which is 8 bits wide.
        largest_shift: of S; mostly S is such that 8-bit operands do not all saturate.
    """
    widths = widths_of(rng)
    ma, mb = (int(m) for m in multipliers(rng, 2, widths))
    za, zb = (low + between(rng, 0, 255) for low in lows)
    pair = lows[0] + between(rng, 0, 255), lows[1] + between(rng, 0, 255)
    product = (pair[0] - za) * ma + (pair[1] - zb) * mb
    s = between(rng, 0, largest_shift) if rng.random() < 0.2 else between(rng, 0, 24)
    end = stage(rng, modes)
    bias = int(biases(rng, np.array([product]), np.array([s]), end, widths)[0])
    return AddQuant(multiplier_a=ma, multiplier_b=mb, bias=bias, shift=s, **end, widths=widths), za, zb, pair


def limits(params: MulQuant | AddQuant) -> dict[str, Any]:
    """Return the end of a requantisation by the names that oracle/plain.py has."""
    return {"mode": params.rounding.value, "zp": params.zero_point, "lo": params.lo, "hi": params.hi}


def explain_mulquant(acc: Ints, params: MulQuant) -> Explain:
    """Explain an output by its accumulator and its channel's constants; channels are the last axis."""
    m, b, s = params.multiplier, params.bias, params.shift
    return elementwise(acc=acc, M=m, B=b, S=s, widths=params.widths, **limits(params))


def explain_add(a: Ints, b: Ints, params: AddQuant, za: int, zb: int) -> Explain:
    """Explain an output by its operands and the constants."""
    constants = {"M_a": params.multiplier_a, "M_b": params.multiplier_b, "B": params.bias, "S": params.shift}
    return elementwise(a=a, b=b, zp_a=za, zp_b=zb, **constants, **limits(params))
