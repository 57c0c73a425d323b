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
    table = {
        "floor": [-2, -1, 0, 1],
        "half_up": [-1, 0, 1, 2],
        "half_even": [-2, 0, 0, 2],
        "half_away": [-2, -1, 1, 2],
        "double": [-1, 0, 1, 2],
    }
    quarters = [-(1 << 30) - 1, -(1 << 30), (1 << 30) - 1, 1 << 30]
    for code, (name, expected) in enumerate(table.items()):
        mode = Rounding.parse(name)
        assert round_shift([-3, -1, 1, 3], 1, mode).tolist() == expected
        assert mode.code == code
        if mode is not Rounding.FLOOR:
            assert round_shift(quarters, 32, mode).tolist() == ([-1, 0, 0, 1] if name == "double" else [0, 0, 0, 0])
    assert set(table) == set(Rounding)


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 7))
@pytest.mark.parametrize("second", range(1, 7))
def test_two_roundings_are_one(first: int, second: int) -> None:
    """The identity of docs/arithmetic.md section 2 with `first` in place of 31, for every p of 15 bits."""
    whole = first + second
    for p in range(-(1 << 14), 1 << 14):
        high = oracle.round_shift(p, first, "half_up")
        moved = p + (1 << whole - 1) + (1 << first - 1) * (1 if p >= 0 else -1)
        assert moved >> whole == oracle.round_shift(high, second, "half_away"), p


@pytest.mark.parametrize("shift", range(32, 64))
def test_double_at_all_that_its_first_rounding_can_decide(shift: int) -> None:
    """Around each multiple of 2^30 near the ends of a piece of 2^S and its middle, where alone results change."""
    halves = [n << shift - 1 for n in range(-9, 10)]
    places = [half + (k << 30) + d for half in halves for k in range(-4, 5) for d in (-1, 0, 1)]
    p = [place for place in places if abs(place) <= MAX_MAGNITUDE]
    expected = [oracle.round_shift(v, shift, "double") for v in p]
    assert round_shift(p, shift, Rounding.DOUBLE).tolist() == expected
    others = [round_shift(p, shift, mode).tolist() for mode in Rounding if mode is not Rounding.DOUBLE]
    assert shift == 63 or expected not in others


def test_double_rounds_once_up_to_a_shift_of_31() -> None:
    p = np.array(EDGES)
    for shift in range(32):
        found = round_shift(p, shift, Rounding.DOUBLE).tolist()
        assert found == round_shift(p, shift, Rounding.HALF_UP).tolist()
        assert found == [oracle.round_shift(v, shift, "double") for v in EDGES]


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
