"""Values at which arithmetic breaks first."""

from __future__ import annotations


def near_powers(bits: int) -> list[int]:
    """Corners of a signed format: its ends, 0, and every +-2^k + {-2..2} that fits."""
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = {lo, lo + 1, hi - 1, hi}
    for k in range(bits):
        values |= {sign * (1 << k) + d for sign in (-1, 1) for d in (-2, -1, 0, 1, 2)}
    return sorted(v for v in values if lo <= v <= hi)
