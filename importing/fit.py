"""Constants of MulQuant whose steps are exactly those of another step function, of as few bits as there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.thresholds import Steps

LARGEST_SHIFT = 46
LARGEST_MULTIPLIER = (1 << 31) - 1
LARGEST_BIAS = (1 << 59) - 1
FAR = 1 << 62
"""Beyond every bound below: a side that nothing bounds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """constants: of every channel; exact: (C,) bool, the channels whose constants have the steps; others have M = 0;
    still: (C,) bool, the channels that never step."""

    constants: LayerConstants
    exact: npt.NDArray[np.bool_]
    still: npt.NDArray[np.bool_]


def fit(steps: Steps, zero_point: int, lo: int, hi: int, falling: IntArray) -> Fit:
    """Find M, B and the smallest S of each channel with which half_up steps at exactly these accumulators.

    With half of 2^S in B', an output is level k or more where acc M + B' >= (k - zp) 2^S. It is to be so from the first
    accumulator t_k of the level on, and no earlier:

        (k - zp) 2^S - t_k M  <=  B'  <  (k - zp) 2^S - (t_k - 1) M

    for every level whose step lies in the reach; of a level that is passed everywhere or nowhere, one side. So for
    given M and S, B' has a lower and an upper bound, of which the difference is a concave function of M: bisection
    along its slope finds an M with which they meet, or shows that there is none. What fits with S fits with S + 1,
    2 M and 2 B', so S is bisected too. A channel that never steps gets M = 0, S = 0 and its constant.

    Args:
        steps: of a rule that never falls, levels lo + 1 .. hi.
        zero_point, lo, hi: of the output.
        falling: (C,), 1 where `steps` are those of the negated accumulator, which a negative M undoes.
    """
    none = np.full(steps.reach.lo.size, -1, np.int64)
    if lo == hi:  # one output, whatever comes
        constants = LayerConstants(
            multiplier=np.zeros_like(none),
            bias=np.full_like(none, lo - zero_point),
            shift=np.zeros_like(none),
            rounding=Rounding.HALF_UP,
            zero_point=zero_point,
            lo=lo,
            hi=hi,
        )
        return Fit(constants=constants, exact=none < 0, still=none < 0)
    bounds = _Bounds(steps, zero_point)
    best_m, best_b, best_s = np.zeros_like(none), np.zeros_like(none), none.copy()
    low, high = np.zeros_like(none), bounds.largest_shift()
    while (rows := np.flatnonzero(low <= high)).size:
        shift = low[rows] + high[rows] >> 1
        found, multiplier, bias = bounds.solve(rows, shift)
        here = rows[found]
        best_m[here], best_b[here], best_s[here] = multiplier[found], bias[found], shift[found]
        high[here] = shift[found] - 1
        low[rows[~found]] = shift[~found] + 1
    exact = best_s >= 0
    best_s = np.maximum(best_s, 0)
    half = np.where(best_s > 0, np.int64(1) << np.maximum(best_s - 1, 0), 0)
    constants = LayerConstants(
        multiplier=np.where(falling.astype(bool), -best_m, best_m),
        bias=np.where(exact, best_b - half, 0),
        shift=best_s,
        rounding=Rounding.HALF_UP,
        zero_point=zero_point,
        lo=lo,
        hi=hi,
    )
    return Fit(constants=constants, exact=exact, still=~bounds.steps(np.arange(none.size)))


class _Bounds:
    """The bounds of B' by channel, for some M and S."""

    def __init__(self, steps: Steps, zero_point: int) -> None:
        self.first, self.reach = steps.first, steps.reach
        self.wanted = steps.levels - zero_point
        self.from_below = steps.first <= steps.reach.hi[:, None]  # passed somewhere: B' is large enough for it
        self.from_above = steps.first > steps.reach.lo[:, None]  # not passed somewhere: B' is small enough
        self.slope = self._slope()

    def _slope(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Least and largest M / 2^S by the outermost two steps inside the reach; 0 and infinity without two."""
        inside = self.from_below & self.from_above
        some = inside.sum(axis=1) >= 2
        begin, end = inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
        rows = np.arange(len(inside))
        rise = (self.wanted[end] - self.wanted[begin]).astype(np.float64)
        run = (self.first[rows, end] - self.first[rows, begin]).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            most = np.where(some & (run > 1), rise / (run - 1), np.inf)
        return np.where(some, rise / (run + 1), 0.0), most

    def largest_shift(self) -> IntArray:
        """S above which M or B' may have too many bits."""
        reach = np.maximum(np.abs(self.reach.lo), np.abs(self.reach.hi)).astype(np.float64)
        largest = np.abs(self.wanted).max() + 1.0
        steepest = np.where(np.isfinite(self.slope[1]), self.slope[1], np.maximum(self.slope[0], 1.0))
        by_multiplier = np.log2(LARGEST_MULTIPLIER / np.maximum(steepest, 1e-12))
        by_bias = np.log2(LARGEST_BIAS / (largest + steepest * reach))
        largest_shift: IntArray = np.clip(np.floor(np.minimum(by_multiplier, by_bias)), 0, LARGEST_SHIFT).astype(
            np.int64
        )
        return largest_shift

    def solve(self, rows: IntArray, shift: IntArray) -> tuple[npt.NDArray[np.bool_], IntArray, IntArray]:
        """For these channels and their S: whether some M has a B', and both."""
        unit = np.int64(1) << shift
        least, most = (bound[rows] * unit for bound in self.slope)
        low = np.maximum(np.floor(least), 0).astype(np.int64)
        high = np.minimum(np.ceil(most), LARGEST_MULTIPLIER).astype(np.int64)
        found = np.zeros(rows.size, np.bool_)
        multiplier, bias = np.zeros_like(low), np.zeros_like(low)
        low = np.where(self.steps(rows), low, 0)
        high = np.where(self.steps(rows), high, 0)
        while (open_ := np.flatnonzero(~found & (low <= high))).size:
            probe = low[open_] + high[open_] >> 1
            lower, upper, turn = self._at(rows[open_], unit[open_], probe)
            fits = lower <= upper
            here = open_[fits]
            found[here], multiplier[here] = True, probe[fits]
            bias[here] = _between(lower[fits], upper[fits])
            rising, dropping = ~fits & (turn > 0), ~fits & (turn <= 0)
            low[open_[rising]] = probe[rising] + 1
            high[open_[dropping]] = probe[dropping] - 1
            level = ~fits & (turn == 0)  # the top of a concave function, and still apart
            low[open_[level]] = high[open_[level]] + 1
        return found & (np.abs(bias) <= LARGEST_BIAS), multiplier, bias

    def steps(self, rows: IntArray) -> npt.NDArray[np.bool_]:
        """Whether these channels step at all."""
        inside = self.from_below[rows] & self.from_above[rows]
        return np.asarray(inside.any(axis=1))

    def _at(self, rows: IntArray, unit: IntArray, multiplier: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Lower and upper bound of B', and the slope of their difference as M grows."""
        goal = self.wanted * unit[:, None]
        moved = self.first[rows] * multiplier[:, None]
        lower = np.where(self.from_below[rows], goal - moved, -FAR)
        upper = np.where(self.from_above[rows], goal - moved + multiplier[:, None] - 1, FAR)
        k_low, k_high = lower.argmax(axis=1), upper.argmin(axis=1)
        at = np.arange(rows.size)
        turn: IntArray = self.first[rows, k_low] - (self.first[rows, k_high] - 1)
        return lower[at, k_low], upper[at, k_high], turn


def _between(lower: IntArray, upper: IntArray) -> IntArray:
    """A bias between two bounds; the bound itself where the other side has none."""
    middle = lower + (upper - lower >> 1)
    return np.where(lower == -FAR, upper, np.where(upper == FAR, lower, middle))
