"""t2c.golden.arithmetic.requantiser_order against the same in plain Python, and its bounds."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from oracle import plain
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError

WIDTHS = (None, 2, 3, 5)


@pytest.mark.parametrize("bias_first", [False, True])
@pytest.mark.parametrize(("operand", "total"), list(itertools.product(WIDTHS, WIDTHS)))
def test_every_small_case(bias_first: bool, operand: int | None, total: int | None) -> None:
    order = RequantiserOrder(bias_first=bias_first, operand_bits=operand, sum_bits=total)
    acc, multiplier, bias = (np.array(axis) for axis in np.ix_(range(-9, 9), range(-4, 4), range(-5, 5)))
    found = scaled_sum(acc, multiplier, bias, order)
    expected = [
        plain.scaled_sum(a, m, b, bias_first=bias_first, operand_bits=operand, sum_bits=total)
        for a, m, b in itertools.product(range(-9, 9), range(-4, 4), range(-5, 5))
    ]
    assert found.ravel().tolist() == expected


@pytest.mark.parametrize("mode", list(Rounding))
def test_wide_sums_in_every_rounding_mode(mode: Rounding) -> None:
    rng = random.Random(7)
    order = RequantiserOrder(bias_first=True, operand_bits=24)
    stage = OutputStage(rounding=mode, zero_point=-3, lo=-128, hi=127)
    for _ in range(500):
        acc, bias, multiplier = (rng.getrandbits(bits) - (1 << bits - 1) for bits in (25, 25, 32))
        shift = rng.randint(31, 55)
        p = plain.scaled_sum(acc, multiplier, bias, bias_first=True, operand_bits=24, sum_bits=None)
        expected = plain.clip(plain.round_shift(p, shift, mode.value) - 3, -128, 127)
        assert stage.requantise(scaled_sum(acc, multiplier, bias, order), shift) == expected


def test_what_does_not_fit_is_refused() -> None:
    first = RequantiserOrder(bias_first=True)
    assert scaled_sum(1 << 30, 1 << 31, 1 << 30, first) == 1 << 62
    with pytest.raises(RangeError, match=r"p = 4611686020574871552 is beyond 2\^62"):
        scaled_sum(1 << 30, 1 << 31, (1 << 30) + 1, first)
    with pytest.raises(RangeError, match=r"acc \+ bias = 4611686018427387905 is beyond"):
        scaled_sum(1 << 62, 0, 1, first)
    with pytest.raises(RangeError, match=r"sum_bits = 63 is outside 2\.\.62"):
        RequantiserOrder(sum_bits=63)
    with pytest.raises(RangeError, match="acc"):
        scaled_sum(0.5, 1, 1, first)
