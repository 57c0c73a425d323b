"""The accumulators at which a step function steps, found by bisection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.rule import Reach

StepFunction = Callable[[IntArray], IntArray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """Where a rising step function steps, by channel.

    first: (C, K) int64, the least accumulator of the reach with an output of `levels[k]` or more, reach.hi + 1 if none;
    levels: (K,), lo + 1 .. hi of the output; reach: the accumulators.
    """

    first: IntArray
    levels: IntArray
    reach: Reach


def thresholds(rule: StepFunction, reach: Reach, lo: int, hi: int) -> Steps:
    """Find every step of a function that never falls.

    Args:
        rule: from (C, n) accumulators to outputs in lo..hi.
        reach: by channel.
        lo, hi: bounds of the output.

    >>> reach = Reach(lo=np.array([-10]), hi=np.array([10]))
    >>> thresholds(lambda acc: np.clip(acc >> 2, -1, 1), reach, -1, 1).first.tolist()
    [[0, 4]]
    """
    levels = np.arange(lo + 1, hi + 1, dtype=np.int64)
    shape = (reach.lo.size, levels.size)
    below = np.broadcast_to(reach.lo[:, None], shape).copy()
    above = np.broadcast_to(reach.hi[:, None] + 1, shape).copy()
    while (below < above).any():
        middle = below + (above - below >> 1)
        probed = np.minimum(middle, reach.hi[:, None])  # where both are beyond the end, nothing is asked any more
        passed = rule(probed) >= levels
        open_ = below < above
        above = np.where(open_ & passed, middle, above)
        below = np.where(open_ & ~passed, middle + 1, below)
    return Steps(first=above, levels=levels, reach=reach)
