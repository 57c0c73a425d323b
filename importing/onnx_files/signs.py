"""Sums whose sign alone is kept: MulQuant with M = ±2 between -1 and 1, which no accumulator brings to 0."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.onnx_files.quantiser import RealRule
from t2c.importing.proof import Exactness, check_monotone, compare, rising
from t2c.importing.rule import Reach
from t2c.importing.thresholds import thresholds


def close_bipolar(rule: RealRule, reach: Reach) -> tuple[LayerConstants, Exactness]:
    """Constants of a rule that gives -1 or 1.

    With t the first accumulator that gives 1, acc M + B = 2 (acc - t) + 1 is odd, at least 1 from t on and at most -1
    before it; where the rule falls, acc is -acc.
    """
    check_monotone(rule, reach, rule.sums.place)
    falling = rule.falling
    first = thresholds(rising(rule, falling), reach.mirrored(falling), 0, 1).first[:, 0]
    constants = LayerConstants(
        multiplier=np.where(falling.astype(bool), -2, 2),
        bias=1 - 2 * first,
        shift=np.zeros_like(first),
        rounding=Rounding.HALF_UP,
        zero_point=0,
        lo=-1,
        hi=1,
    )
    return constants, compare(rule, constants.mulquant(), reach)
