"""Faults far out, in golden and in the oracle itself: wide channels, tall kernels, long rows, top bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_oracle import FAULTS, ROUND

from oracle.registry import CHECKS
from t2c.golden.arithmetic.window import Window
from tests.oracle.planting import covered, first_mismatch, plant
from tests.oracle.row_faults import ROW_GOLDEN, ROW_ORACLE

pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")

REQUANTISED = ("t2c.golden.arithmetic.mulquant.mulquant", "t2c.golden.graph.node.mulquant_narrow")
ADDED = ("t2c.golden.arithmetic.mulquant.residual_add", "t2c.golden.nodes.add.residual_add_narrow")
CONVOLVED = ("t2c.golden.arithmetic.conv.ConvKernel",)
MULTIPLIED = ("t2c.golden.arithmetic.linear.linear", "t2c.golden.nodes.linear.linear")
PAIRED = (
    "t2c.golden.arithmetic.linear.matmul",
    "t2c.golden.nodes.matmul.matmul",
    "t2c.golden.nodes.matmul.matmul_narrow",
)
AVERAGED = ("t2c.golden.arithmetic.pooling.average_pool2d", "t2c.golden.nodes.average_pool2d.average_pool2d")
LARGEST = ("t2c.golden.arithmetic.pooling.max_pool2d", "t2c.golden.nodes.max_pool2d.max_pool2d")
NORMALISED = ("t2c.golden.arithmetic.softmax.softmax", "t2c.golden.nodes.softmax.softmax_narrow")

Wrong = Callable[[Any], Any]


def constants(change: Callable[[Any], dict[str, Any]]) -> Wrong:
    """A golden whose MulQuant has other constants."""
    return lambda right: lambda acc, params, **named: right(acc, replace(params, **change(params)), **named)


def later(thresholds: Any) -> Any:
    """Thresholds of which those above 2^12 are one higher, as far as they may be."""
    return np.minimum(thresholds + (thresholds > 1 << 12), 1 << 16)


def places(values: Any) -> Any:
    return np.arange(len(values))


def sums(change: Callable[[Any], Any]) -> Wrong:
    """A golden whose MulQuant sees other accumulators."""
    return lambda right: lambda acc, params, **named: right(change(np.asarray(acc, np.int64)), params, **named)


def wrapped(bits: int) -> Callable[[Any], Any]:
    """Two's complement of so many bits."""
    half = 1 << (bits - 1)
    return lambda values: (values + half & (1 << bits) - 1) - half


class Kernel:
    """A prepared convolution that is another one; what it gives is cut to the right size."""

    def __init__(self, right: Any, wrong: Any, window: Window, image: Callable[[Any], Any]) -> None:
        self.__dict__ |= {"right": right, "wrong": wrong, "window": window, "image": image}

    def __getattr__(self, name: str) -> Any:
        if name not in ("apply", "sums"):
            return getattr(self.right, name)

        def run(x: Any, **named: Any) -> Any:
            high, wide = self.window.output_size(*np.asarray(x).shape[2:])
            return getattr(self.wrong, name)(self.image(np.asarray(x)), **named)[:, :, :high, :wide]

        return run


def convolution(
    weight: Callable[[Any], Any] = lambda w: w,
    shape: Callable[[Window], Window] = lambda w: w,
    image: Callable[[Window, Any], Any] = lambda w, x: x,
) -> Wrong:
    """A golden that convolves with other weights, another window or another image."""

    def make(right: Any) -> Any:
        def wrong(*, weights: Any, window: Window, groups: int) -> Any:
            prepared = right(weights=weights, window=window, groups=groups)
            other = right(weights=weight(np.asarray(weights)), window=shape(window), groups=groups)
            return Kernel(prepared, other, window, lambda x: image(window, x))

        return wrong

    return make


def at_most(field: str, axis: int, most: int) -> Callable[[Window], Window]:
    """A window whose stride or dilation along an axis stops at a number."""

    def change(window: Window) -> Window:
        pair = list(getattr(window, field))
        pair[axis] = min(pair[axis], most)
        return replace(window, **{field: tuple(pair)})

    return change


def zeroed(*index: Any) -> Callable[[Any], Any]:
    """An array with zeros at an index."""

    def change(values: Any) -> Any:
        made = np.array(values)
        made[index] = 0
        return made

    return change


def lost_columns(start: int, stop: int | None = None) -> Callable[[Any], Any]:
    return zeroed(Ellipsis, slice(start, stop))


def moved(padding: int) -> Callable[[Window, Any], Any]:
    """The image one pixel lower where the vertical padding is large."""
    return lambda window, x: np.roll(x, 1, axis=2) if window.padding[0] >= padding else x


def first(change: Callable[[Any], Any]) -> Wrong:
    """A golden that takes another first operand."""
    return lambda right: lambda x, *others, **named: right(change(np.asarray(x)), *others, **named)


def result(change: Callable[[Any], Any]) -> Wrong:
    """A golden that gives something else."""
    return lambda right: lambda *given, **named: change(right(*given, **named))


def pooled(window: Callable[[Window], Window], filler: str = "edge") -> Wrong:
    """A golden that pools with another window; the result is cut or filled to the right size."""

    def make(right: Any) -> Any:
        def wrong(x: Any, own: Window, **named: Any) -> Any:
            high, wide = own.output_size(*np.asarray(x).shape[2:])
            made = right(x, window(own), **named)[:, :, :high, :wide]
            short = ((0, 0), (0, 0), (0, high - made.shape[2]), (0, wide - made.shape[3]))
            return np.pad(made, short, mode="edge")

        return wrong

    return make


def smaller(axis: int, most: int) -> Callable[[Window], Window]:
    """A window whose kernel along an axis stops at a number."""

    def change(window: Window) -> Window:
        kernel, padding = list(window.kernel), list(window.padding)
        kernel[axis] = min(kernel[axis], most)
        padding[axis] = min(padding[axis], kernel[axis] // 2)
        return replace(window, kernel=tuple(kernel), padding=tuple(padding))

    return change


def _largest_row(weight: Any) -> int:
    return int(np.abs(weight).reshape(len(weight), -1).sum(1).max())


def bound(change: Callable[[Any, Any], int]) -> Wrong:
    return lambda right: lambda self, inputs: change(self, inputs)


CONV = ("conv2d/[pto]*", "conv2d+mulquant/*")
GOLDEN: dict[str, tuple[tuple[str, ...], Wrong, tuple[str, ...]]] = {
    "biases above channel 64 lost": (
        REQUANTISED,
        constants(lambda p: {"bias": np.where(places(p.bias) < 64, p.bias, 0)}),
        (
            "mulquant/decimal",
            "mulquant/fractions",
            "mulquant/torch",
            "conv2d/plain",
            "linear/plain",
            "[cl]*+mulquant/qnnpack",
            "*/QGemm",
        ),
    ),
    "multipliers above channel 256 of channel - 256": (
        REQUANTISED,
        constants(lambda p: {"multiplier": p.multiplier[places(p.multiplier) % 256]}),
        ("mulquant/d*", "mulquant/torch", "mulquant/quantize_per_channel", "linear/plain", "linear+mulquant/*"),
    ),
    "shifts of five bits": (
        REQUANTISED,
        constants(lambda p: {"shift": p.shift & 31}),
        ("mulquant/decimal", "mulquant/fractions", "mulquant/torch", "conv2d/plain"),
    ),
    "a shift of 63 as 62": (
        ROUND,
        lambda right: lambda p, shift, mode: right(p, np.minimum(shift, 62), mode),
        ("round_shift/decimal-wide",),
    ),
    "accumulators of 40 bits": (REQUANTISED, sums(wrapped(40)), ("mulquant/decimal", "mulquant/torch")),
    "biases of 48 bits": (
        REQUANTISED,
        constants(lambda p: {"bias": wrapped(48)(p.bias)}),
        ("mulquant/decimal", "mulquant/torch"),
    ),
    "multipliers of 24 bits": (
        REQUANTISED,
        constants(lambda p: {"multiplier": wrapped(24)(p.multiplier)}),
        ("mulquant/decimal", "mulquant/torch", "linear/plain"),
    ),
    "multipliers of an add of 24 bits": (
        ADDED,
        lambda right: lambda a, b, p, **n: right(a, b, replace(p, multiplier_b=int(wrapped(24)(p.multiplier_b))), **n),
        ("residual_add/fractions", "residual_add/torch", "add/plain"),
    ),
    "a vertical dilation of 4 and more as 3": (CONVOLVED, convolution(shape=at_most("dilation", 0, 3)), CONV),
    "a horizontal dilation of 64 and more as 63": (CONVOLVED, convolution(shape=at_most("dilation", 1, 63)), CONV),
    "a vertical stride of 4 and more as 3": (CONVOLVED, convolution(shape=at_most("stride", 0, 3)), CONV),
    "a horizontal stride of 512 and more as 511": (CONVOLVED, convolution(shape=at_most("stride", 1, 511)), CONV),
    "an image one row lower from a padding of 16 on": (CONVOLVED, convolution(image=moved(16)), CONV),
    "kernel rows above 64 lost": (
        CONVOLVED,
        convolution(weight=zeroed(slice(None), slice(None), slice(64, None))),
        CONV,
    ),
    "kernel columns above 32 lost": (CONVOLVED, convolution(weight=lost_columns(32)), CONV),
    "output channels above 256 lost": (CONVOLVED, convolution(weight=zeroed(slice(256, None))), CONV),
    "input channels above 128 lost": (
        CONVOLVED,
        convolution(weight=zeroed(slice(None), slice(128, None))),
        CONV,
    ),
    "image rows above 1024 lost": (
        CONVOLVED,
        convolution(image=lambda w, x: zeroed(slice(None), slice(None), slice(1024, None))(x)),
        ("conv2d/[pto]*",),
    ),
    "features above 4096 lost": (
        MULTIPLIED,
        first(lost_columns(4096)),
        ("linear/plain", "linear/torch", "linear/onnxruntime"),
    ),
    "images above 1024 of a linear layer lost": (
        MULTIPLIED,
        result(zeroed(slice(1024, None))),
        ("linear/plain", "linear/torch", "linear/onnxruntime", "linear+mulquant/*"),
    ),
    "outputs above 256 of a linear layer lost": (MULTIPLIED, result(lost_columns(256)), ("linear/[pt]*",)),
    "rows above 64 of a product lost": (
        PAIRED,
        result(lambda y: zeroed(Ellipsis, slice(64, None), slice(None))(y)),
        ("matmul/*",),
    ),
    "a depth above 1024 of a product lost": (PAIRED, first(lost_columns(1024)), ("matmul/*",)),
    "an average without kernel rows above 32": (AVERAGED, pooled(smaller(0, 32)), ("average_pool2d/[pt]*",)),
    "an average of stride 7 where it is more": (
        AVERAGED,
        pooled(at_most("stride", 1, 7)),
        ("average_pool2d/[pt]*",),
    ),
    "an average of channels above 512 lost": (
        AVERAGED,
        result(zeroed(slice(None), slice(512, None))),
        ("average_pool2d/[pt]*",),
    ),
    "a maximum without kernel columns above 16": (LARGEST, pooled(smaller(1, 16)), ("max_pool2d/*",)),
    "a maximum of dilation 3 where it is more": (
        LARGEST,
        pooled(at_most("dilation", 0, 3)),
        ("max_pool2d/[pto]*",),
    ),
    "rows of a softmax above 1024 lost": (NORMALISED, result(lost_columns(1024)), ("softmax/*",)),
    "entries of an exponential above 2^12 lost": (
        NORMALISED,
        lambda right: lambda x, table: right(x, replace(table, exp=zeroed(slice(1 << 12, None))(table.exp))),
        ("softmax/[tf]*",),
    ),
    "a largest average without the kernel height": (
        ("t2c.golden.nodes.average_pool2d.AveragePool2d.worst_accumulator",),
        bound(lambda node, inputs: node.kernel[1] * inputs[0].magnitude),
        ("largest_accumulator/average_pool2d",),
    ),
    "a largest product of one matrix": (
        ("t2c.golden.nodes.matmul.Matmul.worst_accumulator",),
        bound(lambda node, inputs: inputs[0].shape[-1] * inputs[0].magnitude * 128),
        ("largest_accumulator/matmul",),
    ),
    "a largest sum of the first 128 input channels": (
        ("t2c.golden.graph.node.WeightedNode.worst_accumulator",),
        bound(lambda node, inputs: _largest_row(node.weight[:, :128]) * inputs[0].magnitude),
        ("largest_accumulator/conv2d", "largest_accumulator/linear"),
    ),
    "words without lanes above 128": (
        ("t2c.golden.rom.words.pack_bytes", "t2c.golden.rom.text.pack_bytes"),
        lambda right: (
            lambda values, layout: right(np.where(np.arange(np.size(values)) % layout.lanes < 128, values, 0), layout)
        ),
        ("rom/bitstring",),
    ),
    "a flattened map without elements above 256": (
        ("t2c.golden.nodes.flatten.flatten",),
        result(lost_columns(256)),
        ("flatten/plain",),
    ),
    "a table without its upper half": (
        ("t2c.golden.nodes.pointwise.pointwise",),
        lambda right: lambda x, table, **n: right(x, replace(table, entries=lost_columns(128)(table.entries)), **n),
        ("pointwise/plain",),
    ),
}
"""In golden: what is replaced, by what made of the right one, and the checks that must turn red."""


def capped(name: str, most: int) -> Wrong:
    """A counterpart that takes a named pair of an image axis only up to a number."""

    def make(right: Any) -> Any:
        def wrong(*given: Any, **named: Any) -> Any:
            return right(*given, **named | {name: (min(named[name][0], most), named[name][1])})

        return wrong

    return make


def lost_constants(right: Any) -> Any:
    """A counterpart that loses biases above channel 64."""
    return lambda acc, quant, axis: right(
        acc, replace(quant, bias=np.where(places(quant.bias) < 64, quant.bias, 0)), axis
    )


ORACLE: dict[str, tuple[str, Wrong, tuple[str, ...]]] = {
    "biases above channel 64 lost": (
        "oracle.counterpart._requantise",
        lost_constants,
        ("conv2d/plain", "linear/plain"),
    ),
    "accumulators of 24 bits": (
        "oracle.plain.mulquant",
        lambda right: lambda acc, *given, **named: right(int(wrapped(24)(acc)), *given, **named),
        ("mulquant/fractions", "linear/plain", "matmul/plain"),
    ),
    "shifts of five bits": (
        "oracle.plain.round_shift",
        lambda right: lambda p, shift, mode: right(p, shift & 31, mode),
        ("mulquant/fractions", "residual_add/fractions", "conv2d/plain", "add/plain"),
    ),
    "a dilation of 4 and more as 3": (
        "oracle.plain.conv2d",
        lambda right: lambda x, w, **n: right(x, w, **n | {"dilation": (min(n["dilation"][0], 3), n["dilation"][1])}),
        ("conv2d/plain",),
    ),
    "a stride of 64 and more as 63": ("oracle.plain.conv2d", capped("stride", 63), ("conv2d/plain",)),
    "a padding of 4 and more as 3": ("oracle.plain.conv2d", capped("padding", 3), ("conv2d/plain",)),
    "groups above 64 as 64": (
        "oracle.plain.conv2d",
        lambda right: lambda x, w, **n: right(x, w, **n | {"groups": min(n["groups"], 64)}),
        ("conv2d/plain",),
    ),
    "features above 512 lost": (
        "oracle.plain.linear",
        lambda right: lambda x, w, **n: right([row[:512] for row in x], [row[:512] for row in w], **n),
        ("linear/plain", "largest_accumulator/linear"),
    ),
    "columns above 256 of a product lost": (
        "oracle.plain.matmul",
        lambda right: lambda a, b, **n: [[v if i < 256 else 0 for i, v in enumerate(r)] for r in right(a, b, **n)],
        ("matmul/plain",),
    ),
    "windows without elements above 64": (
        "oracle.plain.window_elements",
        lambda right: lambda *given: (lambda found: [*found[:64], *([None] * len(found[64:]))])(right(*given)),
        ("average_pool2d/plain", "max_pool2d/plain", "largest_accumulator/average_pool2d"),
    ),
    "rows of a softmax above 1024 lost": (
        "oracle.plain.softmax",
        lambda right: lambda row, **n: [v if i < 1024 else 0 for i, v in enumerate(right(row, **n))],
        ("softmax/plain", "softmax/fractions"),
    ),
    "biases of an add of 32 bits": (
        "oracle.plain.residual_add",
        lambda right: lambda a, b, **n: right(a, b, **n | {"bias": int(wrapped(32)(n["bias"]))}),
        ("residual_add/fractions", "add/plain"),
    ),
    "tables of 7 bits": (
        "oracle.plain.pointwise",
        lambda right: lambda x, *, table, bits: table[x % (1 << min(bits, 7))],
        ("pointwise/plain",),
    ),
    "decimals of 15 digits": (
        "oracle.exact_python.divide",
        lambda right: lambda p, s: [v.normalize(__import__("decimal").Context(prec=15)) for v in right(p, s)],
        ("mulquant/decimal", "round_shift/decimal-wide"),
    ),
    "torch's products of 48 bits": (
        "oracle.torch_integer.tensor",
        lambda right: lambda values: right(wrapped(30)(np.asarray(values, np.int64))),
        ("linear/torch", "matmul/torch", "conv2d/torch", "average_pool2d/torch", "max_pool2d/torch"),
    ),
    "onnxruntime's operands above column 4096 lost": (
        "oracle.onnxruntime_integer.unsigned",
        lambda right: (
            lambda values, offset=0: right(
                zeroed(Ellipsis, slice(4096, None))(values) if np.ndim(values) == 2 else values, offset
            )
        ),
        ("linear/onnxruntime",),
    ),
}
"""In the oracle: the same."""
GOLDEN["a staircase steps late above 2^12"] = (
    ("t2c.golden.nodes.multi_threshold.multi_threshold",),
    lambda right: lambda x, params, **named: right(x, replace(params, thresholds=later(params.thresholds)), **named),
    ("multi_threshold/plain",),
)
GOLDEN |= ROW_GOLDEN
ORACLE |= ROW_ORACLE


@pytest.mark.sample(9)
@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_that_is_wrong_far_out_turns_its_checks_red(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, make, patterns = GOLDEN[name]
    for place in found:
        plant(monkeypatch, place, make)
    for check in covered(patterns):
        assert not first_mismatch(check).startswith("none"), check.name


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", ORACLE)
def test_an_oracle_that_is_wrong_far_out_turns_red(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, make, patterns = ORACLE[name]
    plant(monkeypatch, place, make)
    for check in covered(patterns):
        assert not first_mismatch(check).startswith("none"), check.name


def test_every_check_was_seen_red() -> None:
    patterns = tuple(
        pattern for fault in [*FAULTS.values(), *GOLDEN.values(), *ORACLE.values()] for pattern in fault[2]
    )
    assert {check.name for check in covered(patterns)} == {check.name for check in CHECKS}
