"""What golden computes block by block, and products in float32: large tensors beside their parts, and the bounds."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.blocks import BLOCK
from t2c.golden.arithmetic.layer_norm import RowNorm, normalise
from t2c.golden.arithmetic.linear import matmul, matmul_narrow
from t2c.golden.arithmetic.lut import exp_table
from t2c.golden.arithmetic.mulquant import MulQuant, mulquant_narrow
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable, softmax, softmax_narrow
from t2c.golden.arithmetic.zero_point import INT64_HI
from t2c.golden.errors import RangeError

LONG = 40_000
"""Two rows of it are more than a block."""
NORM = RowNorm(epsilon=5)
TOP = 1 << 24
"""Up to it float32 holds every integer."""


def test_rows_of_large_tensors() -> None:
    """Several blocks along the first axis, one where rows lie along it; each part as it is alone."""
    assert LONG < BLOCK < 2 * LONG
    x = np.random.default_rng(1).integers(-128, 128, (3, 2, LONG)).astype(np.int8)
    found = normalise(x, NORM, axis=1)
    for sample, t in zip(x, found, strict=True):
        assert np.array_equal(normalise(sample[:, ::1000], NORM, axis=0), t[:, ::1000])
    assert np.array_equal(normalise(x, NORM, axis=0), normalise(x.swapaxes(0, 1), NORM, axis=1).swapaxes(0, 1))
    rows = np.random.default_rng(2).integers(-128, 128, (50, 4000))
    assert np.array_equal(normalise(rows, NORM), np.stack([normalise(row, NORM) for row in rows]))
    assert normalise(x[:0], NORM, axis=1).shape == (0, 2, LONG)


@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
def test_rows_of_a_large_softmax(mode: Rounding) -> None:
    bits = {"exponent_bits": 12, "output_bits": 8, "reciprocal_bits": 32}
    table = SoftmaxTable(exp=exp_table(scale=0.1, depth=64, exponent_bits=12), rounding=mode, **bits)
    x = np.random.default_rng(3).integers(-128, 128, (5, LONG)).astype(np.int8)
    x[:, LONG // 2 :] = -128
    x[:, 7] = np.arange(123, 128)
    found = softmax_narrow(x, table)
    assert found.dtype == np.uint8
    for row, y in zip(x, found, strict=True):
        assert np.array_equal(softmax(row, table), y)
    few = np.random.default_rng(4).integers(-128, 128, (40, 3000))
    wanted = [oracle.softmax(row, exp=table.exp.tolist(), mode=mode.value, **bits) for row in few[::13].tolist()]
    assert softmax(few, table)[::13].tolist() == wanted
    assert softmax_narrow(few[:0], table).shape == (0, 3000)


@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
@pytest.mark.parametrize("shape", [(2, 3, LONG), (3, 2, LONG), (1, LONG, 3), (LONG, 3)])
def test_channels_of_large_tensors(shape: tuple[int, ...], mode: Rounding) -> None:
    """Constants run along every axis, also where blocks cut it."""
    rng = np.random.default_rng(5)
    acc = rng.integers(-(1 << 20), 1 << 20, shape).astype(np.int32)
    for axis, count in enumerate(shape):
        quant = MulQuant(
            multiplier=rng.integers(-99, 99, count),
            bias=rng.integers(-(1 << 20), 1 << 20, count),
            shift=rng.integers(15, 24, count),
            rounding=mode,
            lo=-128,
            hi=127,
        )
        found = np.moveaxis(mulquant_narrow(acc, quant, channel_axis=axis), axis, -1).reshape(-1, count)
        given = np.moveaxis(acc, axis, -1).reshape(-1, count)
        for place in rng.integers(0, len(given), 3):
            for c in {0, count - 1, *rng.integers(0, count, 9).tolist()}:
                m, b, s = (int(constants[c]) for constants in (quant.multiplier, quant.bias, quant.shift))
                wanted = oracle.mulquant(int(given[place, c]), m, b, s, mode=mode.value, zp=0, lo=-128, hi=127)
                assert found[place, c] == wanted


FACTORS = {
    "small": ([[3, -2]], [[5], [7]], 0, 0, np.int32),
    "a large": ([[(1 << 20) + 1]], [[17]], 0, 0, np.int64),
    "b large": ([[17]], [[(1 << 20) + 1]], 0, 0, np.int64),
    "x below": ([[-TOP - 1]], [[1]], -TOP, 0, np.int64),
    "x above": ([[TOP + 1]], [[1]], TOP, 0, np.int64),
    "zp above": ([[TOP]], [[1]], TOP + 1, 0, np.int64),
    "zp below": ([[-TOP]], [[1]], -TOP - 1, 0, np.int64),
    "far above": ([[TOP // 2 + 1]], [[1]], -TOP // 2, 0, np.int64),
    "far below": ([[-TOP // 2 - 1]], [[1]], TOP // 2, 0, np.int64),
    "b far": ([[1]], [[-TOP // 2 - 1]], 0, TOP // 2, np.int64),
    "at the bound": ([[TOP // 4] * 4], [[1]] * 4, 0, 0, np.int32),
    "sum": ([[2049] * 4], [[2051], [2051], [2051], [2050]], 0, 0, np.int64),
}
"""a, b, their zero points, and what the sums come in: int64 wherever float32 might round."""


@pytest.mark.parametrize("case", FACTORS)
def test_products_are_in_float32_only_where_it_is_exact(case: str) -> None:
    a, b, zp_a, zp_b, dtype = FACTORS[case]
    wanted = [[sum((x - zp_a) * (row[0] - zp_b) for x, row in zip(a[0], b, strict=True))]]
    for left, right, whole in ((a, b, wanted), ([a], [b], [wanted])):
        found = matmul_narrow(left, right, zero_point_a=zp_a, zero_point_b=zp_b)
        assert found.tolist() == whole
        assert found.dtype == dtype
        assert matmul(left, right, zero_point_a=zp_a, zero_point_b=zp_b).dtype == np.int64


def test_products_without_terms_and_refusals_by_name() -> None:
    assert matmul_narrow([[3]], [[5]]).tolist() == [[15]]
    assert matmul(np.zeros((2, 0), int), np.zeros((0, 3), int), zero_point_a=7).tolist() == [[0] * 3] * 2
    with pytest.raises(RangeError, match=r"^b - zero_point: 9223372036854775808"):
        matmul([[1]], [[INT64_HI]], zero_point_b=-1)
    with pytest.raises(RangeError, match=r"^zero_point = 1\.5 is not an integer"):
        matmul([[1]], [[1]], zero_point_a=1.5)  # type: ignore[arg-type]
