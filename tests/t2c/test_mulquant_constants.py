"""Choosing M, B and S: against exact rationals, with the properties that docs/arithmetic.md promises."""

from __future__ import annotations

import doctest
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2c import mulquant_constants as mulquant
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError, ShapeError
from t2c.mulquant_constants import fixed, fixed_format, normalized, power_of_two
from tests.conftest import tries

SCALES = st.one_of(st.floats(-100, 100), st.floats(1e-12, 1.0), st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0**-30]))
BIASES = st.one_of(st.floats(-300, 300), st.just(0.0))


def test_doctests() -> None:
    assert doctest.testmod(mulquant).failed == 0


def exact_round(value: float, shift: int) -> int:
    """round(value 2^shift), half to even, on the rational that the float is."""
    return round(Fraction(value) * 2**shift)


def fits(value: int, bits: int) -> bool:
    return -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


@settings(max_examples=tries(300))
@given(m=SCALES, b=BIASES, scale_bits=st.sampled_from([8, 16, 24]), bias_bits=st.sampled_from([16, 40, 56]))
def test_normalized_takes_the_largest_shift_that_fits(m: float, b: float, scale_bits: int, bias_bits: int) -> None:
    widths = Widths(scale=scale_bits, bias=bias_bits)
    legal = [
        s for s in range(48) if fits(exact_round(m, s), scale_bits) and fits(exact_round(b, s), bias_bits)
    ]  # fmt: skip
    if not legal:
        with pytest.raises(RangeError, match="does not fit"):
            normalized([m], [b], widths)
        return
    c = normalized([m], [b], widths)
    assert int(c.shift[0]) == max(legal)
    assert int(c.multiplier[0]) == exact_round(m, max(legal))
    assert int(c.bias[0]) == exact_round(b, max(legal))


@settings(max_examples=tries(300))
@given(m=st.floats(1e-9, 100).flatmap(lambda v: st.sampled_from([v, -v])), b=st.floats(-255, 255))
def test_normalized_error_bound(m: float, b: float) -> None:
    c = normalized([m], [b])
    shift = int(c.shift[0])
    error = abs(Fraction(int(c.multiplier[0]), 2**shift) - Fraction(m)) / abs(Fraction(m))
    assert c.scale_error == pytest.approx(float(error), rel=1e-6, abs=1e-18)
    bias_limits = shift < 47 and not fits(exact_round(b, shift + 1), 40)
    if shift < 47 and not bias_limits:
        assert error <= Fraction(1, 2**15)
    assert abs(Fraction(int(c.bias[0]), 2**shift) - Fraction(b)) <= Fraction(1, 2 ** (shift + 1))


def test_ties_go_to_even() -> None:
    widths = Widths(scale=3, bias=40)  # M in -4..3
    c = normalized([2.5, 1.25, -3.5, 3.5 - 2**-40], [0.0] * 4, widths)
    assert c.multiplier.tolist() == [2, 2, -4, 3]
    assert c.shift.tolist() == [0, 1, 0, 0]
    with pytest.raises(RangeError, match=r"channel 1: scale 3\.5"):
        normalized([1.0, 3.5], [0.0, 0.0], widths)  # rounds to 4


def test_channels_are_chosen_apart_unless_shared() -> None:
    apart, shared = normalized([1.0, 1e-3], [0.0, 0.0]), normalized([1.0, 1e-3], [0.0, 0.0], shared=True)
    assert apart.shift.tolist() == [14, 24]
    assert shared.shift.tolist() == [14, 14]
    assert shared.scale_error > apart.scale_error


def test_a_zero_scale_costs_nothing() -> None:
    c = normalized([0.0], [0.0])
    assert (int(c.multiplier[0]), int(c.shift[0]), c.scale_error) == (0, 47, 0.0)


@settings(max_examples=tries(200))
@given(m=st.floats(-1e6, 1e6), b=st.floats(-1e6, 1e6), int_bits=st.integers(1, 8), frac_bits=st.integers(1, 8))
def test_fixed_rounds_and_saturates(m: float, b: float, int_bits: int, frac_bits: int) -> None:
    c = fixed([m], [b], int_bits=int_bits, frac_bits=frac_bits)
    half = 2 ** (int_bits + frac_bits - 1)
    for got, real in ((c.multiplier, m), (c.bias, b)):
        assert int(got[0]) == min(max(exact_round(real, frac_bits), -half), half - 1)
    assert c.shift.tolist() == [frac_bits]


@pytest.mark.slow
@settings(max_examples=tries(200))
@given(m=st.floats(2.0**-30, 1000.0), sign=st.sampled_from([-1, 1]), b=BIASES)
def test_power_of_two_is_the_nearest_of_all_and_its_multiplier_one_bit(m: float, sign: int, b: float) -> None:
    c = power_of_two([sign * m], [b])
    multiplier, shift = int(c.multiplier[0]), int(c.shift[0])
    assert abs(multiplier).bit_count() == 1
    got, real = Fraction(multiplier, 2**shift), Fraction(sign * m)
    gaps = {k: abs(Fraction(2) ** k - abs(real)) for k in range(-45, 15)}
    assert abs(got - real) == min(gaps.values())
    assert abs(got) == max(Fraction(2) ** k for k, gap in gaps.items() if gap == min(gaps.values()))
    assert int(c.bias[0]) == exact_round(b, shift)
    assert c.scale_error == pytest.approx(float(abs(got - real) / abs(real)))


def test_power_of_two_of_an_add_has_one_shift() -> None:
    c = power_of_two([0.3, 0.9, 0.0], [0.0, 0.0, 0.0], shared=True)
    assert len(set(c.shift.tolist())) == 1
    assert (c.multiplier * 2.0**-c.shift).tolist() == [0.25, 1.0, 0.0]


def test_fixed_reports_the_ten_percent_of_the_paper_format() -> None:
    c = fixed_format(4, 12)([1.1e-3], [0.0], Widths())
    assert c.multiplier.tolist() == [5]
    assert c.scale_error == pytest.approx(abs(5 / 4096 - 1.1e-3) / 1.1e-3)
    assert fixed([1.0], [9.0]).bias_error == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("scale", "bias"), [([np.nan], [0.0]), ([1.0], [np.inf]), ([1e9], [0.0]), ([1.0], [1e13])])
def test_what_has_no_integer_form_is_refused(scale: list[float], bias: list[float]) -> None:
    with pytest.raises(RangeError):
        normalized(scale, bias)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ShapeError):
        normalized([1.0, 2.0], [0.0])
    with pytest.raises(RangeError, match=r"INT \+ FRAC = 17"):
        fixed([1.0], [0.0], int_bits=5, frac_bits=12)
