"""Rounding division by a power of two, in the five named modes; the only place where golden rounds."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray, as_int64, check_range
from t2c.golden.errors import RangeError

MAX_SHIFT = 63
"""Largest legal shift (SHIFT_W = 6 bits)."""

MAX_MAGNITUDE = 1 << 62
"""Largest |p| that `round_shift` takes: p plus half of 2^63 then still fits int64."""

FIRST_SHIFT = 31
"""What mode double shifts by before it rounds a second time: the doubling high multiply of two int32."""


class Rounding(StrEnum):
    """Rounding modes of docs/arithmetic.md section 2."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_AWAY = "half_away"
    DOUBLE = "double"

    @property
    def code(self) -> int:
        """Number of the mode: the value of the rounding bits in hardware that has it."""
        return list(Rounding).index(self)

    @classmethod
    def parse(cls, name: object) -> Rounding:
        """Return the mode of that name.

        Raises:
            RangeError: no such mode; the message lists the modes.
        """
        try:
            return cls(str(name))
        except ValueError:
            modes = ", ".join(mode.value for mode in cls)
            raise RangeError(f"rounding = {shown(name)} is not one of {modes}") from None


def round_shift(p: npt.ArrayLike, shift: npt.ArrayLike, mode: Rounding) -> IntArray:
    """Divide by 2^shift and round: round_S(p), exact for every legal input.

    With q = floor(p / 2^S), f = p - q 2^S and h = 2^(S-1) the result is q plus
    floor: 0, half_up: [f >= h], half_even: [f > h or (f = h and q odd)],
    half_away: [f > h or (f = h and p >= 0)]. double is half_up by 31, then half_away by S - 31:
    floor((p + h + 2^30 sgn(p)) / 2^S) with sgn(0) = 1 for S >= 32, half_up below.

    Args:
        p: int, any shape, |p| <= 2^62.
        shift: int 0..63, broadcast against p; 0 returns p.
        mode: the rounding mode.

    Raises:
        RangeError: a float dtype, |p| > 2^62, a shift outside 0..63 or an unknown mode.

    Source: docs/arithmetic.md section 2; half_even is IEEE 754 roundTiesToEven, half_away roundTiesToAway, double
    gemmlowp's RoundingDivideByPOT(SaturatingRoundingDoublingHighMul) without the saturation.

    >>> for mode in Rounding:
    ...     print(mode.value, round_shift([-3, -1, 1, 3], 1, mode).tolist())
    floor [-2, -1, 0, 1]
    half_up [-1, 0, 1, 2]
    half_even [-2, 0, 0, 2]
    half_away [-2, -1, 1, 2]
    double [-1, 0, 1, 2]
    >>> quarters = [-(1 << 30) - 1, -(1 << 30), (1 << 30) - 1, 1 << 30]  # +-1/4: the first of two rounds to +-1/2
    >>> round_shift(quarters, 32, Rounding.HALF_AWAY).tolist(), round_shift(quarters, 32, Rounding.DOUBLE).tolist()
    ([0, 0, 0, 0], [-1, 0, 0, 1])
    """
    value = check_range("p", p, -MAX_MAGNITUDE, MAX_MAGNITUDE)
    amount = check_range("shift", shift, 0, MAX_SHIFT)
    shape = np.broadcast_shapes(value.shape, amount.shape)
    result: IntArray = np.array(np.broadcast_to(value, shape))
    round_in_place(result, amount, Rounding.parse(mode))
    return result[()]


def round_in_place(p: IntArray, shift: IntArray, mode: Rounding) -> None:
    """Replace p by round_S(p): `round_shift` for operands that are proven already, without memory of its own.

    half_up is (floor(p / 2^(S-1)) + 1) >> 1. A tie stays down if p is one less: where q is even for half_even, where
    p is negative for half_away; no other p of these rounds otherwise for it. double moves p by 2^30 away from zero.

    Args:
        p: int64, |p| <= 2^62, overwritten.
        shift: int64 0..63, broadcast against p.
        mode: the rounding mode.
    """
    if mode is Rounding.FLOOR:
        p >>= shift
        return
    last = np.minimum(shift, 1)
    if mode is Rounding.HALF_EVEN:
        p -= ~(p >> shift) & last
    elif mode is Rounding.HALF_AWAY:
        p -= (p >> 63) & last
    elif mode is Rounding.DOUBLE:
        p += ((p >> 63) | 1) * np.where(shift > FIRST_SHIFT, 1 << FIRST_SHIFT - 1, 0)
    p >>= shift - last
    p += last
    p >>= last


def round_integer(p: int, shift: int, mode: Rounding) -> int:
    """Round one integer of any size, as `round_shift`; shift >= 0.

    >>> round_integer(3 << 99, 100, Rounding.HALF_EVEN), round_integer(-(1 << 99), 100, Rounding.HALF_AWAY)
    (2, -1)
    """
    last = min(shift, 1)
    if mode is Rounding.HALF_EVEN:
        p -= ~(p >> shift) & last
    elif mode is Rounding.HALF_AWAY:
        p -= (p < 0) & last
    elif mode is Rounding.DOUBLE and shift > FIRST_SHIFT:
        p += (-1 if p < 0 else 1) << FIRST_SHIFT - 1
    return p >> shift if mode is Rounding.FLOOR else (p >> shift - last) + last >> last


def round_integers(p: npt.NDArray[np.object_], shift: IntArray, mode: Rounding) -> npt.NDArray[np.object_]:
    """`round_integer` of arrays of Python integers that are broadcast against each other."""
    rounded: npt.NDArray[np.object_] = np.frompyfunc(lambda value, s: round_integer(value, s, mode), 2, 1)(p, shift)
    return rounded


def folded_half(shift: IntArray, mode: Rounding) -> IntArray | None:
    """Return what is to be added to p so that p >> S rounds it: 2^(S-1), 0 where S is 0; None where no constant does.

    Half of 2^63 is 2^62, so p has to stay below 2^62 besides. double is half_up where no shift is above 31.

    >>> import numpy as np
    >>> folded_half(np.array([0, 1, 4]), Rounding.HALF_UP).tolist(), folded_half(np.array([4]), Rounding.FLOOR).tolist()
    ([0, 1, 8], [0])
    """
    if mode in (Rounding.HALF_EVEN, Rounding.HALF_AWAY):
        return None
    if mode is Rounding.DOUBLE and (shift > FIRST_SHIFT).any():
        return None
    last = np.minimum(shift, 0 if mode is Rounding.FLOOR else 1)
    return last << shift - last


def saturate(values: npt.ArrayLike, lo: int, hi: int) -> IntArray:
    """Clip to lo..hi: min(max(v, lo), hi).

    Raises:
        RangeError: a float dtype or lo > hi.

    >>> saturate([-9, 0, 9], -8, 7).tolist()
    [-8, 0, 7]
    """
    if lo > hi:
        raise RangeError(f"lo = {lo} is above hi = {hi}")
    return np.clip(as_int64("values", values), lo, hi)
