"""Random inputs that favour what goes wrong: extremes, powers of two and their neighbours, ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Shape = int | tuple[int, ...]


def integers(rng: np.random.Generator, lo: int, hi: int, shape: Shape) -> Ints:
    """Draw integers from lo..hi: half of them uniform, a quarter ±2^k + {-1, 0, 1}, a quarter next to lo, 0 or hi."""
    uniform: Ints = rng.integers(lo, hi, shape, endpoint=True)
    powers = (np.int64(1) << rng.integers(0, max(abs(lo), abs(hi), 1).bit_length(), shape)) * rng.choice([-1, 1], shape)
    edges = rng.choice(np.array([lo, hi, 0]), shape)
    near = np.clip(np.where(rng.random(shape) < 0.5, powers, edges), lo + 1, hi - 1) if hi - lo > 1 else edges
    drawn: Ints = np.where(rng.random(shape) < 0.5, uniform, np.clip(near + rng.integers(-1, 2, shape), lo, hi))
    return drawn


def operand(rng: np.random.Generator, lo: int, hi: int, shape: Shape) -> Ints:
    """Draw integers from lo..hi as `integers`; one tensor in six is at one end everywhere, so that sums grow large."""
    if rng.integers(6) == 0:
        return np.full(shape, int(rng.choice([lo, hi])), np.int64)
    return integers(rng, lo, hi, shape)


def between(rng: np.random.Generator, lo: int, hi: int) -> int:
    """Draw one of lo..hi."""
    return int(rng.integers(lo, hi, endpoint=True))


def ties(rng: np.random.Generator, quotients: Ints, shifts: Ints) -> Ints:
    """Return q·2^S + 2^(S-1) + d: half of them ties (d = 0), the others next to one (d = ±1); q where S = 0."""
    half = np.where(shifts > 0, np.int64(1) << np.maximum(shifts - 1, 0), 0)
    drawn: Ints = (quotients << shifts) + half + rng.choice([-1, 0, 0, 1], quotients.shape)
    return drawn


def scale(rng: np.random.Generator, peak: int, count: int, room: int) -> Ints:
    """Draw `count` multipliers M of 1..2^15 - 1 with peak·M ≤ 2^room; many are 1 or 3, which leaves room for ties.

    Raises:
        ValueError: peak itself is above 2^room.
    """
    most = min((1 << 15) - 1, (1 << room) // max(peak, 1))
    if most < 1:
        raise ValueError(f"peak = {peak} is above 2^{room}")
    drawn: Ints = np.minimum(rng.choice([1, 3, int(rng.integers(1, most, endpoint=True))], count), most)
    return drawn


def shift(rng: np.random.Generator, peak: int, multipliers: Ints) -> Ints:
    """Draw one shift for each M so that peak·M / 2^S comes to 2^4 .. 2^10: from well inside 8 bits to saturation."""
    bits = np.array([(max(peak, 1) * int(m)).bit_length() for m in multipliers])
    return np.maximum(bits - rng.integers(4, 11, bits.shape), 0)
