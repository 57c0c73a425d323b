"""t2c.golden.arithmetic.rounding against exact fractions."""

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE, Rounding, round_shift, saturate
from t2c.golden.errors import RangeError

EDGES = sorted(
    {
        value
        for sign in (-1, 1)
        for k in range(63)
        for d in (-2, -1, 0, 1, 2)
        if abs(value := sign * (1 << k) + d) <= MAX_MAGNITUDE
    }
)


@pytest.mark.parametrize("mode", list(Rounding))
def test_every_small_value_and_shift(mode: Rounding) -> None:
    p = np.arange(-130, 131)
    for shift in range(9):
        expected = [oracle.round_shift(int(v), shift, mode.value) for v in p]
        assert round_shift(p, shift, mode).tolist() == expected


@pytest.mark.parametrize("mode", list(Rounding))
def test_powers_of_two_and_neighbours_at_every_shift(mode: Rounding) -> None:
    p = np.array(EDGES)
    got = round_shift(p[None, :], np.arange(64)[:, None], mode)
    for shift in range(64):
        assert got[shift].tolist() == [oracle.round_shift(v, shift, mode.value) for v in EDGES], shift


@pytest.mark.parametrize("mode", list(Rounding))
def test_ties_of_both_signs_at_every_shift(mode: Rounding) -> None:
    for shift in range(1, 63):
        half = 1 << (shift - 1)
        ties = [p for q in (-3, -2, -1, 0, 1, 2) if abs(p := (q << shift) + half) <= MAX_MAGNITUDE]
        assert round_shift(ties, shift, mode).tolist() == [oracle.round_shift(p, shift, mode.value) for p in ties]


def test_ties_of_the_normative_table() -> None:
    table = {"floor": [-2, -1, 0, 1], "half_up": [-1, 0, 1, 2], "half_even": [-2, 0, 0, 2], "half_away": [-2, -1, 1, 2]}
    for code, (name, expected) in enumerate(table.items()):
        assert round_shift([-3, -1, 1, 3], 1, Rounding.parse(name)).tolist() == expected
        assert Rounding.parse(name).code == code


def test_shift_may_differ_per_element_and_broadcasts() -> None:
    assert round_shift([[4], [6]], [0, 1, 2], Rounding.HALF_UP).tolist() == [[4, 2, 1], [6, 3, 2]]
    assert round_shift(5, [0, 1], Rounding.FLOOR).tolist() == [5, 2]


def test_saturate_clips_at_both_ends() -> None:
    assert saturate([-129, -128, 127, 128], -128, 127).tolist() == [-128, -128, 127, 127]


def test_saturate_refuses_crossed_bounds() -> None:
    with pytest.raises(RangeError, match="lo = 1 is above hi = 0"):
        saturate([0], 1, 0)


@pytest.mark.parametrize("p", [MAX_MAGNITUDE + 1, -MAX_MAGNITUDE - 1])
def test_refuses_magnitude_above_2_62(p: int) -> None:
    with pytest.raises(RangeError, match=r"p.*is outside"):
        round_shift(p, 1, Rounding.FLOOR)


@pytest.mark.parametrize("shift", [-1, 64])
def test_refuses_shift_outside_0_63(shift: int) -> None:
    with pytest.raises(RangeError, match=r"shift.*is outside 0\.\.63"):
        round_shift(1, shift, Rounding.FLOOR)


def test_refuses_floats_and_unknown_modes() -> None:
    with pytest.raises(RangeError, match="p: dtype float64 is not an integer type"):
        round_shift([1.0], 1, Rounding.FLOOR)
    with pytest.raises(RangeError, match="'up' is not one of floor, half_up, half_even, half_away"):
        Rounding.parse("up")


@pytest.mark.parametrize("mode", list(Rounding))
def test_a_mode_given_as_text_is_that_mode(mode: Rounding) -> None:
    p = [-3, -1, 1, 3]
    assert round_shift(p, 1, mode.value).tolist() == round_shift(p, 1, mode).tolist()


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(RangeError, match="rounding = 'nearest' is not one of floor, half_up"):
        round_shift([1], 1, "nearest")
