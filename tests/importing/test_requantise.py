"""Constants at import: exact where they say so, counted where not, every accumulator tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import mulquant
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade, check_monotone, compare
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach, reach_of_weights


@dataclass(frozen=True, eq=False)
class Scaled:
    """clip(floor(scale acc + offset + 1/2) + zp) of exact fractions, channel by channel."""

    scales: tuple[Fraction, ...]
    offsets: tuple[Fraction, ...]
    zero_point: int
    lo: int
    hi: int

    @property
    def falling(self) -> IntArray:
        return np.array([scale < 0 for scale in self.scales], np.int64)

    def __call__(self, acc: IntArray) -> IntArray:
        rows = zip(acc.tolist(), self.scales, self.offsets, strict=True)
        out = [[floor(s * a + b + Fraction(1, 2)) + self.zero_point for a in row] for row, s, b in rows]
        return np.clip(np.array(out, np.int64), self.lo, self.hi)


def source_constants(rule: Scaled, shift: int) -> LayerConstants:
    unit = 1 << shift
    return LayerConstants(
        multiplier=np.array([round(scale * unit) for scale in rule.scales]),
        bias=np.array([round(offset * unit) for offset in rule.offsets]),
        shift=np.full(len(rule.scales), shift),
        rounding=Rounding.HALF_UP,
        zero_point=rule.zero_point,
        lo=rule.lo,
        hi=rule.hi,
    )


def differences(rule: Scaled, constants: LayerConstants, reach: Reach) -> tuple[int, int]:
    """How many accumulators differ and by how much at most, one by one."""
    count = largest = 0
    for channel, (lo, hi) in enumerate(zip(reach.lo.tolist(), reach.hi.tolist(), strict=True)):
        acc = np.broadcast_to(np.arange(lo, hi + 1), (len(rule.scales), hi - lo + 1))
        gap = np.abs(rule(acc) - mulquant(acc, constants.mulquant(), channel_axis=0))[channel]
        count, largest = count + int((gap > 0).sum()), max(largest, int(gap.max()))
    return count, largest


SCALES = st.fractions(min_value=-2, max_value=2, max_denominator=10_000)


@pytest.mark.slow
@given(
    scales=st.lists(SCALES, min_size=1, max_size=3),
    offset=st.fractions(min_value=-300, max_value=300, max_denominator=1000),
    ends=st.tuples(st.integers(-700, 700), st.integers(0, 900)),
    stage=st.sampled_from([(0, -128, 127), (-128, -128, 127), (3, -8, 7), (5, 5, 255), (0, 0, 1)]),
)
def test_what_is_called_exact_is_exact_on_every_accumulator(
    scales: list[Fraction], offset: Fraction, ends: tuple[int, int], stage: tuple[int, int, int]
) -> None:
    """A rule of one exact line always has constants: they are found, and equal everywhere."""
    rule = Scaled(tuple(scales), (offset,) * len(scales), *stage)
    lo = np.full(len(scales), ends[0])
    reach = Reach(lo=lo, hi=lo + ends[1])
    done = requantise(
        rule, reach, zero_point=stage[0], lo=stage[1], hi=stage[2], source=source_constants(rule, 4), place="layer"
    )
    assert done.exactness.grade is Grade.PROVEN
    assert done.exactness.reachable == len(scales) * (ends[1] + 1)
    assert differences(rule, done.constants, reach) == (0, 0)


def test_a_smaller_shift_never_fits() -> None:
    rule = Scaled((Fraction(7, 50),), (Fraction(7, 3),), -128, -128, 127)
    reach = Reach(lo=np.array([-900]), hi=np.array([900]))
    done = requantise(rule, reach, zero_point=-128, lo=-128, hi=127, source=source_constants(rule, 4), place="layer")
    assert done.exactness.grade is Grade.PROVEN
    shift, multiplier = int(done.constants.shift[0]), int(done.constants.multiplier[0])
    assert shift > 4
    acc = np.arange(-900, 901)
    wanted = rule(acc[None])[0]
    for smaller in range(shift):
        unit = 1 << smaller
        near = round(Fraction(7, 50) * unit)
        for m in range(max(near - 2, 0), near + 3):
            # Every bias that could be: with half in it, level 0 begins at the same accumulator.
            first = int(acc[np.argmax(wanted > -128)])
            for b in range(unit - first * m, unit - (first - 1) * m):
                assert not np.array_equal(np.clip((acc * m + b >> smaller) - 128, -128, 127), wanted)
    assert done.exactness.scale_bits == multiplier.bit_length() + 1


def test_a_channel_that_never_steps_is_its_constant() -> None:
    rule = Scaled((Fraction(1, 1 << 20), Fraction(1, 100)), (Fraction(40), Fraction(0)), 0, -128, 127)
    reach = Reach(lo=np.array([-1000, -1000]), hi=np.array([1000, 1000]))
    done = requantise(rule, reach, zero_point=0, lo=-128, hi=127, source=source_constants(rule, 4), place="layer")
    assert done.exactness.grade is Grade.PROVEN
    assert (done.constants.multiplier[0], done.constants.bias[0], done.constants.shift[0]) == (0, 40, 0)


@dataclass(frozen=True, eq=False)
class Bent(Scaled):
    """No line has its steps: negative accumulators have another slope."""

    def __call__(self, acc: IntArray) -> IntArray:
        return super().__call__(np.where(acc < 0, acc * 3 // 2, acc))


def test_what_differs_is_counted() -> None:
    rule = Bent((Fraction(1, 10),), (Fraction(0),), 0, -128, 127)
    reach = Reach(lo=np.array([-500]), hi=np.array([900]))
    source = source_constants(rule, 10)
    done = requantise(rule, reach, zero_point=0, lo=-128, hi=127, source=source, place="layer")
    assert done.exactness.grade is Grade.DIFFERS
    assert done.constants.multiplier.tolist() == source.multiplier.tolist()
    count, largest = differences(rule, source, reach)
    assert (done.exactness.differing, done.exactness.largest) == (count, largest)
    assert count > 100
    assert str(done.exactness) == f"{count:,} of 1,401 reachable accumulators differ, by at most {largest}"


def test_one_accumulator_that_differs_is_found_among_many() -> None:
    """A threshold that is off by one, in a reach far too wide to try one by one."""
    rule = Scaled((Fraction(1, 1 << 20),), (Fraction(0),), 0, -128, 127)
    reach = Reach(lo=np.array([-(1 << 28)]), hi=np.array([(1 << 28) - 1]))
    exact = source_constants(rule, 20)
    assert compare(rule, exact.mulquant(), reach).grade is Grade.PROVEN
    # One less bias: every level of the 255 begins one accumulator later.
    found = compare(rule, replace(exact, bias=exact.bias - 1).mulquant(), reach)
    assert (found.differing, found.largest, found.reachable) == (255, 1, 1 << 29)


def test_a_rule_that_is_no_step_function_is_refused() -> None:
    @dataclass(frozen=True, eq=False)
    class Wave(Scaled):
        def __call__(self, acc: IntArray) -> IntArray:
            return acc % 7

    rule = Wave((Fraction(1),), (Fraction(0),), 0, 0, 7)
    with pytest.raises(RefusedError, match="operator 3: its requantisation is no step function"):
        check_monotone(rule, Reach(lo=np.array([0]), hi=np.array([50])), "operator 3")


def test_a_multiplier_of_the_wrong_sign_is_no_proof() -> None:
    rule = Scaled((Fraction(1, 10),), (Fraction(0),), 0, -128, 127)
    constants = replace(source_constants(rule, 10), multiplier=np.array([-102]))
    with pytest.raises(ValueError, match="a multiplier falls where the rule rises"):
        compare(rule, constants.mulquant(), Reach(lo=np.array([-10]), hi=np.array([10])))


def test_the_reach_of_weights_is_met_by_inputs() -> None:
    generator = np.random.default_rng(7)
    weight = generator.integers(-3, 4, (4, 3))
    reach = reach_of_weights(weight, -2, 3)
    inputs = np.stack(np.meshgrid(*[np.arange(-2, 4)] * 3), axis=-1).reshape(-1, 3)
    sums = inputs @ weight.T
    assert reach.lo.tolist() == sums.min(axis=0).tolist()
    assert reach.hi.tolist() == sums.max(axis=0).tolist()
