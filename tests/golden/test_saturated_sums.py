"""A chip that saturates its sums before it scales them, as clip bounds: beside the chip in plain Python, sum by sum."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from oracle import plain
from t2c.golden.arithmetic.mulquant import MulQuant, mulquant
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.target.saturation import SumRange, saturated_clip

REACH = 24


def quant(m: int, bias: int, shift: int, mode: Rounding, zero_point: int = 0, lo: int = -9, hi: int = 11) -> MulQuant:
    return MulQuant(
        multiplier=np.array([m]),
        bias=np.array([bias]),
        shift=np.array([shift]),
        rounding=mode,
        zero_point=zero_point,
        lo=lo,
        hi=hi,
    )


ORDERS = [
    RequantiserOrder(bias_first=first, operand_bits=operand, sum_bits=total)
    for first in (False, True)
    for operand, total in ((3, None), (5, None), (None, 4), (4, 6), (7, 7))
]


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("mode", list(Rounding))
def test_bounds_are_what_the_chip_gives_for_every_sum(mode: Rounding) -> None:
    sums, seen = list(range(-REACH, REACH + 1)), 0
    reach = SumRange(lo=np.array([-REACH]), hi=np.array([REACH]))
    for order, m, b, shift, zp in itertools.product(ORDERS, (-5, -1, 0, 1, 3), (-7, 6, 30), (0, 1, 3), (0, -4)):
        held = quant(m, b * m if order.bias_first else b, shift, mode, zp)
        clip = saturated_clip(held, reach, order, np.array([b]))
        bounded = MulQuant(**{**vars(held), "lo": int(clip.lo[0]), "hi": int(clip.hi[0])})
        scaled = [plain.scaled_sum(acc, m, b, **dataclasses.asdict(order)) for acc in sums]
        chip = [plain.clip(plain.round_shift(p, shift, mode.value) + zp, -9, 11) for p in scaled]
        assert mulquant(sums, bounded).tolist() == chip, (order, m, b, shift, zp)
        seen += chip != mulquant(sums, held).tolist()
    assert seen > 100  # the saturation shows


def test_sums_that_do_not_reach_the_end_change_nothing() -> None:
    held, order, none = quant(3, 0, 1, Rounding.HALF_UP), RequantiserOrder(operand_bits=3), np.zeros(1, int)
    clip = saturated_clip(held, SumRange(lo=np.array([-4]), hi=np.array([3])), order, none)
    assert (clip.lo.tolist(), clip.hi.tolist()) == ([-9], [11])
    one_more = saturated_clip(held, SumRange(lo=np.array([-5]), hi=np.array([3])), order, none)
    assert (one_more.lo.tolist(), one_more.hi.tolist()) == ([-6], [11])


def test_channels_share_bounds_only_if_no_sum_tells_them_apart() -> None:
    """One scale: the channel that never reaches the end takes the other's bounds. Two scales: they differ."""
    sums, order = SumRange(lo=np.array([-REACH, -2]), hi=np.array([REACH, 2])), RequantiserOrder(operand_bits=4)
    clip = saturated_clip(quant(1, 0, 0, Rounding.HALF_UP), sums, order, np.zeros(1, int))
    assert clip.lo.tolist() == [-8, -9]
    assert clip.common() == (-8, 7)
    both = MulQuant(
        multiplier=np.array([2, 1]), bias=np.zeros(2, int), shift=np.array([1, 1]), lo=-9, hi=11, rounding="half_up"
    )
    reach = SumRange(lo=np.full(2, -REACH), hi=np.full(2, REACH))
    apart = saturated_clip(both, reach, order, np.zeros(2, int))
    assert (apart.lo.tolist(), apart.hi.tolist()) == ([-8, -4], [7, 4])
    assert apart.common() is None
