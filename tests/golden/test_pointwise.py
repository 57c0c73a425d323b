"""t2c.golden.arithmetic.pointwise against the plain-Python oracle, tables against functions in exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import pytest

from benchmarks.bench_softmax import pointwise_error, ranges
from oracle import plain as oracle
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.lut import FUNCTIONS, pointwise_table
from t2c.golden.arithmetic.pointwise import PointwiseTable, pointwise
from t2c.golden.errors import RangeError, ShapeError

DIGITS = 60
S4 = IntFormat(bits=4, signed=True)


def exact_erf(x: Decimal) -> Decimal:
    """Maclaurin series; |x| is small enough for the digits that are kept."""
    total, term, n = Decimal(0), x, 0
    while abs(term) > Decimal(10) ** -DIGITS:
        total += term / (2 * n + 1)
        n += 1
        term *= -x * x / n
    return 2 * total / exact_pi().sqrt()


def exact_pi() -> Decimal:
    """Machin's formula."""

    def arctan_inverse(k: int) -> Decimal:
        total, power, n = Decimal(0), Decimal(1) / k, 0
        while power > Decimal(10) ** -(DIGITS + 5):
            total += (-1) ** n * power / (2 * n + 1)
            power, n = power / (k * k), n + 1
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


def exact_sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "gelu": lambda x: x * (1 + exact_erf(x / Decimal(2).sqrt())) / 2,
    "sigmoid": exact_sigmoid,
    "silu": lambda x: x * exact_sigmoid(x),
    "tanh": lambda x: 2 * exact_sigmoid(2 * x) - 1,
}


def test_every_function_has_an_exact_counterpart() -> None:
    assert set(EXACT) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tables_are_the_rounded_real_values(name: str) -> None:
    """Every entry, against 60 digits and more; with zero points, and with a scale at which both ends are clipped."""
    cases = [
        (IntFormat(bits=8, signed=True), 1 / 16, 0, IntFormat(bits=8, signed=True), 1 / 16, 0),
        (IntFormat(bits=8, signed=False), 0.03, 100, IntFormat(bits=6, signed=False), 0.011, 21),
        (IntFormat(bits=5, signed=True), 0.4, -9, IntFormat(bits=3, signed=True), 0.07, -1),
    ]
    for x, x_scale, x_zero, y, y_scale, y_zero in cases:
        table = pointwise_table(
            FUNCTIONS[name], x=x, x_scale=x_scale, x_zero_point=x_zero, y=y, y_scale=y_scale, y_zero_point=y_zero
        )
        for value in range(x.lo, x.hi + 1):
            with localcontext() as context:
                context.prec = DIGITS + 40
                real = EXACT[name](Decimal(x_scale) * (value - x_zero)) / Decimal(y_scale)
                wanted = int(real.to_integral_value(ROUND_HALF_EVEN)) + y_zero
            assert table.entries[value % (1 << x.bits)] == min(max(wanted, y.lo), y.hi), value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_measured_error_is_within_half_an_lsb(name: str) -> None:
    """What `make bench-softmax` prints: every input."""
    found = [pointwise_error(name, where) for where in ranges(name)]
    assert len(found) == 4
    assert all(0 < error.mean <= error.worst <= 0.5 for error in found)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("bits", [2, 3, 8, 11])
def test_every_input_of_random_tables(bits: int, signed: bool) -> None:
    rng = np.random.default_rng(bits)
    fmt = IntFormat(bits=bits, signed=signed)
    for output in (IntFormat(bits=2, signed=True), IntFormat(bits=8, signed=False), IntFormat(bits=16, signed=True)):
        entries = rng.integers(output.lo, output.hi + 1, 1 << bits)
        x = rng.permutation(np.arange(fmt.lo, fmt.hi + 1)).reshape(2, -1)
        got = pointwise(x, PointwiseTable(entries=entries, output=output), signed=signed)
        assert got.shape == x.shape
        assert got.reshape(-1).tolist() == [
            oracle.pointwise(v, table=entries.tolist(), bits=bits) for v in x.reshape(-1).tolist()
        ]


def test_ties_go_to_the_even_neighbour_before_the_zero_point() -> None:
    table = pointwise_table(lambda v: v, x=S4, x_scale=0.5, y=S4, y_scale=1.0, y_zero_point=1)
    assert pointwise([-3, -1, 1, 3], table, signed=True).tolist() == [-1, 1, 1, 3]


def test_what_is_out_of_range_is_clipped_and_infinity_too() -> None:
    table = pointwise_table(lambda v: math.inf if v > 0 else -1e300, x=S4, x_scale=1.0, y=S4, y_scale=1.0)
    assert pointwise([-1, 0, 1], table, signed=True).tolist() == [-8, -8, 7]


def test_no_function_overflows_far_out() -> None:
    for function in FUNCTIONS.values():
        for x in (-1e4, -800.0, 800.0, 1e4):
            assert math.isfinite(function(x))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"x_scale": 0.0}, "x_scale = 0.0 is not a positive number"),
        ({"y_scale": math.nan}, "y_scale = nan is not a positive number"),
        ({"x_zero_point": 8}, "x_zero_point = 8 is outside -8..7"),
        ({"y_zero_point": -9}, "y_zero_point = -9 is outside -8..7"),
        ({"function": lambda v: math.nan}, "function: the value at x = 0 is not a number"),
    ],
)
def test_a_table_that_cannot_be_made(change: dict[str, object], text: str) -> None:
    sound = {"function": math.tanh, "x": S4, "x_scale": 0.5, "y": S4, "y_scale": 0.1}
    pointwise_table(**sound)
    with pytest.raises(RangeError, match=text):
        pointwise_table(**{**sound, **change})


@pytest.mark.parametrize(
    ("entries", "bits", "error", "text"),
    [
        ([0, 1, 2], 8, ShapeError, r"table: shape \(3,\) is not a vector of 2\^2..2\^16 entries"),
        ([0, 1], 8, ShapeError, r"table: shape \(2,\)"),
        ([[0, 1, 2, 3]], 8, ShapeError, r"table: shape \(1, 4\)"),
        ([0, 1, 2, 4], 3, RangeError, r"table\[3\] = 4 is outside -4..3"),
        ([0, 1, 1, 0], 1, RangeError, "bits = 1 is outside 2..16"),
        ([0, 1, 1, 0], 17, RangeError, "bits = 17 is outside 2..16"),
        ([0.0, 1.0, 1.0, 0.0], 8, RangeError, "table: dtype float64"),
    ],
)
def test_a_bad_table_is_refused(entries: list[int], bits: int, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        PointwiseTable(entries=np.array(entries), output=IntFormat(bits=bits, signed=True))


def test_an_element_outside_the_format_is_refused() -> None:
    table = PointwiseTable(entries=np.arange(4), output=S4)
    with pytest.raises(RangeError, match=r"x\[0\] = 2 is outside -2..1"):
        pointwise([2], table, signed=True)
    with pytest.raises(RangeError, match=r"x\[0\] = -1 is outside 0..3"):
        pointwise([-1], table, signed=False)
