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

from oracle import draw, plain
from oracle.check import Batch, Check, elementwise
from oracle.draw import Ints, between
from oracle.requantisation import add_case, explain_add, explain_mulquant, limits, mulquant_case, stage
from t2c.golden.arithmetic import mulquant, rounding
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding

DECIMAL = f"Python {platform.python_version()} decimal"
FRACTIONS = f"Python {platform.python_version()} fractions, oracle/plain.py"
DIGITS = Context(prec=120)
MODES = {
    Rounding.FLOOR: (ROUND_FLOOR, ROUND_FLOOR),
    Rounding.HALF_UP: (ROUND_HALF_DOWN, ROUND_HALF_UP),
    Rounding.HALF_EVEN: (ROUND_HALF_EVEN, ROUND_HALF_EVEN),
    Rounding.HALF_AWAY: (ROUND_HALF_UP, ROUND_HALF_UP),
}
"""The decimal mode for negative values, and for the others; mode double rounds twice and has none."""
SIZE = 1 << 11
COUNT = 256
"""Outputs of each channel for one set of constants."""


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
    for p in np.arange(-(1 << 15), 1 << 16).reshape(-1, SIZE):
        for s in range(17):
            shifts = np.full(p.shape, s)
            quotients = divide(p, shifts)
            for mode in MODES:
                explain = elementwise(p=p, shift=s, mode=mode)
                yield Batch(rounding.round_shift(p, s, mode), round_all(quotients, mode), explain)


def wide_values(rng: np.random.Generator) -> Iterator[Batch]:
    """|p| ≤ 2^62 by shifts 0..63: half of them ties and their neighbours."""
    while True:
        shifts = rng.integers(0, 64, SIZE)
        some = draw.integers(rng, -(1 << 62), 1 << 62, SIZE)
        near = draw.ties(rng, some >> np.minimum(shifts + 1, 63), shifts.clip(0, 62))
        p = np.where(rng.random(SIZE) < 0.5, some, near.clip(-(1 << 62), 1 << 62))
        quotients = divide(p, shifts)
        for mode in MODES:
            explain = elementwise(p=p, shift=shifts, mode=mode)
            yield Batch(rounding.round_shift(p, shifts, mode), round_all(quotients, mode), explain)


def full_width_mulquant(rng: np.random.Generator, *, fractions: bool) -> Iterator[Batch]:
    """MulQuant of accumulators of 32 and 45 bits, 16-bit M, B of 40 and 60, S = 0..63, per tensor and per channel."""
    while True:
        acc, params = mulquant_case(rng, tuple(Rounding) if fractions else tuple(MODES), count=COUNT)
        spread = (
            np.broadcast_to(v, acc.shape).ravel().tolist() for v in (params.multiplier, params.bias, params.shift)
        )
        rows = list(zip(acc.ravel().tolist(), *spread, strict=True))
        if fractions:
            expected = np.array([plain.mulquant(*row, **limits(params)) for row in rows])
        else:
            quotients = divide([v * m + b for v, m, b, _ in rows], [s for *_, s in rows])
            moved = round_all(quotients, params.rounding) + params.zero_point
            expected = np.minimum(np.maximum(moved, params.lo), params.hi)
        yield Batch(mulquant.mulquant(acc, params), expected.reshape(acc.shape), explain_mulquant(acc, params))


def decimal_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """`full_width_mulquant` against decimal."""
    return full_width_mulquant(rng, fractions=False)


def fraction_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """`full_width_mulquant` against fractions."""
    return full_width_mulquant(rng, fractions=True)


def number(rng: np.random.Generator, bits: int) -> int:
    """Draw an integer of that many bits, of any length, a quarter at an end of the format."""
    top = 1 << bits - 1
    drawn = int.from_bytes(rng.bytes(-(-bits // 8)), "big") % (2 * top) - top
    return int(rng.choice([-top, top - 1])) if rng.random() < 0.25 else drawn >> between(rng, 0, bits - 1)


def wide_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """MulQuant whose acc M + B takes up to 80 bits, half of them at a tie, next to one, or 2^30 beside it."""
    while True:
        widths = Widths(acc=between(rng, 29, 48), scale=between(rng, 24, 32), bias=between(rng, 56, 64))
        acc = [number(rng, widths.acc) for _ in range(8)]
        m, s = number(rng, widths.scale), between(rng, 0, 63)
        beside = between(rng, -1, 1) + int(rng.choice([0, 1 << 30, -1 << 30]))
        b = (2 * between(rng, -300, 300) + 1 << s >> 1) + beside - acc[0] * m
        if not -1 << widths.bias - 1 <= b < 1 << widths.bias - 1:
            b = number(rng, widths.bias)
        end: dict[str, Any] = {**stage(rng, tuple(Rounding)), "widths": widths}
        params = mulquant.MulQuant(multiplier=np.array([m]), bias=np.array([b]), shift=np.array([s]), **end)
        expected = np.array([plain.mulquant(value, m, b, s, **limits(params)) for value in acc])
        yield Batch(mulquant.mulquant(acc, params), expected, explain_mulquant(np.array(acc), params))


def fraction_add(rng: np.random.Generator) -> Iterator[Batch]:
    """Residual add of u8 and s8 operands, both M of 16 bits, B of 40, shifts 0..63, the five modes."""
    while True:
        lows = (int(rng.choice([0, -128])), int(rng.choice([0, -128])))
        params, za, zb, pair = add_case(rng, tuple(Rounding), lows=lows)
        a, b = (
            np.append(low + draw.integers(rng, 0, 255, COUNT - 3), (v + np.arange(-1, 2)).clip(low, low + 255))
            for low, v in zip(lows, pair, strict=True)
        )
        ms = params.multiplier_a, params.multiplier_b
        expected = [
            plain.residual_add(one, other, zps=(za, zb), ms=ms, bias=params.bias, s=params.shift, **limits(params))
            for one, other in zip(a.tolist(), b.tolist(), strict=True)
        ]
        golden = mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb)
        yield Batch(golden, np.array(expected), explain_add(a, b, params, za, zb))


CHECKS = (
    Check(
        name="round_shift/decimal-16-bit",
        stranger=DECIMAL,
        domain="all p of -2^15 .. 2^16 - 1, S = 0..16, four modes",
        batches=every_16_bit_value,
        exhaustive=True,
    ),
    Check(
        name="round_shift/decimal-wide",
        stranger=DECIMAL,
        domain="|p| ≤ 2^62, S = 0..63, four modes",
        batches=wide_values,
    ),
    Check(
        name="mulquant/decimal",
        stranger=DECIMAL,
        domain="full widths, S = 0..63, four modes",
        batches=decimal_mulquant,
    ),
    Check(
        name="mulquant/fractions",
        stranger=FRACTIONS,
        domain="full widths, S = 0..63, five modes",
        batches=fraction_mulquant,
    ),
    Check(
        name="mulquant/fractions-wide",
        stranger=FRACTIONS,
        domain="acc M + B of up to 80 bits, S = 0..63, five modes",
        batches=wide_mulquant,
    ),
    Check(
        name="residual_add/fractions",
        stranger=FRACTIONS,
        domain="full widths, S = 0..63, five modes",
        batches=fraction_add,
    ),
)
