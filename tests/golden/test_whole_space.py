"""Every operation at every boundary of every attribute, and drawn from the whole space, against plain Python.

Each attribute goes alone to each of its boundaries, in the smallest image that has a few windows of that kind; then all
are drawn together. Ranges are those of t2c.golden.graph.node_space.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic.conv import conv2d
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.linear import linear, matmul
from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage, Widths, mulquant
from t2c.golden.arithmetic.pointwise import PointwiseTable, pointwise
from t2c.golden.arithmetic.pooling import average_pool2d, max_pool2d
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable, softmax
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.node_space import node_dimensions
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.average_pool2d import AveragePool2d

SPACE = {dimension.key: dimension for dimension in node_dimensions()}
AXES = ("vertical", "horizontal")
KINDS = {
    "conv2d": ("weight.kernel_", "stride.", "padding.", "dilation."),
    "max_pool2d": ("kernel.", "stride.", "padding.", "dilation."),
    "average_pool2d": ("kernel.", "stride.", "padding."),
}
ATTRIBUTES = [f"{kind}.{part}{axis}" for kind, parts in KINDS.items() for part in parts for axis in AXES]


def boundaries(key: str, most: int = 1 << 62) -> list[int]:
    return [value for value in SPACE[key].boundaries if value <= most]


def _window(key: str, value: int) -> Window:
    """That attribute has that value, everything else is small."""
    kind, name = key.split(".", 1)
    fields = {"kernel": (2, 2), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
    axis = AXES.index(next(axis for axis in AXES if name.endswith(axis)))
    field = next(field for field in fields if field in name)

    def along(other: int) -> tuple[int, int]:
        return (value, other) if axis == 0 else (other, value)

    fields[field] = along(fields[field][1 - axis])
    if field == "padding" and kind != "conv2d":
        fields["kernel"] = along(2)
        fields["kernel"] = (max(2, 2 * fields["padding"][0]), max(2, 2 * fields["padding"][1]))
    return Window(**fields)


def _extent(window: Window, rng: np.random.Generator) -> tuple[int, int]:
    """Of an image with one to three windows along each axis."""
    return tuple(
        max(1, dilation * (kernel - 1) + 1 - 2 * padding) + stride * int(rng.integers(0, 3 if stride < 64 else 2))
        for kernel, stride, padding, dilation in zip(
            window.kernel, window.stride, window.padding, window.dilation, strict=True
        )
    )  # type: ignore[return-value]


def _check(kind: str, window: Window, shape: tuple[int, int, int, int], groups: int, rng: np.random.Generator) -> None:
    """One operation on random operands of all formats, every output beside plain Python."""
    signed = bool(rng.integers(2))
    lo, hi = (-128, 127) if signed else (0, 255)
    zero_point = int(rng.integers(lo, hi + 1))
    x = rng.integers(lo, hi + 1, shape)
    if kind == "conv2d":
        w = rng.integers(-128, 128, (groups * int(rng.integers(1, 3)), shape[1] // groups, *window.kernel))
        found = conv2d(x, w, window=window, groups=groups, zero_point=zero_point)
        expected = oracle.conv2d(
            x.tolist(),
            w.tolist(),
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=groups,
            zero_point=zero_point,
        )
        assert found.tolist() == expected, (window, shape)
        return
    oh, ow = window.output_size(*shape[2:])
    place = (window.kernel, window.stride, window.padding, window.dilation)
    found = max_pool2d(x, window) if kind == "max_pool2d" else average_pool2d(x, window, zero_point=zero_point)
    for image, plane_of_image in zip(found.tolist(), x.tolist(), strict=True):
        for plane, elements in zip(image, plane_of_image, strict=True):
            for y in range(oh):
                for z in range(ow):
                    inside = [e for e in oracle.window_elements(elements, y, z, *place) if e is not None]
                    wanted = max(inside) if kind == "max_pool2d" else sum(inside) - zero_point * len(inside)
                    assert plane[y][z] == wanted, (kind, window, shape, y, z)


@pytest.mark.sample(3)
@pytest.mark.parametrize("key", ATTRIBUTES)
def test_every_boundary_of_a_window(key: str) -> None:
    kind, rng = key.partition(".")[0], np.random.default_rng(len(key))
    seen = 0
    for value in boundaries(key, 2048 if "padding" in key and kind != "conv2d" else 4096):
        window = _window(key, value)
        extent = _extent(window, rng)
        if window.kernel[0] * window.kernel[1] > 1 << 13:
            continue
        _check(kind, window, (1, 1, *extent), 1, rng)
        seen += 1
    assert seen >= 20


def _draws(kind: str, count: int) -> Iterator[tuple[Window, tuple[int, int, int, int], int, np.random.Generator]]:
    rng = np.random.default_rng(len(kind))
    for _ in range(count):
        kernel = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
        most = (7, 7) if kind == "conv2d" else (kernel[0] // 2, kernel[1] // 2)
        dilation = (1, 1) if kind == "average_pool2d" else (int(rng.integers(1, 8)), int(rng.integers(1, 8)))
        window = Window(
            kernel=kernel,
            stride=(int(rng.integers(1, 8)), int(rng.integers(1, 8))),
            padding=(int(rng.integers(0, most[0] + 1)), int(rng.integers(0, most[1] + 1))),
            dilation=dilation,
        )
        groups = int(rng.choice([1, 1, 2, 3]))
        extent = _extent(window, rng)
        yield window, (int(rng.integers(1, 3)), groups * int(rng.integers(1, 3)), *extent), groups, rng


@pytest.mark.parametrize("kind", KINDS)
def test_all_attributes_drawn_together(kind: str) -> None:
    checked = 0
    for window, shape, groups, rng in _draws(kind, 120):
        reach = [d * (k - 1) for d, k in zip(window.dilation, window.kernel, strict=True)]
        if kind != "conv2d" and any(size <= gap for size, gap in zip(shape[2:], reach, strict=True)):
            continue  # a window could hold padding only, which is refused
        _check(kind, window, shape, groups, rng)
        checked += 1
    assert checked >= 60


@pytest.mark.parametrize("key", [f"average_pool2d.kernel.{axis}" for axis in AXES])
def test_the_bound_of_an_average_is_reached(key: str) -> None:
    """The largest accumulator is that of the proof, for both signs: a bound below it would let a sum overflow."""
    quant = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=0, hi=255)
    for value in boundaries(key):
        kernel = (value, 3) if key.endswith("vertical") else (3, value)
        for signed, zero_point in ((False, 0), (False, 255), (True, 127), (True, -128)):
            edge = TensorSpec(name="x", shape=(1, *kernel), bits=8, signed=signed, zero_point=zero_point)
            node = AveragePool2d(name="p", inputs=("x",), output="y", kernel=kernel, stride=(1, 1), mulquant=quant)
            extremes = [
                abs(int(node.accumulate([np.full((1, 1, *kernel), v, np.int64)], [edge]).item()))
                for v in (edge.format.lo, edge.format.hi)
            ]
            assert node.worst_accumulator([edge]) == max(extremes) == kernel[0] * kernel[1] * 255


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
def test_softmax_rows_of_every_length(mode: Rounding) -> None:
    """Up to the longest: all equal, one above all others, and random."""
    rng = np.random.default_rng(7)
    exp = np.array([max(1, 4095 >> i) for i in range(32)])
    table = SoftmaxTable(exp=exp, exponent_bits=12, output_bits=8, reciprocal_bits=32, rounding=mode)
    for length in boundaries("softmax.row"):
        for row in ([5] * length, [31] + [0] * (length - 1), rng.integers(-128, 128, length).tolist()):
            if length > 4096 and mode is not Rounding.HALF_EVEN:
                row = row[:1500]
            wanted = oracle.softmax(
                row, exp=exp.tolist(), exponent_bits=12, output_bits=8, reciprocal_bits=32, mode=mode.value
            )
            assert softmax(row, table).tolist() == wanted, length


@pytest.mark.slow
def test_products_of_every_depth() -> None:
    """K at its boundaries, with extreme operands: the longest sums that the formats allow."""
    rng = np.random.default_rng(3)
    for depth in boundaries("linear.weight.in"):
        x = rng.choice([0, 255, 3], (2, depth))
        w = rng.choice([-128, 127, 1], (2, depth))
        zero_point = int(rng.choice([0, 128, 255]))
        assert linear(x, w, zero_point=zero_point).tolist() == oracle.linear(
            x.tolist(), w.tolist(), zero_point=zero_point
        )
        b, zps = w.T, (zero_point, -128)
        found = matmul(x, b, zero_point_a=zps[0], zero_point_b=zps[1])
        assert found.tolist() == oracle.matmul(x.tolist(), b.tolist(), zps=zps), depth


def test_many_channels_and_outputs() -> None:
    """Beyond 64, 128 and 256 of each, in every group."""
    rng = np.random.default_rng(4)
    for channels, outputs, groups in ((65, 3, 1), (3, 129, 1), (258, 258, 258), (130, 65 * 2, 65), (257, 1, 1)):
        x, w = rng.integers(0, 256, (1, channels, 2, 2)), rng.integers(-128, 128, (outputs, channels // groups, 1, 2))
        settings = {"stride": (1, 1), "padding": (0, 1), "dilation": (1, 1), "groups": groups, "zero_point": 7}
        found = conv2d(x, w, window=Window(kernel=(1, 2), padding=(0, 1)), groups=groups, zero_point=7)
        assert found.tolist() == oracle.conv2d(x.tolist(), w.tolist(), **settings)


def _corners(dimension: Dimension, low: int, high: int) -> list[int]:
    return sorted({min(max(value, low), high) for value in dimension.boundaries})


@pytest.mark.parametrize("mode", list(Rounding), ids=lambda mode: mode.value)
@pytest.mark.parametrize("widths", [Widths(acc=48, scale=13, bias=60), Widths(acc=29, scale=32, bias=60), Widths()])
def test_mulquant_at_every_corner(widths: Widths, mode: Rounding) -> None:
    """Accumulators, multipliers and biases at their boundaries, at every shift, in chip widths at both ends."""
    rng = np.random.default_rng(5)
    formats = {"acc": widths.acc, "scale": widths.scale, "bias": widths.bias}
    keys = {"acc": "arithmetic.accumulator", "scale": "conv2d.mulquant.multiplier", "bias": "conv2d.mulquant.bias"}
    corners = {
        name: _corners(SPACE[keys[name]], *(IntFormat(bits=bits, signed=True).lo, IntFormat(bits=bits, signed=True).hi))
        for name, bits in formats.items()
    }
    for shift in range(64):
        acc, multiplier, bias = (rng.choice(corners[name], 24) for name in ("acc", "scale", "bias"))
        zp, lo, hi = int(rng.integers(-128, 256)), int(rng.integers(-128, 64)), int(rng.integers(64, 256))
        params = MulQuant(
            multiplier=multiplier,
            bias=bias,
            shift=np.full(24, shift),
            rounding=mode,
            zero_point=zp,
            lo=lo,
            hi=hi,
            widths=widths,
        )
        wanted = [
            oracle.mulquant(int(a), int(m), int(b), shift, mode=mode.value, zp=zp, lo=lo, hi=hi)
            for a, m, b in zip(acc, multiplier, bias, strict=True)
        ]
        assert mulquant(acc[np.newaxis], params)[0].tolist() == wanted
        stage = OutputStage(rounding=mode, zero_point=zp, lo=lo, hi=hi)
        p = np.array([int(a) * int(m) + int(b) for a, m, b in zip(acc, multiplier, bias, strict=True)])
        assert stage.requantise(p, shift).tolist() == wanted


def test_tables_of_every_width() -> None:
    """Each pattern of inputs of 2 to 16 bits, signed and not."""
    rng = np.random.default_rng(6)
    for bits in range(2, 17):
        entries = rng.integers(-128, 128, 1 << bits)
        table = PointwiseTable(entries=entries, output=IntFormat(bits=8, signed=True))
        for signed in (False, True):
            fmt = IntFormat(bits=bits, signed=signed)
            inputs = [fmt.lo, fmt.hi, 0, *rng.integers(fmt.lo, fmt.hi + 1, 40).tolist()]
            wanted = [oracle.pointwise(v, table=entries.tolist(), bits=bits) for v in inputs]
            assert pointwise(inputs, table, signed=signed).tolist() == wanted, bits
