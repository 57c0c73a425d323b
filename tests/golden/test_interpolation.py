"""The interpolated table against plain fractions, against TOSA's formula, and against the real functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, InterpolatedTable, interpolate
from t2c.golden.arithmetic.lut import FUNCTIONS, interpolated_table
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError, ShapeError

S16 = IntFormat(bits=16, signed=True)


def every(fmt: IntFormat) -> IntArray:
    return np.arange(fmt.lo, fmt.hi + 1)


def made(entries: Any, fraction_bits: int = 0, **stage: Any) -> InterpolatedTable:
    ends = {"lo": -(1 << 15), "hi": (1 << 15) - 1, **stage}
    return InterpolatedTable(entries=np.asarray(entries), fraction_bits=fraction_bits, **ends)


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
@pytest.mark.parametrize("bits", range(10, 17))
def test_inputs_of_every_width(bits: int, mode: Rounding) -> None:
    """Every element where they are few, else the ends of every piece and some between, with tables that jump."""
    rng = np.random.default_rng(bits)
    for signed in (False, True):
        fmt = IntFormat(bits=bits, signed=signed)
        entries = rng.choice([ENTRY.lo, ENTRY.hi, 0, *rng.integers(ENTRY.lo, ENTRY.hi, 9)], ENTRIES)
        fraction = int(rng.integers(0, 16))
        table = made(entries, fraction, rounding=mode, zero_point=int(rng.integers(-99, 99)), lo=-9000, hi=9000)
        x = every(fmt)
        if bits > 12:
            x = np.unique(
                np.concatenate([x[:: 1 << bits - 9], x[(1 << bits - 9) - 1 :: 1 << bits - 9], rng.choice(x, 99)])
            )
        ends = {"mode": mode.value, "zp": table.zero_point, "lo": -9000, "hi": 9000}
        wanted = [
            oracle.interpolate(v, entries=entries.tolist(), bits=bits, low=fmt.lo, fraction_bits=fraction, **ends)
            for v in x.tolist()
        ]
        assert interpolate(x, table, fmt).tolist() == wanted


def tosa_table(x: int, table: list[int]) -> int:
    """TABLE of TOSA 1.0 for int16: 16.7 fixed point, 23 bits."""
    index, fraction = (x + 32768) >> 7, x & 0x7F
    base, following = table[index], table[index + 1]
    return (base << 7) + (following - base) * fraction


def test_16_bits_are_the_table_of_tosa() -> None:
    """No rounding and no clipping with 7 bits dropped exactly: what is left is TOSA's value in its upper bits."""
    rng = np.random.default_rng(0)
    entries = rng.integers(-9000, 9000, ENTRIES)
    floor = made(entries, rounding=Rounding.FLOOR)
    x = every(S16)
    assert interpolate(x, floor, S16).tolist() == [tosa_table(v, entries.tolist()) >> 7 for v in x.tolist()]


@pytest.mark.parametrize("reach", [4.0, 8.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_how_far_it_is_from_the_real_function(name: str, reach: float) -> None:
    """Within the last rounding, an entry's, and what the function bends in a piece, by second differences."""
    function = FUNCTIONS[name]
    y = IntFormat(bits=8, signed=name != "sigmoid")
    y_scale = (reach if name in ("gelu", "silu") else 1.0) / (y.hi + 1)
    table = interpolated_table(function, x=S16, x_scale=reach / 32768, y=y, y_scale=y_scale)
    assert table.fraction_bits == (8 if y.signed else 7)
    x = every(S16)[::3]
    real = np.array([function(float(v) * reach / 32768) / y_scale for v in x])
    step = reach / 256
    bend = max(
        abs(function(k * step - step) - 2 * function(k * step) + function(k * step + step)) for k in range(-256, 257)
    )
    bound = 0.5 + 2.0 ** (-table.fraction_bits - 1) + 1.05 * bend / 8 / y_scale
    off = np.abs(interpolate(x, table, S16) - np.clip(real, y.lo, y.hi)).max()
    assert 0.5 < off <= bound < 0.53


def test_the_zero_points_and_the_ends_of_the_format() -> None:
    u12, u8 = IntFormat(bits=12, signed=False), IntFormat(bits=8, signed=False)
    table = interpolated_table(lambda v: v, x=u12, x_scale=1.0, x_zero_point=2048, y=u8, y_scale=8.0, y_zero_point=128)
    assert table.fraction_bits == 8
    found = interpolate([0, 1024, 2047, 2048, 2052, 4095], table, u12).tolist()
    assert found == [0, 0, 128, 128, 129, 255]
    wide = interpolated_table(lambda v: 1e9 * v, x=S16, x_scale=1.0, y=S16, y_scale=1.0)
    assert wide.fraction_bits == 0
    assert interpolate([-32768, 0, 32767], wide, S16).tolist() == [-32768, 0, 32767]


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"entries": np.zeros(512, int)}, ShapeError, r"entries: shape \(512,\) is not a vector of 513"),
        ({"entries": np.full(513, 1 << 15)}, RangeError, r"entries\[0\] = 32768 is outside -32768..32767"),
        ({"entries": np.zeros(513)}, RangeError, "entries: dtype float64"),
        ({"fraction_bits": 16}, RangeError, "fraction_bits = 16 is outside 0..15"),
        ({"fraction_bits": -1}, RangeError, "fraction_bits = -1 is outside 0..15"),
        ({"lo": 8, "hi": 7}, RangeError, "lo = 8 is above hi = 7"),
        ({"rounding": "up"}, RangeError, "rounding = 'up' is not one of"),
    ],
)
def test_a_bad_table_is_refused(change: dict[str, Any], error: type[Exception], text: str) -> None:
    sound = {"entries": np.zeros(513, int), "fraction_bits": 0, "lo": 0, "hi": 1}
    InterpolatedTable(**sound)
    with pytest.raises(error, match=text):
        InterpolatedTable(**{**sound, **change})


@pytest.mark.parametrize(
    ("x", "bits", "text"),
    [
        ([0], 9, "bits of x = 9 is outside 10..16"),
        ([512], 10, r"^x\[0\] = 512 is outside"),
        ([0.5], 10, "^x: dtype float64"),
    ],
)
def test_a_bad_input_is_refused(x: Any, bits: int, text: str) -> None:
    with pytest.raises(RangeError, match=text):
        interpolate(x, made(np.zeros(513, int)), IntFormat(bits=bits, signed=True))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"x_scale": 0.0}, "^x_scale"),
        ({"y_scale": math.inf}, "^y_scale"),
        ({"x": IntFormat(bits=9, signed=True)}, "bits of x = 9"),
        ({"x_zero_point": 1 << 15}, "^x_zero_point"),
        ({"y_zero_point": 128}, "^y_zero_point"),
        ({"function": lambda v: math.nan}, "function: the value at x = -32768 is not a number"),
    ],
)
def test_a_table_that_cannot_be_made(change: dict[str, Any], text: str) -> None:
    sound: dict[str, Any] = {
        "function": math.tanh,
        "x": S16,
        "x_scale": 0.1,
        "y": IntFormat(bits=8, signed=True),
        "y_scale": 0.1,
    }
    given = {**sound, **change}
    with pytest.raises(RangeError, match=text):
        interpolated_table(given.pop("function"), **given)


@pytest.mark.parametrize(
    ("bits", "signed", "zero_point", "fraction"),
    [
        (8, True, 100, 7),  # -228 .. 27
        (8, True, -100, 7),  # -28 .. 227
        (8, True, 0, 8),
        (2, True, 0, 14),  # -2 .. 1: no format has more
        (2, False, 3, 13),
        (16, True, 0, 0),
        (16, False, 0, 0),  # 0 .. 65535: what lies above 32767 is cut
    ],
)
def test_entries_have_as_many_fraction_bits_as_fit(bits: int, signed: bool, zero_point: int, fraction: int) -> None:
    y = IntFormat(bits=bits, signed=signed)
    given: dict[str, Any] = {"x": S16, "x_scale": 1.0, "y": y, "y_scale": 1.0, "y_zero_point": zero_point}
    table = interpolated_table(lambda v: v, **given)
    assert table.fraction_bits == fraction
    low, high = (int(end) * 2.0**-fraction for end in (table.entries[0], table.entries[-1]))
    assert low <= y.lo - zero_point
    assert high >= min(y.hi - zero_point, ENTRY.hi)


def test_the_table_is_constant() -> None:
    with pytest.raises(ValueError, match="read-only"):
        made(np.zeros(513, int)).entries[0] = 3
