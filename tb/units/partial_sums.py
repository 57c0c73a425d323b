"""What benches of processing elements drive from the north."""

from __future__ import annotations

import random


def partial_sum(rng: random.Random, bits: int, added: int | None, end: int) -> int:
    """A partial sum of so many bits to which what an element adds can be added.

    Args:
        rng: of the bench.
        bits: PSUM_W.
        added: by the element; None if that is unknown.
        end: of the format, which the sum comes to: below 0 the lowest, above the highest, 0 neither.
    """
    lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if added is None:
        return rng.randint(lowest, highest)
    least, most = max(lowest, lowest - added), min(highest, highest - added)
    if end:
        return max(least, min(most, (lowest if end < 0 else highest) - added))
    return rng.choice((0, rng.randint(least, most), rng.randint(-2, 2)))
