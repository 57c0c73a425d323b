"""t2c.golden.arithmetic.mulquant against exact fractions."""

import itertools
from typing import Any

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths, mulquant, mulquant_narrow, residual_add
from t2c.golden.arithmetic.rounding import MAX_MAGNITUDE, Rounding
from t2c.golden.errors import RangeError, ShapeError

ACC_EDGES = sorted(
    {
        min(max(sign * (1 << k) + d, -(1 << 31)), (1 << 31) - 1)
        for sign in (-1, 1)
        for k in range(32)
        for d in (-2, -1, 0, 1, 2)
    }
)
M_EDGES = [-(1 << 15), -(1 << 15) + 1, -1, 0, 1, 3, (1 << 15) - 1]
B_EDGES = [-(1 << 39), -1, 0, 1, (1 << 39) - 1]


def constants(m: Any, b: Any, s: Any, **stage: Any) -> MulQuant:
    return MulQuant(multiplier=np.array(m), bias=np.array(b), shift=np.array(s), **stage)


@pytest.mark.parametrize("mode", list(Rounding))
def test_every_small_case(mode: Rounding) -> None:
    acc = np.arange(-40, 41)
    for m in (-3, 1, 2):
        for b in (-1, 0, 5):
            for s in range(8):
                q = constants([m], [b], [s], rounding=mode, zero_point=-3, lo=-20, hi=19)
                expected = [oracle.mulquant(int(a), m, b, s, mode=mode.value, zp=-3, lo=-20, hi=19) for a in acc]
                assert mulquant(acc, q).tolist() == expected


@pytest.mark.parametrize("mode", list(Rounding))
@pytest.mark.parametrize("s", range(64))
def test_edges_of_every_constant_at_every_shift(mode: Rounding, s: int) -> None:
    rng = np.random.default_rng(s)
    acc = np.array(ACC_EDGES)[None, :]
    for _ in range(4):
        m, b = int(rng.choice(M_EDGES)), int(rng.choice(B_EDGES))
        zp, lo, hi = int(rng.integers(-128, 256)), -128, 255
        q = constants([m], [b], [s], rounding=mode, zero_point=zp, lo=lo, hi=hi)
        expected = [oracle.mulquant(a, m, b, s, mode=mode.value, zp=zp, lo=lo, hi=hi) for a in ACC_EDGES]
        assert mulquant(acc, q)[0].tolist() == expected, (m, b, s)


def test_wide_datapath_is_exact() -> None:
    widths = Widths(acc=45, scale=16, bias=60)
    acc, m, b = [-(1 << 44), (1 << 44) - 1], -(1 << 15), (1 << 59) - 1
    q = constants([m], [b], [52], widths=widths, lo=-128, hi=255)
    assert mulquant(acc, q).tolist() == [
        oracle.mulquant(a, m, b, 52, mode="half_up", zp=0, lo=-128, hi=255) for a in acc
    ]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_per_channel_constants_run_along_the_axis(axis: int) -> None:
    rng = np.random.default_rng(7)
    acc = rng.integers(-(1 << 20), 1 << 20, (3, 3, 2, 3))
    m, b, s = [5, -7, 1 << 14], [9, -100, 12345], [3, 17, 30]
    q = constants(m, b, s, lo=-128, hi=127)
    got = mulquant(acc, q, channel_axis=axis)
    for index in np.ndindex(acc.shape):
        c = index[axis]
        expected = oracle.mulquant(int(acc[index]), m[c], b[c], s[c], mode="half_up", zp=0, lo=-128, hi=127)
        assert got[index] == expected


@pytest.mark.parametrize("mode", list(Rounding))
def test_channels_of_shifts_far_apart(mode: Rounding) -> None:
    """Golden may bring all channels to one shift where none leaves int64 then, and must not where one does."""
    seen, edges, ends = set(), (-(1 << 31), -7, -1, 0, 1, 99, (1 << 31) - 1), (0, -5, (1 << 39) - 1)
    for first, distance, m, b in itertools.product((0, 7, 40), (0, 1, *range(12, 24)), (-(1 << 15), 1, 0), ends):
        shifts = [first, min(first + distance, 63), min(first + distance, 63)]
        q = constants([m, 3, -2], [b, -b, 1], shifts, rounding=mode, zero_point=1, lo=-128, hi=255)
        acc = np.array([[edge] * 3 for edge in edges])
        expected = [
            [
                oracle.mulquant(edge, *each, mode=mode.value, zp=1, lo=-128, hi=255)
                for each in zip([m, 3, -2], [b, -b, 1], shifts, strict=True)
            ]
            for edge in edges
        ]
        assert mulquant(acc, q).tolist() == expected, (shifts, m, b)
        seen.add(q.floored and q.floored[2].size)
    folded = {Rounding.FLOOR: {1, 3}, Rounding.HALF_UP: {1, 3}, Rounding.DOUBLE: {1, 3, None}}
    assert seen == folded.get(mode, {None})


def test_relu_and_saturation_happen_after_the_zero_point() -> None:
    q = constants([1], [0], [0], zero_point=10, lo=10, hi=15)
    assert mulquant([-100, 0, 3, 5, 6, 1000], q).tolist() == [10, 10, 13, 15, 15, 15]


@pytest.mark.parametrize("mode", list(Rounding))
def test_residual_add_matches_fractions(mode: Rounding) -> None:
    rng = np.random.default_rng(11)
    for _ in range(40):
        ms = int(rng.choice(M_EDGES)), int(rng.integers(-(1 << 15), 1 << 15))
        bias, s = int(rng.choice(B_EDGES)), int(rng.integers(0, 64))
        zps = int(rng.integers(-128, 256)), int(rng.integers(-128, 256))
        stage = AddQuant(
            multiplier_a=ms[0], multiplier_b=ms[1], bias=bias, shift=s, rounding=mode, zero_point=4, lo=-100, hi=99
        )
        a, b = rng.integers(-128, 256, 20), rng.integers(-128, 256, 20)
        expected = [
            oracle.residual_add(int(p), int(q), zps=zps, ms=ms, bias=bias, s=s, mode=mode.value, zp=4, lo=-100, hi=99)
            for p, q in zip(a, b, strict=True)
        ]
        assert residual_add(a, b, stage, zero_point_a=zps[0], zero_point_b=zps[1]).tolist() == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"m": [1 << 15]}, "multiplier.*32768 is outside -32768..32767"),
        ({"b": [1 << 39]}, "bias.*is outside"),
        ({"s": [64]}, r"shift.*64 is outside 0\.\.63"),
        ({"s": [-1]}, r"shift.*-1 is outside 0\.\.63"),
        ({"lo": 1, "hi": 0}, "lo = 1 is above hi = 0"),
        ({"hi": 1 << 16}, "hi = 65536 is outside -32768..65535"),
        ({"zero_point": -32769}, "zero_point = -32769 is outside"),
        ({"rounding": "up"}, "'up' is not one of"),
        ({"m": [1.0]}, "multiplier: dtype float64"),
    ],
)
def test_refuses_constants_outside_their_width(change: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {"m": [1], "b": [0], "s": [0], "lo": -8, "hi": 7} | change
    with pytest.raises(RangeError, match=message):
        constants(**fields)


def test_refuses_constants_of_different_lengths() -> None:
    with pytest.raises(ShapeError, match="bias: shape"):
        constants([1, 1], [0], [0, 0], lo=0, hi=1)
    with pytest.raises(ShapeError, match="does not have 2 channels"):
        mulquant(np.zeros((1, 3), np.int64), constants([1, 1], [0, 0], [0, 0], lo=0, hi=1))


@pytest.mark.parametrize("acc", [1 << 31, -(1 << 31) - 1])
def test_refuses_an_accumulator_outside_its_width(acc: int) -> None:
    with pytest.raises(RangeError, match=r"acc.*is outside -2147483648\.\.2147483647"):
        mulquant([acc], constants([1], [0], [0], lo=0, hi=1))


WIDEST = Widths(acc=48, scale=32, bias=64)


def wide_case(rng: np.random.Generator, mode: Rounding, widths: Widths) -> tuple[MulQuant, Any, list[list[int]]]:
    """Constants and accumulators at the ends of their formats, around ties, and in between, and what is to come."""

    def number(bits: int) -> int:
        top = 1 << bits - 1
        near = int(rng.choice([-1, 1])) * (1 << int(rng.integers(bits - 1))) + int(rng.integers(-2, 3))
        drawn = (-top, top - 1, 0, int(rng.integers(-top, top)), near)[int(rng.integers(5))]
        return min(max(drawn, -top), top - 1)

    less = int(rng.choice([0, 0, 20]))
    m, s = [number(widths.scale) for _ in range(4)], [int(v) for v in rng.integers(0, 64, 4)]
    acc = [[number(widths.acc - less) for _ in range(4)] for _ in range(12)]
    b, half = [], 1 << widths.bias - less // 4 - 1
    for channel in range(4):
        tie = (2 * int(rng.integers(-300, 300)) + 1 << s[channel] >> 1) - acc[0][channel] * m[channel]
        tie += int(rng.integers(-1, 2)) + int(rng.choice([0, 0, 1 << 30, -1 << 30]))
        b.append(tie if -half <= tie < half else number(widths.bias - less // 4))
    q = constants(m, b, s, rounding=mode, zero_point=-9, lo=-128, hi=255, widths=widths)
    stage = {"mode": mode.value, "zp": -9, "lo": -128, "hi": 255}
    return q, acc, [[oracle.mulquant(*each, **stage) for each in zip(row, m, b, s, strict=True)] for row in acc]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(Rounding))
@pytest.mark.parametrize(
    "widths", [WIDEST, Widths(acc=32, scale=32, bias=64), Widths(acc=29, scale=32, bias=60)], ids=str
)
def test_products_beyond_64_bits_are_exact(mode: Rounding, widths: Widths) -> None:
    rng = np.random.default_rng(13)
    proven, results = set(), set()
    for _ in range(200):
        q, acc, expected = wide_case(rng, mode, widths)
        assert mulquant(acc, q).tolist() == expected, q
        assert mulquant_narrow(np.array(acc), q).tolist() == expected
        proven.add((q.fits_int64, q.largest(int(np.abs(acc).max())) <= MAX_MAGNITUDE))
        results |= {value for row in expected for value in row}
    assert len(results) > 40
    assert proven >= {(False, False), (False, True)} if widths.acc > 29 else proven == {(True, True)}


def test_int64_is_used_up_to_its_end() -> None:
    """|acc M + B| of 2^62 is computed in int64, one more in Python's integers; nothing wraps on either side."""
    m, acc = 1 << 30, 1 << 31
    for mode, s, sign, over in itertools.product(Rounding, (0, 31, 32, 46, 47, 62, 63), (-1, 1), (-1, 0, 1, 1 << 30)):
        b = sign * ((1 << 61) + over)
        q = constants([m], [b], [s], rounding=mode, lo=-(1 << 15), hi=(1 << 16) - 1, widths=WIDEST)
        values = [sign * acc, -sign * acc, sign * (acc - 1), 0, 1]
        assert (q.largest(acc) <= MAX_MAGNITUDE) == (over <= 0)
        stage = {"mode": mode.value, "zp": 0, "lo": q.lo, "hi": q.hi}
        assert mulquant(values, q).tolist() == [oracle.mulquant(v, m, b, s, **stage) for v in values], (mode, s, b)


@pytest.mark.parametrize("mode", list(Rounding))
def test_a_residual_add_beyond_64_bits_is_exact(mode: Rounding) -> None:
    rng = np.random.default_rng(17)
    a, b = (np.append(rng.integers(-(1 << 15), 1 << 16, 40), [-(1 << 15), (1 << 16) - 1]) for _ in range(2))
    for bias in (-(1 << 63), (1 << 63) - 1, 1 << 62, -(1 << 61), 12345):
        for s in (0, 31, 45, 46, 62, 63):
            ms = int(rng.choice([-(1 << 31), (1 << 31) - 1, 3])), int(rng.integers(-(1 << 31), 1 << 31))
            stage = AddQuant(
                multiplier_a=ms[0], multiplier_b=ms[1], bias=bias, shift=s, rounding=mode, lo=-128, hi=99, widths=WIDEST
            )
            named = {"zps": (-5, 7), "ms": ms, "bias": bias, "s": s, "mode": mode.value, "zp": 0, "lo": -128, "hi": 99}
            expected = [oracle.residual_add(p, q, **named) for p, q in zip(a.tolist(), b.tolist(), strict=True)]
            assert residual_add(a, b, stage, zero_point_a=-5, zero_point_b=7).tolist() == expected, (bias, s)


def test_residual_add_refuses_bad_operands() -> None:
    stage = AddQuant(multiplier_a=1, multiplier_b=1, bias=0, shift=0, lo=0, hi=1)
    with pytest.raises(ShapeError, match=r"shapes .* differ"):
        residual_add([1, 2], [1], stage)
    with pytest.raises(RangeError, match=r"a.*65536 is outside -32768\.\.65535"):
        residual_add([1 << 16], [1], stage)
    with pytest.raises(RangeError, match="multiplier_b = 32768"):
        AddQuant(multiplier_a=1, multiplier_b=32768, bias=0, shift=0, lo=0, hi=1)
