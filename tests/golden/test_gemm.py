"""t2c.golden.arithmetic.gemm at the bounds where float32 and float64 stop being exact, against Python integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2c.golden.arithmetic import exact
from t2c.golden.arithmetic.gemm import gemm
from t2c.golden.errors import RangeError, ShapeError
from tests.conftest import tries

F32, F64, I64 = 1 << 24, 1 << 53, (1 << 63) - 1


def by_hand(a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    columns = b.T.tolist()
    return [[sum(p * q for p, q in zip(row, col, strict=True)) for col in columns] for row in a.tolist()]


@pytest.mark.parametrize(("p", "q"), [(255, -128), (255, 127), (-128, -128), (128, 128), (15, -8), (4096, 2048)])
@pytest.mark.parametrize("offset", [-1, 0, 1, 2])
def test_all_extremes_with_k_around_the_float32_bound(p: int, q: int, offset: int) -> None:
    depth = F32 // abs(p * q) + offset
    a, b = np.full((2, depth), p), np.full((depth, 3), q)
    b[-1, 1], a[1, -1] = np.sign(q), np.sign(p)  # an odd last term: lost where the type has rounded
    b[0, 2] = -q
    assert gemm(a, b).tolist() == by_hand(a, b)


@pytest.mark.parametrize("depth", [1023, 1024, 1025, 2048, 4608, 40000, 140000])
def test_worst_case_8_bit_products_of_every_depth(depth: int) -> None:
    a, b = np.full((1, depth), -128), np.full((depth, 1), -128)
    a[0, -1] = b[-1, 0] = -127
    assert gemm(a, b).tolist() == [[(depth - 1) * 128 * 128 + 127 * 127]]


@pytest.mark.parametrize(("a", "b"), [(4096, 4096), (4097, 4096), (4097, 4097), (F32, 1), (F32 + 1, 1), (F32 - 1, 1)])
def test_single_products_around_2_24(a: int, b: int) -> None:
    assert gemm([[a]], [[b]]).tolist() == [[a * b]]
    assert gemm([[a, 1]], [[-b], [-1]]).tolist() == [[-a * b - 1]]


@pytest.mark.parametrize("offset", [-1, 0, 1, 2])
@pytest.mark.parametrize("depth", [1, 2, 64, 65, 100])
def test_sums_around_2_53(depth: int, offset: int) -> None:
    a, b = np.full((1, depth), F64 // depth // 1024), np.full((depth, 1), 1024)
    rest = F64 + offset - int(a.sum()) * 1024
    a, b = np.append(a, [[1]], axis=1), np.append(b, [[rest]], axis=0)
    assert gemm(a, b).tolist() == [[F64 + offset]]
    assert gemm(-a, b).tolist() == [[-F64 - offset]]


def test_sums_up_to_the_end_of_int64() -> None:
    half = 1 << 31
    assert gemm([[half, 1]], [[half], [half - 1]]).tolist() == [[(1 << 62) + half - 1]]
    assert gemm([[I64]], [[1]]).tolist() == [[I64]]
    assert gemm([[-(1 << 63)]], [[0]]).tolist() == [[0]]


@pytest.mark.parametrize(
    ("a", "b"),
    [([[1 << 32]], [[1 << 31]]), ([[1 << 31] * 2], [[1 << 31]] * 2), ([[-(1 << 63)]], [[1]]), ([[I64, 1]], [[1], [1]])],
)
def test_refuses_sums_that_may_not_fit_int64(a: list[list[int]], b: list[list[int]]) -> None:
    with pytest.raises(RangeError, match=r"accumulator bound = \d+ is outside 0..9223372036854775807"):
        gemm(a, b)


def test_float32_is_cut_and_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """8-bit operands of any practical depth stay in float32; wider ones go to float64, then int64."""
    seen: list[str] = []

    def spy(weights: np.ndarray, columns: np.ndarray, cuts: list[slice]) -> np.ndarray:
        seen.append(f"{weights.dtype} {len(cuts)}")
        return exact.product(weights, columns, cuts)

    monkeypatch.setattr("t2c.golden.arithmetic.gemm.product", spy)
    rng = np.random.default_rng(3)
    for depth, high in ((512, 128), (4608, 128), (4608, 1 << 15), (300, 1 << 31)):
        a, b = rng.integers(-high, high, (2, depth)), rng.integers(-128, 128, (depth, 3))
        assert gemm(a, b).tolist() == by_hand(a, b)
    assert [name.split()[0] for name in seen] == ["float32", "float32", "float64", "float64"]
    assert seen[0] == "float32 1"
    assert int(seen[1].split()[1]) > 1


@settings(max_examples=tries(150))
@given(data=st.data(), m=st.integers(0, 4), k=st.integers(0, 90), n=st.integers(0, 4))
def test_any_int64_operands_are_exact_or_refused(data: st.DataObject, m: int, k: int, n: int) -> None:
    bits_a, bits_b = data.draw(st.integers(1, 64)), data.draw(st.integers(1, 64))
    rng = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
    a = rng.integers(-(1 << (bits_a - 1)), (1 << (bits_a - 1)) - 1, (m, k), endpoint=True)
    b = rng.integers(-(1 << (bits_b - 1)), (1 << (bits_b - 1)) - 1, (k, n), endpoint=True)
    try:
        got = gemm(a, b)
    except RangeError:
        sums = [
            abs(a.astype(object)).sum(axis=1).max() * exact.peak(b),
            abs(b.astype(object)).sum(axis=0).max() * exact.peak(a),
        ]
        assert max(sums) > I64
    else:
        assert got.dtype == np.int64
        assert got.shape == (m, n)
        assert got.tolist() == by_hand(a, b)


def test_stacks_of_matrices_and_narrow_dtypes() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 256, (2, 3, 4, 70)).astype(np.uint8), rng.integers(-128, 128, (2, 3, 70, 2)).astype(np.int8)
    got = gemm(a, b)
    for i in np.ndindex(2, 3):
        assert got[i].tolist() == by_hand(a[i].astype(object), b[i].astype(object))


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (2, 3)), ((3,), (3, 1)), ((1, 2, 3), (3, 1)), ((2, 1, 3), (1, 3, 1))]
)
def test_refuses_shapes_that_do_not_match(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="gemm: shapes"):
        gemm(np.zeros(left, int), np.zeros(right, int))


def test_refuses_floats_and_uint64_beyond_int64() -> None:
    with pytest.raises(RangeError, match="a: dtype float64 is not an integer type"):
        gemm([[1.0]], [[1]])
    with pytest.raises(RangeError, match="b: value 9223372036854775808 does not fit int64"):
        gemm([[1]], np.array([[1 << 63]], np.uint64))


def test_exact_cuts_cover_k_within_the_bound() -> None:
    rng = np.random.default_rng(9)
    for depth in (1, 63, 64, 65, 1000, 2304, 5000):
        weights = rng.integers(-128, 128, (7, depth)).astype(np.float32)
        cuts = exact.exact_cuts(weights, 255)
        assert cuts is not None
        assert [cut.start for cut in cuts] == [0, *(cut.stop for cut in cuts[:-1])]
        assert cuts[-1].stop == depth
        assert all(int(np.abs(weights[:, cut]).astype(np.int64).sum(axis=1).max()) * 255 <= F32 for cut in cuts)
    assert exact.exact_cuts(np.full((1, 64), 1 << 20, np.float32), 1 << 10) is None
    assert exact.exact_cuts(np.ones((1, 4), np.float32), F32) is None
