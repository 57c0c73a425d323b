"""t2c.golden.arithmetic.pooling against window-by-window Python."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oracle import plain as oracle
from t2c.golden.arithmetic.pooling import average_pool2d, max_pool2d
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from tests.conftest import tries

SMALL = st.tuples(st.integers(1, 4), st.integers(1, 4))


def by_hand(x: np.ndarray, window: Window, reduce: object) -> list[object]:
    oh, ow = window.output_size(x.shape[2], x.shape[3])
    assert callable(reduce)
    return [
        [
            [
                [
                    reduce(
                        oracle.window_elements(
                            plane, y, z, window.kernel, window.stride, window.padding, window.dilation
                        )
                    )
                    for z in range(ow)
                ]
                for y in range(oh)
            ]
            for plane in image
        ]
        for image in x.tolist()
    ]


@st.composite
def windows(draw: st.DrawFn, dilated: bool) -> Window:
    kernel = draw(SMALL)
    half = [st.integers(0, extent // 2) for extent in kernel]
    padding = draw(st.one_of(st.tuples(*half), st.tuples(half[0], half[0], half[1], half[1])))
    dilation = draw(SMALL) if dilated else (1, 1)
    return Window(kernel=kernel, stride=draw(SMALL), padding=padding, dilation=dilation)


def fits(window: Window, height: int, width: int) -> bool:
    reach = [d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True)]
    return all(r <= n + sum(sides) for r, n, sides in zip(reach, (height, width), window.pads, strict=True))


@settings(max_examples=tries(120))
@given(window=windows(dilated=True), height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 999))
def test_max_matches_every_window(window: Window, height: int, width: int, seed: int) -> None:
    assume(fits(window, height, width))
    x = np.random.default_rng(seed).integers(-128, 0, (2, 2, height, width))

    def largest(elements: list[int | None]) -> int | None:
        return max((e for e in elements if e is not None), default=None)

    expected = by_hand(x, window, largest)
    if "None" in str(expected):
        with pytest.raises(ShapeError, match="holds padding only"):
            max_pool2d(x, window)
    else:
        assert max_pool2d(x, window).tolist() == expected


@settings(max_examples=tries(120))
@given(window=windows(dilated=False), height=st.integers(1, 9), width=st.integers(1, 9), zp=st.integers(-128, 255))
def test_average_sums_every_window(window: Window, height: int, width: int, zp: int) -> None:
    assume(fits(window, height, width))
    x = np.random.default_rng(height).integers(0, 256, (2, 2, height, width))
    expected = by_hand(x, window, lambda elements: sum((zp if e is None else e) - zp for e in elements))
    assert average_pool2d(x, window, zero_point=zp).tolist() == expected


def test_max_keeps_the_smallest_int64_and_negative_inputs() -> None:
    lowest = -(1 << 63)
    assert max_pool2d([[[[lowest]]]], Window(kernel=(2, 2), padding=(1, 1))).tolist() == [[[[lowest] * 2] * 2]]


def test_global_average_is_a_kernel_of_the_image() -> None:
    x = np.arange(2 * 49).reshape(1, 2, 7, 7)
    assert average_pool2d(x, Window(kernel=(7, 7))).tolist() == [[[[1176]], [[3577]]]]


def test_average_sums_reach_the_end_of_int64() -> None:
    quarter = (1 << 61) - 1
    x = np.full((1, 1, 2, 2), quarter)
    assert average_pool2d(x, Window(kernel=(2, 2))).tolist() == [[[[4 * quarter]]]]
    with pytest.raises(RangeError, match="accumulator bound = 9223372036854775808 is outside"):
        average_pool2d(x + 1, Window(kernel=(2, 2)))


@pytest.mark.parametrize("pool", [max_pool2d, average_pool2d])
def test_refuses_shapes_and_padding(pool: object) -> None:
    assert callable(pool)
    with pytest.raises(ShapeError, match=r"x: shape \(1, 2\) is not"):
        pool([[1, 2]], Window(kernel=(1, 1)))
    with pytest.raises(ShapeError, match=r"padding = \(2, 0\) is above half the kernel \(3, 3\)"):
        pool(np.zeros((1, 1, 5, 5), int), Window(kernel=(3, 3), padding=(2, 0)))
    with pytest.raises(ShapeError, match="larger than the padded image"):
        pool(np.zeros((1, 1, 2, 2), int), Window(kernel=(3, 3)))
    with pytest.raises(RangeError, match="x: dtype float64"):
        pool(np.zeros((1, 1, 2, 2)), Window(kernel=(1, 1)))


def test_average_refuses_dilation() -> None:
    with pytest.raises(UnsupportedError, match=r"dilation \(2, 1\) is not \(1, 1\)"):
        average_pool2d(np.zeros((1, 1, 5, 5), int), Window(kernel=(2, 2), dilation=(2, 1)))


def test_max_refuses_a_window_of_padding_only() -> None:
    with pytest.raises(ShapeError, match="holds padding only"):
        max_pool2d([[[[1]]]], Window(kernel=(2, 1), padding=(1, 0), dilation=(2, 1)))
