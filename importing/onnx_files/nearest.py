"""Constants of sums of which some channel has no exact ones: the channels that have keep theirs, of few bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.fit import Fit, fit
from t2c.importing.proof import Exactness, compare, rising
from t2c.importing.rule import Reach, Rule
from t2c.importing.thresholds import thresholds

BITS = (16, 18, 20, 22, 24, 26, 28, 32)
"""Of multipliers that are tried."""
MODES = (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.HALF_AWAY)


def nearest(
    rule: Rule, reach: Reach, zero_point: int, lo: int, hi: int, own: Callable[[int], LayerConstants]
) -> tuple[LayerConstants, Exactness]:
    """The constants that miss fewest accumulators, of the fewest bits that miss no more.

    Args:
        rule: of the source, for which `requantise` found no exact constants.
        reach: accumulators, by channel.
        zero_point, lo, hi: of the output.
        own: from bits of a multiplier to the constants that follow from the source's scale.
    """
    falling = rule.falling
    steps = thresholds(rising(rule, falling), reach.mirrored(falling), lo, hi)
    fitted = fit(steps, zero_point, lo, hi, falling)
    tried = []
    for bits in BITS:
        constants = _mixed(fitted, own(bits))
        for mode in MODES if own(bits).rounding is Rounding.HALF_EVEN else (constants.rounding,):
            made = replace(constants, rounding=mode)
            tried.append((made, compare(rule, made.mulquant(), reach)))
    return min(tried, key=lambda each: each[1].differing)


def _mixed(fitted: Fit, own: LayerConstants) -> LayerConstants:
    """Fitted constants where they are exact, else the source's own."""
    found = {
        name: np.where(fitted.exact, getattr(fitted.constants, name), getattr(own, name))
        for name in ("multiplier", "bias", "shift")
    }
    return replace(own, **found)
