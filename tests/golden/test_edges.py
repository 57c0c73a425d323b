"""What golden accepts at the ends of its ranges, what it refuses, by which name, and what it does when nothing is said.

Most of these were found by `make mutate UNIT=golden`: each kills mutants that no other test noticed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from t2c.golden.arithmetic.conv import conv2d, prepare_conv2d
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.linear import flatten, linear, matmul
from t2c.golden.arithmetic.lut import exp_table, softmax_error_bound
from t2c.golden.arithmetic.mulquant import (
    AddQuant,
    MulQuant,
    OutputStage,
    Widths,
    mulquant,
    mulquant_narrow,
    residual_add_narrow,
)
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.pooling import average_pool2d, max_pool2d, pooled_size
from t2c.golden.arithmetic.rounding import Rounding, round_shift, saturate
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.zero_point import INT64_HI, INT64_LO, centre
from t2c.golden.errors import RangeError, ShapeError

ONE = Window(kernel=(1, 1))
THREE = np.ones((1, 3, 1, 1), int)
QUANT = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=-128, hi=127)
BYTE = IntFormat(bits=8, signed=True)
STAGE = OutputStage(lo=0, hi=255)


def _add(**changes: int) -> AddQuant:
    fields = {"multiplier_a": 1, "multiplier_b": 1, "bias": 0, "shift": 0, "lo": -128, "hi": 127} | changes
    return AddQuant(**fields)  # type: ignore[arg-type]


def _table(**changes: object) -> SoftmaxTable:
    fields = {"exp": np.array([15, 3]), "exponent_bits": 4, "output_bits": 4, "reciprocal_bits": 10} | changes
    return SoftmaxTable(**fields)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "matmul b": (lambda: matmul([[1]], [[1.5]]), "^b\\b"),
    "matmul a": (lambda: matmul([[1.5]], [[1]]), "^a\\b"),
    "flatten": (lambda: flatten([[[[0.5]]]]), "^x\\b"),
    "saturate": (lambda: saturate([0.5], 0, 1), "^values\\b"),
    "saturate bounds": (lambda: saturate([0], 1, 0), "lo = 1 is above hi = 0"),
    "round_shift": (lambda: round_shift([0], 64, Rounding.FLOOR), "^shift\\b"),
    "exp_table scale": (lambda: exp_table(scale=0.0, depth=4, exponent_bits=4), "^scale\\b"),
    "exp_table depth": (lambda: exp_table(scale=1.0, depth=1, exponent_bits=4), "^depth\\b"),
    "exp_table deepest": (lambda: exp_table(scale=1.0, depth=(1 << 16) + 1, exponent_bits=4), "^depth\\b"),
    "exp_table bits": (lambda: exp_table(scale=1.0, depth=4, exponent_bits=3), "^exponent_bits\\b"),
    "widths scale": (lambda: Widths(scale=1), "^scale bits\\b"),
    "widths bias": (lambda: Widths(bias=1), "^bias bits\\b"),
    "stage lo": (lambda: OutputStage(lo=-(1 << 15) - 1, hi=0), "^lo\\b"),
    "stage p": (lambda: STAGE.requantise(np.array([(1 << 62) + 1]), 0), "^p\\b"),
    "stage -p": (lambda: STAGE.requantise(np.array([-(1 << 62) - 1]), 0), "^p\\b"),
    "stage shift": (lambda: STAGE.requantise(np.array([0]), 64), "^shift\\b"),
    "stage no shift": (lambda: STAGE.requantise(np.array([0]), -1), "^shift\\b"),
    "add bias": (lambda: _add(bias=1 << 60), "^bias\\b"),
    "add a": (lambda: residual_add_narrow([1 << 16], [0], _add()), "^a\\b"),
    "add b": (lambda: residual_add_narrow([0], [1 << 16], _add()), "^b\\b"),
    "add zp a": (lambda: residual_add_narrow([0], [0], _add(), zero_point_a=1 << 64), "^zero_point_a\\b"),
    "add zp b": (lambda: residual_add_narrow([0], [0], _add(), zero_point_b=1 << 64), "^zero_point_b\\b"),
    "acc": (lambda: mulquant_narrow([[1 << 40]], QUANT), "^acc\\b"),
    "x - zp below": (lambda: centre("x", np.array([INT64_LO, 5]), 1), f"^x - zero_point: {INT64_LO - 1} "),
    "x - zp above": (lambda: centre("x", np.array([INT64_HI, 5]), -1), f"^x - zero_point: {INT64_HI + 1} "),
    "conv x - zp": (lambda: conv2d([[[[INT64_HI]]]], [[[[1]]]], window=ONE, zero_point=-1), "^x - zero_point"),
    "conv zp in bound": (lambda: conv2d(np.zeros((1, 3, 1, 1), int), THREE, window=ONE, zero_point=1 << 62), "bound"),
    "groups": (lambda: conv2d([[[[1]]]], [[[[1]]]], window=ONE, groups=True), "^groups = True"),
    "beyond int64": (lambda: max_pool2d(np.full((1, 1, 1, 1), 1 << 63, np.uint64), ONE), "^x\\b"),
    "sum of three": (lambda: conv2d(np.full((1, 3, 1, 1), 1 << 62), THREE, window=ONE), "bound"),
    "row length": (
        lambda: softmax_error_bound(_table(), scale=1.0, input_bits=4, length=(1 << 32) + 1),
        "^length\\b",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case: str) -> None:
    call, message = REFUSED[case]
    with pytest.raises(RangeError, match=message):
        call()


@pytest.mark.parametrize("entries", [1, 3, 6, (1 << 16) + 2, 1 << 17])
def test_tables_of_wrong_lengths(entries: int) -> None:
    with pytest.raises(ShapeError):
        PointwiseTable(entries=np.zeros(entries, int), output=BYTE)
    with pytest.raises(ShapeError):
        _table(exp=np.ones(entries, int))


def test_constants_are_checked_copies() -> None:
    """The longest tables are taken; lists and names become what the class says; nobody can change them afterwards."""
    longest = _table(exp=np.ones(1 << 16, int), rounding="floor")
    assert longest.depth == 1 << 16
    assert longest.rounding is Rounding.FLOOR
    table = PointwiseTable(entries=[0, 1, 2, 3], output=BYTE)  # type: ignore[arg-type]
    assert isinstance(table.entries, np.ndarray)
    kernel = prepare_conv2d([[[[1]]]], window=ONE)
    for constants in (longest.exp, table.entries, kernel.weights):
        with pytest.raises(ValueError, match="read-only"):
            constants[...] = 0
    assert OutputStage(lo=7, hi=7).requantise(np.array([0]), 0).tolist() == [7]
    assert saturate([9], 7, 7).tolist() == [7]


def test_what_is_not_said() -> None:
    """Zero points are 0 and channels are axis 1."""
    assert linear([[3]], [[5]]).tolist() == [[15]]
    assert matmul([[3]], [[5]]).tolist() == [[15]]
    assert centre("x", [5]).tolist() == [5]
    assert centre("x", np.zeros(0, int), 3).tolist() == []
    assert residual_add_narrow([3], [5], _add()).tolist() == [8]
    two = MulQuant(multiplier=np.array([1, 2]), bias=np.array([0, 0]), shift=np.array([0, 0]), lo=-128, hi=127)
    assert mulquant_narrow(np.array([[[1, 1, 1], [1, 1, 1]]]), two).tolist() == [[[1, 1, 1], [2, 2, 2]]]
    with pytest.raises(ShapeError):
        mulquant_narrow(5, two)
    assert mulquant(np.array([5]), QUANT, channel_axis=0).tolist() == [5]


def test_the_last_values_that_fit() -> None:
    """Sums and differences at the very ends of int64."""
    for x, zero_point, wanted in ((INT64_HI, 0, INT64_HI), (INT64_HI - 1, -1, INT64_HI), (INT64_LO + 1, 1, INT64_LO)):
        assert centre("x", np.array([x]), zero_point).tolist() == [wanted]
    for value in (INT64_HI, INT64_HI - 1):
        assert linear([[value]], [[1]]).tolist() == [[value]]
        assert conv2d([[[[value]]]], [[[[1]]]], window=ONE).tolist() == [[[[value]]]]
        assert average_pool2d([[[[value]]]], ONE).tolist() == [[[[value]]]]


def test_a_product_just_above_int64_is_refused_though_float64_rounds_it_down() -> None:
    found = 0
    for x in range(300, 900):
        weight = INT64_HI // x + 1
        if int(float(weight)) * x <= INT64_HI:
            found += 1
            with pytest.raises(RangeError):
                conv2d([[[[x]]]], [[[[weight]]]], window=ONE)
    assert found > 10


@pytest.mark.parametrize("zero_point", [255, -255])
def test_a_zero_point_counts_in_the_proof_of_exactness(zero_point: int) -> None:
    """Small inputs far from the zero point: 600 odd products pass 2^24, where float32 loses the last bit."""
    rng = np.random.default_rng(1)
    for channels in (600, 601, 1200):
        x = rng.integers(0, 2, (1, channels, 1, 3))
        w = np.full((2, channels, 1, 1), 127)
        wanted = 127 * (x.sum(axis=1) - channels * zero_point)
        assert conv2d(x, w, window=ONE, zero_point=zero_point)[:, 0].tolist() == wanted.tolist()


def _only_padding(extent: int, kernel: int, stride: int, padding: int, dilation: int) -> bool:
    windows = (extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    return any(
        all(not 0 <= y * stride + i * dilation - padding < extent for i in range(kernel)) for y in range(windows)
    )


def test_a_window_of_padding_only_is_refused_wherever_it_lies() -> None:
    rng = np.random.default_rng(2)
    refused = 0
    for _ in range(2000):
        kernel, stride, dilation, extent = (int(rng.integers(1, most)) for most in (6, 5, 7, 9))
        padding = int(rng.integers(0, kernel // 2 + 1))
        if extent + 2 * padding < dilation * (kernel - 1) + 1:
            continue
        wrong = _only_padding(extent, kernel, stride, padding, dilation)
        refused += wrong
        for turn in (1, -1):
            fields = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
            other = {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1}
            window = Window(**{name: (value, other[name])[::turn] for name, value in fields.items()})  # type: ignore[arg-type]
            size = (extent, 2)[::turn]
            if wrong:
                with pytest.raises(ShapeError, match="padding only"):
                    pooled_size(*size, window)
            else:
                assert pooled_size(*size, window) == window.output_size(*size)
    assert refused > 5


@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("length", "input_bits"), [(1, 4), (2, 4), (7, 1 << 2), (1000, 2)])
def test_the_bound_of_softmax_is_that_of_the_page(mode: Rounding, length: int, input_bits: int) -> None:
    """docs/arithmetic.md 7.1, term by term: an entry, its share of a row, the reciprocal, the last rounding."""
    for depth, scale, reciprocal_bits in ((4, 0.7, 10), (4, 0.05, 8), (16, 0.3, 32), (2, 1.0, 12)):
        exp = np.maximum(1, np.round(15 * np.exp(-scale * np.arange(depth)))).astype(int)
        table = _table(exp=exp, reciprocal_bits=reciprocal_bits, rounding=mode)
        lost = max(0.5, 15 * math.exp(-scale * depth)) if depth < 2**input_bits else 0.5
        share = 0.0 if length == 1 else lost / 15 + (length - 1) * lost / (15 + (length - 1) * lost)
        wanted = (1.0 if mode is Rounding.FLOOR else 0.5) + 2.0 ** (8 - reciprocal_bits) + share * 16
        found = softmax_error_bound(table, scale=scale, input_bits=input_bits, length=length)
        assert found == pytest.approx(max(1.0, wanted), rel=1e-12)


def test_no_images() -> None:
    assert conv2d(np.zeros((0, 1, 2, 2), int), [[[[1]]]], window=ONE).shape == (0, 1, 2, 2)


@pytest.mark.parametrize("groups", [2, 3])
def test_depthwise_kernels_too_large_for_float32(groups: int) -> None:
    """900 taps of 127 · 255 pass 2^24 many times over; each way of summing must see that."""
    x = np.full((1, groups, 31, 30), 255)
    x[..., ::7] = 254
    w = np.full((groups, 1, 30, 30), 127)
    found = conv2d(x, w, window=Window(kernel=(30, 30)), groups=groups)
    wanted = [127 * int(x[0, 0, y : y + 30].sum()) for y in range(2)]
    assert found[0, :, :, 0].tolist() == [wanted] * groups
