"""Golden's LayerNorm against the plain-Python oracle, its widths against whole rows, its error against the bound."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from benchmarks.bench_layer_norm import KINDS, OURS, VARIANTS, layer_norm_error
from oracle import plain as oracle
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.layer_norm import (
    EPSILON,
    RowNorm,
    halves,
    integer_root,
    layer_norm,
    normalise,
    reciprocal_root,
    row_widths,
)
from t2c.golden.arithmetic.lut import layer_norm_epsilon, layer_norm_error_bound
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError, ShapeError

SIZES = ((16, 12), (8, 4), (8, 8), (20, 20), (12, 7))
"""(KB, TF)."""


def by_oracle(row: list[int], norm: RowNorm) -> list[int]:
    return oracle.layer_norm_row(row, epsilon=norm.epsilon, root_bits=norm.root_bits, fraction_bits=norm.fraction_bits)


@pytest.mark.parametrize(("root_bits", "fraction_bits"), SIZES)
@pytest.mark.parametrize("epsilon", [1, 2, 3, 1000, EPSILON[1]])
def test_every_short_row(root_bits: int, fraction_bits: int, epsilon: int) -> None:
    """All rows of 1..3 elements of 3 bits and of 4 of 2 bits."""
    norm = RowNorm(epsilon=epsilon, root_bits=root_bits, fraction_bits=fraction_bits)
    for length, half in ((1, 4), (2, 4), (3, 3), (4, 2)):
        rows = list(itertools.product(range(-half, half), repeat=length))
        assert normalise(np.array(rows), norm).tolist() == [by_oracle(list(row), norm) for row in rows]


@pytest.mark.parametrize("seed", range(12))
def test_random_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for length in (1, 2, 5, 384, 1024):
        fmt = IntFormat(bits=int(rng.integers(2, 17)), signed=bool(rng.integers(2)))
        bits = int(rng.integers(8, 21))
        norm = RowNorm(
            epsilon=1 << int(rng.integers(0, 48)), root_bits=bits, fraction_bits=int(rng.integers(4, bits + 1))
        )
        rows = rng.integers(fmt.lo, fmt.hi + 1, (3, length)) // (1 << int(rng.integers(0, fmt.bits)))
        rows = rows.clip(fmt.lo, fmt.hi)
        assert normalise(rows, norm).tolist() == [by_oracle(row, norm) for row in rows.tolist()]


def test_root_and_reciprocal_at_every_edge() -> None:
    """Squares, their neighbours and powers of two up to 2^60: what the loops promise to keep."""
    edges = {v + d for j in range(61) for v in (1 << j, 3 << j if j < 58 else 1) for d in (-1, 0, 1)}
    edges |= {n * n + d for n in (*range(1, 300), 46341, 1 << 29, (1 << 30) - 1) for d in (-1, 0, 1)}
    v = np.array(sorted(value for value in edges if 1 <= value < 1 << 60))
    assert halves(v).tolist() == [-(-value.bit_length() // 2) for value in v.tolist()]
    assert integer_root(v, 30).tolist() == [math.isqrt(value) for value in v.tolist()]
    for bits in (8, 13, 16, 20):
        r, half = reciprocal_root(v, bits)
        for value, found, h in zip(v.tolist(), r.tolist(), half.tolist(), strict=True):
            normal = value << 2 * (bits - h) if bits >= h else value >> 2 * (h - bits)
            assert found == (1 << 2 * bits) // math.isqrt(normal)
            assert 1 << bits < found <= 2 << bits


def farthest(length: int, fmt: IntFormat) -> IntArray:
    """Rows that are extreme in one way each: all at an end, half at either end, one alone at either end."""
    low, high = np.full(length, fmt.lo), np.full(length, fmt.hi)
    half, one = np.arange(length) < length // 2, np.arange(length) < 1
    return np.stack([low, high, np.where(half, low, high), np.where(one, low, high), np.where(one, high, low)])


@pytest.mark.sample(3)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("length", [1, 2, 3, 384, 1024, 4096])
@pytest.mark.parametrize(("root_bits", "fraction_bits"), SIZES)
def test_widths_hold_and_are_reached(root_bits: int, fraction_bits: int, length: int, signed: bool) -> None:
    """In Python integers, over the rows that are farthest out: no width is too small, and the sums are no bit wide."""
    for bits in (2, 8, 16):
        fmt = IntFormat(bits=bits, signed=signed)
        norm = RowNorm(epsilon=1, root_bits=root_bits, fraction_bits=fraction_bits)
        widths = row_widths(norm, length=length, input_bits=bits)
        seen = dict.fromkeys(("sum", "squares", "scaled", "variance", "centred", "product", "normalised", "shift"), 0)
        rows = farthest(length, fmt)
        for row, t in zip((rows - fmt.lo).tolist(), normalise(rows, norm), strict=True):
            total, squares = sum(row), sum(v * v for v in row)
            v = length * squares - total * total + norm.epsilon
            h = -(-v.bit_length() // 2)
            r = reciprocal_root(np.array([v]), root_bits)[0].item()
            centred = max(abs(length * x - total) for x in (row[0], row[-1]))
            here = {
                "sum": total.bit_length(),
                "squares": squares.bit_length(),
                "scaled": max(length * squares, total * total).bit_length(),
                "variance": v.bit_length(),
                "centred": centred.bit_length() + 1,
                "product": (centred * r).bit_length() + 1,
                "normalised": int(np.abs(t).max()).bit_length() + 1,
                "shift": root_bits + h - fraction_bits,
            }
            assert np.abs(t).max() <= widths.peak
            seen = {name: max(seen[name], value) for name, value in here.items()}
        assert all(value <= getattr(widths, name) for name, value in seen.items()), (seen, widths)
        for name in ("sum", "squares", "scaled", "variance", "centred", "shift"):
            assert length == 1 or seen[name] == getattr(widths, name), name
        assert length != 384 or seen["normalised"] == widths.normalised


def test_the_zero_point_and_the_axis() -> None:
    rng = np.random.default_rng(0)
    x, norm = rng.integers(-100, 100, (2, 5, 3, 4)), RowNorm(epsilon=7)
    assert np.array_equal(normalise(x, norm, axis=1), normalise(x + 27, norm, axis=1))
    for axis in (1, 2, 3, -1, -3):
        moved = np.moveaxis(normalise(np.moveaxis(x, axis, -1), norm), -1, axis)
        assert np.array_equal(normalise(x, norm, axis=axis), moved)
    quant = MulQuant(
        multiplier=rng.integers(-999, 999, 5), bias=rng.integers(-9999, 9999, 5), shift=np.full(5, 12), lo=-128, hi=127
    )
    found = layer_norm(x, norm, quant, axis=1)
    last = layer_norm(np.moveaxis(x, 1, -1), norm, quant, axis=-1)
    assert np.array_equal(np.moveaxis(last, -1, 1), found)
    t = normalise(x, norm, axis=1)
    for c in range(5):
        m, b = int(quant.multiplier[c]), int(quant.bias[c])
        one = [oracle.mulquant(v, m, b, 12, mode="half_up", zp=0, lo=-128, hi=127) for v in t[:, c].ravel().tolist()]
        assert found[:, c].ravel().tolist() == one


def test_t_rounds_half_up_whatever_the_requantisation_does() -> None:
    """V = 1024, k = 128, r = 512 and p = 10 make (N x - S) r / 2^p -0.5 and 0.5."""
    norm = RowNorm(epsilon=1023, root_bits=8, fraction_bits=4)
    assert normalise([0, 1], norm).tolist() == by_oracle([0, 1], norm) == [0, 1]
    floor = MulQuant(
        multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=-8, hi=7, rounding=Rounding.FLOOR
    )
    assert layer_norm([0, 1], norm, floor).tolist() == [0, 1]


# ------------------------------------------------------------------ the distance from the real function


@pytest.mark.parametrize("rows", KINDS, ids=lambda rows: rows.name)
def test_measured_error_is_within_the_bound(rows: object) -> None:
    """What `make bench-layernorm` prints: within the bound, below 0.02 steps, and no other arithmetic does as well."""
    for seed in range(1, 4):
        errors = {name: layer_norm_error(name, rows, seed) for name in VARIANTS}  # type: ignore[arg-type]
        for name in OURS:
            bound = errors[name].bound
            assert bound is not None
            assert 0.1 * bound < errors[name].worst <= bound
        first = next(iter(OURS))
        assert errors[first].worst <= 0.02
        assert all(error.worst > 0.9 * errors[first].worst for error in errors.values())
    assert errors["table of 1024"].worst > 3 * errors[first].worst


@pytest.mark.parametrize("seed", range(20))
def test_any_row_is_within_the_bound(seed: int) -> None:
    """In 60 digits: |t - 2^TF z| in the widest and the narrowest arithmetic, over rows of every kind."""
    rng = np.random.default_rng(seed)
    length, bits = int(rng.integers(2, 60)), int(rng.integers(8, 21))
    norm = RowNorm(epsilon=1 << int(rng.integers(0, 30)), root_bits=bits, fraction_bits=int(rng.integers(4, bits + 1)))
    row = (rng.integers(-(1 << 15), 1 << 15, length) >> int(rng.integers(0, 16))).tolist()
    spread = sum((length * x - sum(row)) ** 2 for x in row) // length + norm.epsilon
    with localcontext() as context:
        context.prec = 60
        step = Decimal(1 << norm.fraction_bits)
        for x, t in zip(row, normalise(row, norm).tolist(), strict=True):
            exact = step * (length * x - sum(row)) / Decimal(spread).sqrt()
            reach = float(abs(exact)) / (1 << norm.fraction_bits)
            bound = layer_norm_error_bound(norm, gain=1.0, reach=reach) * (1 << norm.fraction_bits)
            assert float(abs(t - exact)) <= bound * (1 + 1e-9)


def test_epsilon_is_the_rounded_real_value() -> None:
    assert layer_norm_epsilon(1e-6, length=384, scale=2.0**-7) == round(1e-6 * (384 * 128) ** 2)
    assert layer_norm_epsilon(1e-12, length=4, scale=1.0) == 1
    assert layer_norm_epsilon(5.0, length=1, scale=1.0) == 5
    for change, text in (
        ({"scale": 0.0}, "^scale"),
        ({"length": 4097}, "length = 4097"),
        ({"eps": -1.0}, "eps"),
        ({"eps": math.nan}, "eps"),
        ({"eps": 1e300}, "^epsilon = 562949953421310 is outside"),
    ):
        with pytest.raises(RangeError, match=text):
            layer_norm_epsilon(**{"eps": 1e-6, "length": 4, "scale": 1.0, **change})  # type: ignore[arg-type]


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"epsilon": 0}, "epsilon = 0 is outside 1.."),
        ({"epsilon": 1 << 48}, "epsilon = 281474976710656 is outside"),
        ({"root_bits": 7}, "root_bits = 7 is outside 8..20"),
        ({"root_bits": 21}, "root_bits = 21 is outside 8..20"),
        ({"fraction_bits": 3}, "fraction_bits = 3 is outside 4..9"),
        ({"fraction_bits": 10}, "fraction_bits = 10 is outside 4..9"),
        ({"epsilon": 1.0}, "epsilon = 1.0 is not an integer"),
    ],
)
def test_bad_constants_are_refused(change: dict[str, object], text: str) -> None:
    sound = {"epsilon": 1, "root_bits": 9, "fraction_bits": 8}
    RowNorm(**sound)
    with pytest.raises(RangeError, match=text):
        RowNorm(**{**sound, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("x", "axis", "error", "text"),
    [
        ([0.5], -1, RangeError, "x: dtype float64 is not an integer type"),
        (np.zeros((3, 0), np.int64), -1, ShapeError, "no row of at least one element"),
        (np.int64(3), -1, ShapeError, "no row of at least one element"),
        ([[1]], 2, ShapeError, "along axis 2"),
        ([1 << 16], -1, RangeError, "x.* = 65536 is outside -32768..65535"),
        (np.zeros(4097, np.int64), -1, RangeError, "elements of a row = 4097 is outside 1..4096"),
    ],
)
def test_bad_rows_are_refused(x: object, axis: int, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        normalise(x, RowNorm(epsilon=1), axis=axis)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"length": 0}, {"length": 4097}, {"input_bits": 1}, {"input_bits": 17}, {"epsilon": 0}], ids=str
)
def test_widths_of_what_cannot_be(change: dict[str, int]) -> None:
    with pytest.raises(RangeError, match=f"^{next(iter(change))}"):
        row_widths(RowNorm(epsilon=1), **{"length": 4, "input_bits": 8, **change})


@pytest.mark.parametrize(("gain", "reach", "text"), [(-1.0, 1.0, "^gain"), (1.0, math.nan, "^reach")])
def test_a_bound_of_what_cannot_be(gain: float, reach: float, text: str) -> None:
    with pytest.raises(RangeError, match=text):
        layer_norm_error_bound(RowNorm(epsilon=1), gain=gain, reach=reach)
