"""Stranger: Python's decimal module (libmpdec), and the fractions of oracle/plain.py, at every width that golden takes.

p / 2^S = p·5^S / 10^S is a decimal of at most 20 + 63 digits, so with 120 digits of precision `decimal` holds it
exactly; `quantize` then rounds it to an integer in a mode of the General Decimal Arithmetic Specification. Three of
golden's modes are there: ROUND_FLOOR, ROUND_HALF_EVEN, and ROUND_HALF_UP, which is golden's half_away. Golden's half_up
(ties towards +∞) is ROUND_HALF_UP from zero upwards and ROUND_HALF_DOWN (ties towards zero) below.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from decimal import ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from golden import mulquant, rounding
from golden.mulquant import AddQuant, MulQuant, Widths
from golden.rounding import Rounding
from oracle import draw, plain
from oracle.check import Batch, Check, elementwise
from oracle.draw import Ints
from oracle.layers import between

DECIMAL = f"Python {platform.python_version()} decimal"
FRACTIONS = f"Python {platform.python_version()} fractions, oracle/plain.py"
DIGITS = Context(prec=120)
MODES = {
    Rounding.FLOOR: (ROUND_FLOOR, ROUND_FLOOR),
    Rounding.HALF_UP: (ROUND_HALF_DOWN, ROUND_HALF_UP),
    Rounding.HALF_EVEN: (ROUND_HALF_EVEN, ROUND_HALF_EVEN),
    Rounding.HALF_AWAY: (ROUND_HALF_UP, ROUND_HALF_UP),
}
"""The decimal mode for negative values, and for the others."""
PLAIN_BATCH = 4096


def divide(p: Any, shifts: Any) -> list[Decimal]:
    """Return p / 2^S exactly, element by element."""
    fives = [5**s for s in range(64)]
    pairs = zip(np.ravel(p).tolist(), np.ravel(shifts).tolist(), strict=True)
    return [Decimal(value * fives[s]).scaleb(-s, DIGITS) for value, s in pairs]


def round_all(values: list[Decimal], mode: Rounding) -> Ints:
    """Round to integers, in golden's mode of that name."""
    negative, positive = MODES[mode]
    unit = Decimal(1)
    return np.array([int(v.quantize(unit, negative if v < 0 else positive, DIGITS)) for v in values], np.int64)


def every_16_bit_value(_: np.random.Generator) -> Iterator[Batch]:
    """All p of 16 bits, unsigned and signed together, by every shift 0..16 in the four modes."""
    for p in np.arange(-(1 << 15), 1 << 16).reshape(-1, 1 << 14):
        for s in range(17):
            shifts = np.full(p.shape, s)
            quotients = divide(p, shifts)
            for mode in Rounding:
                explain = elementwise(p=p, shift=s, mode=mode)
                yield Batch(rounding.round_shift(p, s, mode), round_all(quotients, mode), explain)


def wide_values(rng: np.random.Generator) -> Iterator[Batch]:
    """|p| ≤ 2^62 by shifts 0..63: half of them ties and their neighbours."""
    while True:
        shifts = rng.integers(0, 64, PLAIN_BATCH)
        some = draw.integers(rng, -(1 << 62), 1 << 62, PLAIN_BATCH)
        near = draw.ties(rng, some >> np.minimum(shifts + 1, 63), shifts.clip(0, 62))
        p = np.where(rng.random(PLAIN_BATCH) < 0.5, some, near.clip(-(1 << 62), 1 << 62))
        quotients = divide(p, shifts)
        for mode in Rounding:
            explain = elementwise(p=p, shift=shifts, mode=mode)
            yield Batch(rounding.round_shift(p, shifts, mode), round_all(quotients, mode), explain)


def stage(rng: np.random.Generator, mode: Rounding) -> dict[str, Any]:
    """Draw how a requantisation ends: clip bounds within -128..255 and a zero point."""
    lo, hi = sorted(int(v) for v in draw.integers(rng, -128, 255, 2))
    return {"rounding": mode, "zero_point": int(draw.integers(rng, -128, 255, 1)[0]), "lo": lo, "hi": hi}


def accumulators(rng: np.random.Generator, m: Ints, b: Ints, s: Ints, bits: int, count: int) -> Ints:
    """Draw (count, channels) accumulators, half of them where acc·M + B lies near the clip range, ties included."""
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    shape = (count, m.size)
    target = draw.ties(rng, rng.integers(-300, 600, shape), np.minimum(np.broadcast_to(s, shape), 50)) - b
    near = target // np.where(m == 0, 1, m)
    return np.where(rng.random(shape) < 0.5, draw.integers(rng, lo, hi, shape), near.clip(lo, hi))


def mulquant_constants(rng: np.random.Generator, channels: int, widths: Widths) -> dict[str, Ints]:
    """Draw M, B and S of every channel over their whole widths; a third of the M are ±2^k, which makes ties."""
    m = draw.integers(rng, widths.scale_format.lo, widths.scale_format.hi, channels)
    power = np.int64(1) << rng.integers(0, widths.scale - 1, channels)
    m = np.where(rng.random(channels) < 0.33, power * rng.choice([-1, 1], channels), m)
    b = draw.integers(rng, widths.bias_format.lo, widths.bias_format.hi, channels)
    b = np.where(rng.random(channels) < 0.5, b, b >> rng.integers(8, 40, channels))
    return {"multiplier": m, "bias": b, "shift": rng.integers(0, 64, channels)}


def full_width_mulquant(rng: np.random.Generator, *, fractions: bool) -> Iterator[Batch]:
    """MulQuant of 8..45-bit accumulators, 16-bit M, 40-bit B (and wider), shifts 0..63, per tensor and per channel."""
    while True:
        widths = Widths() if rng.random() < 0.75 else Widths(acc=45, scale=16, bias=60)
        channels, mode = int(rng.choice([1, 3, 8])), Rounding.parse(rng.choice(list(Rounding)))
        constants, ends = mulquant_constants(rng, channels, widths), stage(rng, mode)
        m, b, s = constants.values()
        acc = accumulators(rng, m, b, s, widths.acc, PLAIN_BATCH // channels)
        params = MulQuant(**constants, **ends, widths=widths)
        explain = elementwise(acc=acc, M=m, B=b, S=s, widths=widths, **ends)
        if fractions:
            rows = zip(*(np.broadcast_to(v, acc.shape).ravel().tolist() for v in (acc, m, b, s)), strict=True)
            limits = {"mode": mode.value, "zp": ends["zero_point"], "lo": ends["lo"], "hi": ends["hi"]}
            expected = np.array([plain.mulquant(*row, **limits) for row in rows]).reshape(acc.shape)
        else:
            p = [v * w for v, w in zip(acc.ravel().tolist(), np.broadcast_to(m, acc.shape).ravel().tolist(), strict=True)]
            p = [v + w for v, w in zip(p, np.broadcast_to(b, acc.shape).ravel().tolist(), strict=True)]
            rounded = round_all(divide(p, np.broadcast_to(s, acc.shape)), mode) + ends["zero_point"]
            expected = np.minimum(np.maximum(rounded, ends["lo"]), ends["hi"]).reshape(acc.shape)
        yield Batch(mulquant.mulquant(acc, params), expected, explain)


def decimal_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """`full_width_mulquant` against decimal."""
    return full_width_mulquant(rng, fractions=False)


def fraction_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """`full_width_mulquant` against fractions."""
    return full_width_mulquant(rng, fractions=True)


def fraction_add(rng: np.random.Generator) -> Iterator[Batch]:
    """Residual add: operands -128..255, both M of 16 bits, B of 40, shifts 0..63, the four modes."""
    while True:
        mode = Rounding.parse(rng.choice(list(Rounding)))
        ma, mb = (int(v) for v in mulquant_constants(rng, 2, Widths())["multiplier"])
        s = between(rng, 0, 63) if rng.random() < 0.3 else between(rng, 0, 22)
        bias = int(mulquant_constants(rng, 1, Widths())["bias"][0]) if rng.random() < 0.3 else between(rng, -500, 500)
        za, zb = (int(v) for v in draw.integers(rng, -128, 255, 2))
        ends = stage(rng, mode)
        a, b = draw.integers(rng, -128, 255, 1024), draw.integers(rng, -128, 255, 1024)
        params = AddQuant(multiplier_a=ma, multiplier_b=mb, bias=bias, shift=s, **ends)
        limits = {"mode": mode.value, "zp": ends["zero_point"], "lo": ends["lo"], "hi": ends["hi"]}
        expected = [
            plain.residual_add(*two, zps=(za, zb), ms=(ma, mb), bias=bias, s=s, **limits)
            for two in zip(a.tolist(), b.tolist(), strict=True)
        ]
        yield Batch(
            mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb),
            np.array(expected),
            elementwise(a=a, b=b, zp_a=za, zp_b=zb, M_a=ma, M_b=mb, B=bias, S=s, **ends),
        )


CHECKS = (
    Check(
        name="round_shift/decimal-16-bit",
        operation="round_S",
        stranger=DECIMAL,
        domain="all p of -2^15 .. 2^16 - 1, S = 0..16, four modes",
        batches=every_16_bit_value,
        exhaustive=True,
    ),
    Check(
        name="round_shift/decimal-wide",
        operation="round_S",
        stranger=DECIMAL,
        domain="|p| ≤ 2^62, S = 0..63, four modes",
        batches=wide_values,
    ),
    Check(
        name="mulquant/decimal",
        operation="MulQuant",
        stranger=DECIMAL,
        domain="full widths, S = 0..63, four modes",
        batches=decimal_mulquant,
    ),
    Check(
        name="mulquant/fractions",
        operation="MulQuant",
        stranger=FRACTIONS,
        domain="full widths, S = 0..63, four modes",
        batches=fraction_mulquant,
    ),
    Check(
        name="residual_add/fractions",
        operation="residual add",
        stranger=FRACTIONS,
        domain="full widths, S = 0..63, four modes",
        batches=fraction_add,
    ),
)
