"""t2c.golden.arithmetic.conv against the sum as written, on every path that it can take."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import plain as oracle
from t2c.golden.arithmetic import conv
from t2c.golden.arithmetic.conv import conv2d
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError, ShapeError
from tests.conftest import tries


def by_hand(x: np.ndarray, w: np.ndarray, window: Window, groups: int, zp: int) -> Any:
    return oracle.conv2d(
        x.tolist(),
        w.tolist(),
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        groups=groups,
        zero_point=zp,
    )


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    groups = draw(st.integers(1, 3))
    per_group, outputs = draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    kernel, dilation = pair(1, 3), pair(1, 3)
    padding = draw(st.sampled_from([pair(0, 4), (*pair(0, 4), *pair(0, 4))]))
    pads = padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])
    sums = (pads[0] + pads[1], pads[2] + pads[3])
    least = [max(1, d * (k - 1) + 1 - around) for k, d, around in zip(kernel, dilation, sums, strict=True)]
    size = [draw(st.integers(extent, extent + 4)) for extent in least]
    return {
        "x": (draw(st.integers(1, 3)), groups * per_group, *size),
        "w": (outputs, per_group, *kernel),
        "window": Window(kernel=kernel, stride=pair(1, 3), padding=padding, dilation=dilation),
        "groups": groups,
        "zero_point": draw(st.sampled_from([-128, -1, 0, 3, 128, 255])),
    }


@pytest.mark.sample(3)
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1), (3, 2)])
def test_every_small_padding(stride: tuple[int, int], groups: int) -> None:
    """All of 0..2 pixels on each of the four sides, of two images, dense and depthwise with two outputs a channel."""
    rng = np.random.default_rng(3)
    x, w = rng.integers(-128, 128, (2, 2, 4, 3)), rng.integers(-8, 8, (4, 2 // groups, 3, 2))
    for padding in itertools.product(range(3), repeat=4):
        window = Window(kernel=(3, 2), stride=stride, padding=padding, dilation=(1, 2))
        found = conv2d(x, w, window=window, groups=groups, zero_point=-7)
        assert found.tolist() == by_hand(x, w, window, groups, -7), padding
        top, bottom, left, right = padding
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-7)
        alone = Window(kernel=(3, 2), stride=stride, dilation=(1, 2))
        assert np.array_equal(found, conv2d(padded, w, window=alone, groups=groups, zero_point=-7)), padding


@settings(max_examples=tries(250))
@given(layer=layers(), magnitude=st.sampled_from([8, 8, 13, 20, 28]), seed=st.integers(0, 999))
def test_any_layer_matches_the_sum(layer: dict[str, Any], magnitude: int, seed: int) -> None:
    """Magnitudes of 8 bits stay in float32; 13 and 20 pass to float64, 28 to int64."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-(1 << magnitude), 1 << magnitude, layer["x"], endpoint=True)
    w = rng.integers(-(1 << magnitude), 1 << magnitude, layer["w"], endpoint=True)
    window, groups, zp = layer["window"], layer["groups"], layer["zero_point"]
    got = conv2d(x, w, window=window, groups=groups, zero_point=zp)
    assert got.dtype == np.int64
    assert got.tolist() == by_hand(x, w, window, groups, zp)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 2)])
@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("zp", [0, 128])
def test_depthwise_at_the_extremes(stride: tuple[int, int], multiplier: int, zp: int) -> None:
    rng = np.random.default_rng(1)
    x, w = rng.choice([0, 255], (2, 5, 7, 6)), rng.choice([-128, 127], (5 * multiplier, 1, 3, 3))
    window = Window(kernel=(3, 3), stride=stride, padding=(1, 1))
    assert conv2d(x, w, window=window, groups=5, zero_point=zp).tolist() == by_hand(x, w, window, 5, zp)


@pytest.mark.parametrize("channels", [56, 57, 58, 114, 256])
@pytest.mark.parametrize("outputs", [1, 40])
def test_worst_case_sums_around_the_float32_bound(channels: int, outputs: int) -> None:
    """C·9·255·128 passes 2^24 between C = 57 and 58; one odd term shows any rounding."""
    x, w = np.full((1, channels, 4, 4), 255), np.full((outputs, channels, 3, 3), -128)
    w[:, -1, 1, 1] = -127
    window = Window(kernel=(3, 3), padding=(1, 1))
    inside = -(channels * 9 * 255 * 128 - 255)
    got = conv2d(x, w, window=window)
    assert got[0, :, 1:3, 1:3].tolist() == [[[inside] * 2] * 2] * outputs
    assert got[0, 0, 0, 0] == -(channels * 4 * 255 * 128 - 255)


def test_weights_and_inputs_around_2_24_and_2_53() -> None:
    window = Window(kernel=(1, 2))
    for bits in (24, 53):
        for d in (-1, 0, 1):
            big = (1 << bits) + d
            assert conv2d([[[[big]]]], [[[[1]]]], window=Window(kernel=(1, 1))).tolist() == [[[[big]]]]
            assert conv2d([[[[big, 1]]]], [[[[1, 1]]]], window=window).tolist() == [[[[big + 1]]]]
            assert conv2d([[[[1, 1]]]], [[[[big, -1]]]], window=window).tolist() == [[[[big - 1]]]]
            assert conv2d([[[[5, 6]]]], [[[[1, 1]]]], window=window, zero_point=big).tolist() == [[[[11 - 2 * big]]]]


@pytest.mark.parametrize("limit", [1 << 24, 1 << 53])
@pytest.mark.parametrize("d", [-2, -1, 0, 1, 2, 3])
def test_a_zero_point_does_not_hide_a_rounded_input(limit: int, d: int) -> None:
    """x - zp may be small where x or zp itself is no float."""
    one = Window(kernel=(1, 1))
    for x, zp in ((limit + d, 100), (limit + d, limit - 7), (5, limit + d), (-limit - d, -100), (5, -limit - d)):
        assert conv2d([[[[x]]]], [[[[1]]]], window=one, zero_point=zp).tolist() == [[[[x - zp]]]]


def test_a_batch_computed_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    x, w = rng.integers(0, 256, (5, 4, 6, 6)), rng.integers(-128, 128, (4, 2, 3, 3))
    for stride in ((1, 1), (2, 2)):
        window = Window(kernel=(3, 3), stride=stride, padding=(1, 1))
        whole = conv2d(x, w, window=window, groups=2, zero_point=9)
        for block in (1, 2 * 4 * 9 * 49):
            monkeypatch.setattr(conv, "BLOCK", block)
            assert (conv2d(x, w, window=window, groups=2, zero_point=9) == whole).all()
        assert whole.tolist() == by_hand(x, w, window, 2, 9)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int64, np.uint64])
def test_every_integer_dtype_and_memory_order(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(0, 128, (2, 6, 5, 3)).astype(dtype).transpose(0, 3, 1, 2)
    w = rng.integers(-128, 128, (2, 3, 2, 2)).astype(np.int8)[:, ::-1]
    window = Window(kernel=(2, 2), padding=(1, 0))
    assert conv2d(x, w, window=window, zero_point=200).tolist() == by_hand(x, w, window, 1, 200)


def test_input_is_not_modified() -> None:
    x, w = np.full((1, 1, 2, 2), 3), np.full((1, 1, 1, 1), 2)
    conv2d(x, w, window=Window(kernel=(1, 1)), zero_point=1)
    assert x.tolist() == [[[[3, 3], [3, 3]]]]
    assert w.tolist() == [[[[2]]]]


def test_an_empty_batch_has_an_empty_result() -> None:
    got = conv2d(np.zeros((0, 3, 4, 4), int), np.zeros((2, 3, 3, 3), int), window=Window(kernel=(3, 3)))
    assert got.shape == (0, 2, 2, 2)


def test_refuses_sums_that_may_not_fit_int64() -> None:
    one = Window(kernel=(1, 1))
    with pytest.raises(RangeError, match=r"accumulator bound = 9223372036854775808 is outside"):
        conv2d([[[[1 << 32]]]], [[[[1 << 31]]]], window=one)
    with pytest.raises(RangeError, match="x - zero_point: 9223372036854775808 is outside"):
        conv2d([[[[(1 << 63) - 1]]]], [[[[1]]]], window=one, zero_point=-1)
    assert conv2d([[[[(1 << 63) - 1]]]], [[[[-1]]]], window=one).tolist() == [[[[1 - (1 << 63)]]]]


@pytest.mark.parametrize(
    ("x", "w", "groups", "message"),
    [
        ((1, 2, 5), (1, 2, 3, 3), 1, r"x: shape \(1, 2, 5\) is not \(N, C, H, W\)"),
        ((1, 2, 5, 5), (1, 2, 3), 1, r"w: shape \(1, 2, 3\) is not"),
        ((1, 2, 5, 5), (1, 2, 3, 2), 1, r"w: shape .* is not \(O, C / groups, 3, 3\)"),
        ((1, 2, 5, 5), (1, 3, 3, 3), 1, "do not split into 1 groups"),
        ((1, 4, 5, 5), (3, 2, 3, 3), 2, "do not split into 2 groups"),
        ((1, 3, 5, 5), (2, 1, 3, 3), 2, "do not split into 2 groups"),
        ((1, 2, 2, 5), (1, 2, 3, 3), 1, "larger than the padded image extent 2"),
    ],
)
def test_refuses_shapes_that_do_not_match(x: tuple[int, ...], w: tuple[int, ...], groups: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        conv2d(np.zeros(x, int), np.zeros(w, int), window=Window(kernel=(3, 3)), groups=groups)


def test_refuses_floats_and_odd_scalars() -> None:
    window, w = Window(kernel=(1, 1)), [[[[1]]]]
    with pytest.raises(RangeError, match="x: dtype float64 is not an integer type"):
        conv2d([[[[1.0]]]], w, window=window)
    with pytest.raises(RangeError, match="w: dtype bool is not an integer type"):
        conv2d(w, [[[[True]]]], window=window)
    with pytest.raises(RangeError, match="groups = 0 is not a positive integer"):
        conv2d(w, w, window=window, groups=0)
    with pytest.raises(RangeError, match="zero_point = True is not an integer"):
        conv2d(w, w, window=window, zero_point=True)
