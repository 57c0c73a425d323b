"""Values at which arithmetic breaks first."""

from __future__ import annotations

import random


def near_powers(bits: int) -> list[int]:
    """Corners of a signed format: its ends, 0, and every +-2^k + {-2..2} that fits."""
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = {lo, lo + 1, hi - 1, hi}
    for k in range(bits):
        values |= {sign * (1 << k) + d for sign in (-1, 1) for d in (-2, -1, 0, 1, 2)}
    return sorted(v for v in values if lo <= v <= hi)


def telling_addresses(depth: int) -> set[int]:
    """Addresses of a memory that tell its address bits apart: both ends, and each power of two."""
    return {0, depth - 1, *(1 << k for k in range((depth - 1).bit_length()))}


def draw(rng: random.Random, low: int, high: int) -> int:
    """A value of low..high: one of both ends or near a power of two as often as any."""
    kind = rng.randrange(4)
    if kind == 0:
        value = rng.choice((low, low, low + 1, high - 1, high, high))
    elif kind == 1:
        bits = max(abs(low), abs(high)).bit_length()
        value = rng.choice((-1, 1)) * (1 << rng.randrange(bits + 1)) + rng.randint(-2, 2)
    else:
        value = rng.randint(low, high)
    return value if low <= value <= high else rng.randint(low, high)
