"""Golden's softmax against the plain-Python oracle, and its distance from the real softmax against the bound."""

from __future__ import annotations

import itertools
import math
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bench_softmax import KINDS, LENGTHS, OUTPUT_BITS, SCALES, TABLES, real_softmax, softmax_error
from oracle import plain as oracle
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.lut import exp_table, softmax_error_bound
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable, safe_reciprocal_bits, softmax
from t2c.golden.errors import RangeError, ShapeError
from tests.conftest import tries


def made(exp: list[int], e_w: int = 4, p: int = 3, r: int = 0, mode: Rounding = Rounding.HALF_UP) -> SoftmaxTable:
    bits = r or safe_reciprocal_bits(e_w, p)
    return SoftmaxTable(exp=np.array(exp), exponent_bits=e_w, output_bits=p, reciprocal_bits=bits, rounding=mode)


def by_oracle(row: list[int], table: SoftmaxTable) -> list[int]:
    return oracle.softmax(
        row,
        exp=table.exp.tolist(),
        exponent_bits=table.exponent_bits,
        output_bits=table.output_bits,
        reciprocal_bits=table.reciprocal_bits,
        mode=table.rounding.value,
    )


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", list(Rounding))
@pytest.mark.parametrize(
    "table",
    [[15, 9, 6, 3, 2, 1, 1, 0], [15, 4], [1, 0], [1, 15, 15, 15], [3, 0, 7, 1], [15, 15], [8, 4, 2, 1]],
    ids=str,
)
def test_every_short_row(table: list[int], mode: Rounding) -> None:
    """All rows of 1..3 elements of 3 bits and of 4 of 2 bits, for tables of any shape."""
    for r in (7, 9, 12):
        constants = made(table, r=r, mode=mode)
        for length, half in ((1, 4), (2, 4), (3, 4), (4, 2)):
            rows = list(itertools.product(range(-half, half), repeat=length))
            got = softmax(np.array(rows), constants).tolist()
            assert got == [by_oracle(list(row), constants) for row in rows]


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_and_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for length in (1, 2, 5, 197, 1024):
        e_w, p = int(rng.integers(4, 17)), int(rng.integers(2, 9))
        depth, r = 1 << int(rng.integers(1, 9)), int(rng.integers(e_w + p, 33))
        exp = rng.integers(0, 1 << e_w, depth)
        exp[0] = rng.choice([1, max(1, int(exp[0])), (1 << e_w) - 1])
        table = made(exp.tolist(), e_w, p, r, list(Rounding)[seed % len(Rounding)])
        rows = rng.integers(-128, 128, (3, length))
        assert softmax(rows, table).tolist() == [by_oracle(row, table) for row in rows.tolist()]


def test_widths_at_their_ends() -> None:
    """The largest reciprocal, the largest sum, the largest product."""
    for e_w, p, r in ((4, 2, 6), (4, 2, 32), (16, 8, 24), (16, 8, 32)):
        for first in (1, (1 << e_w) - 1):
            table = made([first, (1 << e_w) - 1], e_w, p, r)
            for row in ([0], [0, 0], [0, -1], [0, *[-1] * 4095], [0] * 4096):
                assert softmax(row, table).tolist() == by_oracle(row, table)


def test_ties_round_as_the_mode_says_and_one_saturates() -> None:
    """e r / 2^(R-P) = 8 e / 16: e = 1, 3, 11 give 0.5, 1.5 and 5.5."""
    row = [0, -1, -2, -3]
    found = {mode: softmax(row, made([11, 3, 1, 1], mode=mode)).tolist() for mode in Rounding}
    assert found == {
        Rounding.FLOOR: [5, 1, 0, 0],
        Rounding.HALF_UP: [6, 2, 1, 1],
        Rounding.HALF_EVEN: [6, 2, 0, 0],
        Rounding.HALF_AWAY: [6, 2, 1, 1],
        Rounding.DOUBLE: [6, 2, 1, 1],
    }
    assert softmax([[5, -9]], made([7, 1])).tolist() == [[7, 0]]


def test_any_rank_is_normalised_along_the_last_axis() -> None:
    rng = np.random.default_rng(0)
    x, table = (
        rng.integers(0, 256, (2, 3, 4, 5)),
        made(exp_table(scale=0.02, depth=256, exponent_bits=9).tolist(), 9, 8),
    )
    got = softmax(x, table)
    assert got.shape == x.shape
    for place in np.ndindex(2, 3, 4):
        assert got[place].tolist() == softmax(x[place], table).tolist()


def test_the_zero_point_cancels() -> None:
    rng = np.random.default_rng(0)
    x, table = rng.integers(-100, 100, (20, 7)), made(exp_table(scale=0.02, depth=128, exponent_bits=9).tolist(), 9, 8)
    assert np.array_equal(softmax(x, table), softmax(x + 27, table))


# ------------------------------------------------------------------ the distance from the real softmax


@pytest.mark.parametrize("exponent_bits", [4, 8, 12, 16])
@pytest.mark.parametrize("scale", [1e-6, 1 / 64, 0.1, math.log(2), 3.0, 40.0])
def test_exp_table_is_the_rounded_real_value(scale: float, exponent_bits: int) -> None:
    """Against 60 digits of decimal arithmetic."""
    with localcontext() as context:
        context.prec = 60
        top = Decimal((1 << exponent_bits) - 1)
        wanted = [(top * (-Decimal(scale) * i).exp()).to_integral_value(ROUND_HALF_EVEN) for i in range(256)]
    assert exp_table(scale=scale, depth=256, exponent_bits=exponent_bits).tolist() == [int(value) for value in wanted]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("exponent_bits", "depth"), TABLES)
def test_measured_error_is_within_the_bound(exponent_bits: int, depth: int, kind: str) -> None:
    """What `make bench-softmax` prints."""
    for length, scale in itertools.product(LENGTHS, SCALES):
        size = {"scale": scale, "exponent_bits": exponent_bits, "depth": depth, "length": length}
        error = softmax_error(KINDS[kind], **size)
        assert error.mean <= error.worst <= error.bound, size
        assert error.worst > 0 or kind == "equal", size  # 1 / L can be a whole number of steps


@st.composite
def cases(draw: st.DrawFn) -> tuple[SoftmaxTable, float, int, IntArray]:
    """A table by `exp_table`, its scale, the bits of the input, a row."""
    bits = draw(st.integers(2, 8))
    fmt = IntFormat(bits=bits, signed=draw(st.booleans()))
    e_w, p = draw(st.integers(4, 16)), draw(st.integers(2, 8))
    r = draw(st.integers(e_w + p, min(e_w + p + 8, 32)))
    scale = draw(st.floats(1e-3, 4.0))
    exp = exp_table(scale=scale, depth=1 << draw(st.integers(1, bits)), exponent_bits=e_w)
    rounding = draw(st.sampled_from(Rounding))
    few = draw(st.lists(st.integers(fmt.lo, fmt.hi), min_size=1, max_size=8))
    row = np.repeat(few, draw(st.lists(st.integers(1, 150), min_size=len(few), max_size=len(few))))
    return made(exp.tolist(), e_w, p, r, rounding), scale, bits, row


@given(cases())
@settings(max_examples=tries(400))
def test_any_row_is_within_the_bound(case: tuple[SoftmaxTable, float, int, IntArray]) -> None:
    table, scale, bits, row = case
    off = np.abs(softmax(row, table) - real_softmax(row, scale) * (1 << table.output_bits)).max()
    assert off <= softmax_error_bound(table, scale=scale, input_bits=bits, length=row.size)


def test_floor_costs_more_than_rounding_to_the_nearest() -> None:
    """A row whose error lies between the bounds of the two: floor has one of its own."""
    row, scale = np.array([15, 5]), 0.0797
    exp = exp_table(scale=scale, depth=16, exponent_bits=12).tolist()
    floor, nearest = (made(exp, 12, 8, 21, mode) for mode in (Rounding.FLOOR, Rounding.HALF_UP))
    off = np.abs(softmax(row, floor) - real_softmax(row, scale) * (1 << 8)).max()
    limits = [softmax_error_bound(table, scale=scale, input_bits=4, length=2) for table in (nearest, floor)]
    assert limits[0] < off <= limits[1]


def test_the_bound_is_nearly_met() -> None:
    """All but one element just below half an entry of the table, which drops them: the bound is no idle one."""
    for exponent_bits, length in ((8, 64), (8, 1024), (12, 1024)):
        top, distance = (1 << exponent_bits) - 1, 100
        scale = math.log(2.0 * top * 1.0001) / distance
        table = made(
            exp_table(scale=scale, depth=256, exponent_bits=exponent_bits).tolist(), exponent_bits, OUTPUT_BITS
        )
        row = np.array([127, *[127 - distance] * (length - 1)])
        assert table.exp[distance] == 0
        off = np.abs(softmax(row, table) - real_softmax(row, scale) * (1 << OUTPUT_BITS)).max()
        bound = softmax_error_bound(table, scale=scale, input_bits=8, length=length)
        assert 0.9 * bound < off <= bound


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"scale": 0.0}, "scale = 0.0 is not a positive number"),
        ({"length": 0}, "length = 0 is outside 1.."),
        ({"input_bits": 1}, "input_bits = 1 is outside 2..16"),
    ],
)
def test_arguments_of_the_bound_that_are_refused(change: dict[str, float], text: str) -> None:
    arguments = {"scale": 0.5, "input_bits": 8, "length": 4} | change
    with pytest.raises(RangeError, match=text):
        softmax_error_bound(made([15, 9]), **arguments)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"exp": np.array([0, 1])}, RangeError, r"exp\[0\] = 0 is below 1: the sum of a row could be 0"),
        ({"exp": np.array([16, 1])}, RangeError, r"exp\[0\] = 16 is outside 0..15"),
        ({"exp": np.array([1, -1])}, RangeError, r"exp\[1\] = -1 is outside 0..15"),
        ({"exp": np.array([1.0, 0.5])}, RangeError, "exp: dtype float64 is not an integer type"),
        ({"exp": np.array([1, 1, 1])}, ShapeError, r"exp: shape \(3,\) is not a vector of 2, 4, 8"),
        ({"exp": np.array([1])}, ShapeError, r"exp: shape \(1,\)"),
        ({"exp": np.array([[1, 1]])}, ShapeError, r"exp: shape \(1, 2\)"),
        ({"exponent_bits": 3}, RangeError, "exponent_bits = 3 is outside 4..16"),
        ({"exponent_bits": 17}, RangeError, "exponent_bits = 17 is outside 4..16"),
        ({"output_bits": 1}, RangeError, "output_bits = 1 is outside 2..8"),
        ({"output_bits": 9}, RangeError, "output_bits = 9 is outside 2..8"),
        ({"reciprocal_bits": 6}, RangeError, "reciprocal_bits = 6 is outside 7..32"),
        ({"reciprocal_bits": 33}, RangeError, "reciprocal_bits = 33 is outside 7..32"),
        ({"rounding": "up"}, RangeError, "rounding = 'up' is not one of"),
    ],
)
def test_a_bad_table_is_refused(change: dict[str, object], error: type[Exception], text: str) -> None:
    sound = {"exp": np.array([9, 1]), "exponent_bits": 4, "output_bits": 3, "reciprocal_bits": 9}
    SoftmaxTable(**sound)
    with pytest.raises(error, match=text):
        SoftmaxTable(**{**sound, **change})


@pytest.mark.parametrize(
    ("x", "error", "text"),
    [
        ([0.5], RangeError, "x: dtype float64 is not an integer type"),
        (np.zeros((3, 0), np.int64), ShapeError, "no row of at least one element"),
        (np.int64(3), ShapeError, "no row of at least one element"),
        ([1 << 16], RangeError, "x.* = 65536 is outside -32768..65535"),
    ],
)
def test_a_bad_row_is_refused(x: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        softmax(x, made([9, 1]))


@pytest.mark.parametrize("change", [{"scale": 0.0}, {"scale": math.inf}, {"depth": 1}, {"exponent_bits": 17}], ids=str)
def test_a_table_that_cannot_be_made(change: dict[str, float]) -> None:
    with pytest.raises(RangeError, match=next(iter(change))):
        exp_table(**{"scale": 0.1, "depth": 8, "exponent_bits": 8, **change})


def test_the_table_is_constant() -> None:
    given = np.array([9, 1])
    table = made(given.tolist())
    with pytest.raises(ValueError, match="read-only"):
        table.exp[0] = 3


def test_the_longest_row_of_the_largest_entries() -> None:
    """Its sum has all 32 bits."""
    table = made([65535, 1], e_w=16, p=8, r=32)
    row = np.zeros(65535, dtype=np.int64)
    row[7] = -1
    result = softmax(row, table)
    assert result.tolist() == by_oracle(row.tolist(), table)
    assert not result.any()
