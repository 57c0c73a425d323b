"""t2c.golden.arithmetic.linear against the sums as written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import plain as oracle
from t2c.golden.arithmetic.linear import flatten, linear, matmul
from t2c.golden.errors import RangeError, ShapeError


@settings(max_examples=60)
@given(
    n=st.integers(1, 4), k=st.integers(1, 80), o=st.integers(1, 5), zp=st.integers(-128, 255), seed=st.integers(0, 999)
)
def test_linear_matches_the_sum(n: int, k: int, o: int, zp: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.choice([0, 1, 128, 255], (n, k)), rng.choice([-128, -1, 0, 127], (o, k))
    assert linear(x, w, zero_point=zp).tolist() == oracle.linear(x.tolist(), w.tolist(), zero_point=zp)


@settings(max_examples=60)
@given(
    m=st.integers(1, 4),
    k=st.integers(1, 70),
    o=st.integers(1, 4),
    zps=st.tuples(st.integers(-128, 255), st.integers(-128, 255)),
)
def test_matmul_matches_the_sum(m: int, k: int, o: int, zps: tuple[int, int]) -> None:
    rng = np.random.default_rng(k)
    a, b = rng.integers(-128, 128, (2, 3, m, k)), rng.integers(0, 256, (2, 3, k, o))
    got = matmul(a, b, zero_point_a=zps[0], zero_point_b=zps[1])
    for i in np.ndindex(2, 3):
        assert got[i].tolist() == oracle.matmul(a[i].tolist(), b[i].tolist(), zps=zps)


def test_flatten_keeps_channels_slowest() -> None:
    x = np.arange(48).reshape(2, 2, 3, 4)
    assert flatten(x[:, ::-1])[0].tolist() == [*range(12, 24), *range(12)]


def test_flatten_takes_an_empty_batch() -> None:
    assert flatten(np.zeros((0, 2, 3, 4), int)).shape == (0, 24)


@pytest.mark.parametrize(("x", "w"), [((2, 3), (3, 2)), ((3,), (2, 3)), ((2, 3, 1), (2, 3))])
def test_linear_refuses_shapes_that_do_not_match(x: tuple[int, ...], w: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="linear: shapes"):
        linear(np.zeros(x, int), np.zeros(w, int))


def test_refuses_bad_operands() -> None:
    with pytest.raises(RangeError, match="w: dtype float64"):
        linear([[1]], [[1.0]])
    with pytest.raises(RangeError, match=r"zero_point = 0\.5 is not an integer"):
        linear([[1]], [[1]], zero_point=0.5)  # type: ignore[arg-type]
    with pytest.raises(RangeError, match="x - zero_point: 9223372036854775808 is outside"):
        linear([[0, (1 << 63) - 1]], [[1, 1]], zero_point=-1)
    with pytest.raises(RangeError, match="a - zero_point: -9223372036854775809 is outside"):
        matmul([[-(1 << 63)]], [[1]], zero_point_a=1)
    with pytest.raises(ShapeError, match=r"flatten: shape \(2, 3\) is not \(N, C, H, W\)"):
        flatten(np.zeros((2, 3), int))
