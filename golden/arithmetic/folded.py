"""Constants of a MulQuant in which a shift rounds: half of 2^S is part of the bias."""

from __future__ import annotations

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding, folded_half
from t2c.golden.arithmetic.zero_point import INT64_HI


def folded(
    multiplier: IntArray, bias: IntArray, shift: IntArray, mode: Rounding, acc: int
) -> tuple[IntArray, IntArray, IntArray] | None:
    """Return (M', B', S') with (acc M' + B') >> S' = round_S(acc M + B) for every accumulator of that magnitude.

    S' is one number for all channels, (1,), where none of them then leaves int64: a channel of a smaller S is scaled
    up. Otherwise it is S.

    Args:
        multiplier, bias, shift: (C,) int64; acc: the largest magnitude of an accumulator.
        mode: of the rounding.

    Returns:
        None for a mode that no constant rounds in, and where int64 does not hold acc M' + B'.

    >>> import numpy as np
    >>> constants = np.array([3, 5]), np.array([-1, 2]), np.array([1, 3])
    >>> [part.tolist() for part in folded(*constants, Rounding.HALF_UP, 100)]
    [[12, 5], [0, 6], [3]]
    """
    half = folded_half(shift, mode)
    if half is None:
        return None
    up = shift.max() - shift
    rows = zip(multiplier.tolist(), bias.tolist(), half.tolist(), up.tolist(), strict=True)
    sums = [(abs(m) * acc + abs(b) + h, u) for m, b, h, u in rows]
    if max(p for p, _ in sums) > INT64_HI:
        return None
    if max(p << u for p, u in sums) > INT64_HI:
        return multiplier, bias + half, shift
    return multiplier << up, bias + half << up, shift.max(keepdims=True)
