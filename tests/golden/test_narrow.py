"""Tensors in the smallest dtype that holds them, sums in int32, MulQuant block by block: the integers stay the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from t2c.golden.arithmetic import blocks as cutting
from t2c.golden.arithmetic.conv import prepare_conv2d
from t2c.golden.arithmetic.exact import EXACT, sum_dtype
from t2c.golden.arithmetic.formats import IntFormat, smallest_dtype
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, mulquant, mulquant_narrow, residual_add
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.nodes.max_pool2d import MaxPool2d
from tests.every_op import every_op_package


@pytest.fixture(scope="module")
def package() -> Package:
    return every_op_package(0)


def test_every_tensor_of_the_steps_has_the_dtype_of_its_edge(package: Package) -> None:
    wide, seen = package.graph.run(package.samples), set()
    for node, arguments, result in package.graph.narrow_steps(package.samples):
        for name, value in (*zip(node.inputs, arguments, strict=True), (node.output, result)):
            edge = package.graph.edges[name]
            assert value.dtype == edge.dtype == (np.int8 if edge.signed else np.uint8), name
            assert np.array_equal(value, wide[name]), name
            assert wide[name].dtype == np.int64
            seen.add(edge.signed)
    assert seen == {True, False}


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint64])
def test_images_of_any_dtype_give_the_same_integers(package: Package, dtype: type[np.generic]) -> None:
    edge = package.graph.edges[package.graph.input]
    low, high = max(edge.format.lo, 0), min(edge.format.hi, 127)
    images = np.clip(package.samples, low, high)
    wanted = package.graph.run(images)
    for name, value in package.graph.run(images.astype(dtype)).items():
        assert np.array_equal(value, wanted[name]), name


def pool_graph(kind: type[MaxPool2d]) -> Graph:
    """One pooling node of that kind over 4-bit maps."""
    package = every_op_package(0)
    edge = replace(package.graph.edges[package.graph.input], name="x", shape=(1, 2, 2), bits=4, signed=True)
    edge = replace(edge, zero_point=0)
    node = kind(name="pool", inputs=("x",), output="y", kernel=(1, 1), stride=(1, 1))
    edges = {"x": edge, "y": replace(edge, name="y")}
    return Graph(name="g", widths=package.graph.widths, edges=edges, nodes=(node,), input="x", output="y")


def test_a_node_that_does_not_say_it_widens_gets_int64() -> None:
    seen: list[np.dtype[np.generic]] = []

    class Doubling(MaxPool2d):
        narrow = False

        def forward(self, values, inputs):  # type: ignore[no-untyped-def]
            seen.append(values[0].dtype)
            return values[0] * 100 // 100

    images = np.array([[[[-8, 7], [3, 2]]]])
    assert pool_graph(Doubling).run(images)["y"].tolist() == images.tolist()
    assert seen == [np.int64]


def test_a_result_outside_its_format_is_refused_not_wrapped() -> None:
    class Wild(MaxPool2d):
        def forward(self, values, inputs):  # type: ignore[no-untyped-def]
            return values[0].astype(np.int64) + 256

    with pytest.raises(RangeError, match=r"node 'pool': output.* = 263 is outside -8\.\.7"):
        pool_graph(Wild).run([[[[-8, 7], [3, 2]]]])


@pytest.mark.parametrize(("magnitude", "wanted"), [(1 << 7, np.int32), (1 << 17, np.int64), (1 << 40, np.int64)])
def test_sums_are_int32_only_where_they_are_proven_to_fit(magnitude: int, wanted: type[np.generic]) -> None:
    kernel = prepare_conv2d(np.full((2, 300, 3, 3), -128), window=Window(kernel=(3, 3)))
    x = np.full((2, 300, 4, 4), magnitude)
    x[1] = 1
    assert kernel.sums(x).dtype == wanted
    assert kernel.apply(x).dtype == np.int64
    assert kernel.sums(x)[:, 1, 0, 0].tolist() == [-128 * 2700 * magnitude, -128 * 2700]


def test_sums_of_too_many_parts_are_int64() -> None:
    """2^7 parts within 2^24 may add up to 2^31."""
    parts = [slice(k, k + 64) for k in range(0, 64 * 128, 64)]
    assert EXACT[np.float32] * len(parts) == 1 << 31
    assert sum_dtype(np.float32, parts) is np.int64
    assert sum_dtype(np.float32, parts[1:]) is np.int32


@pytest.mark.parametrize("shape", [(), (0,), (3,), (20,), (2, 3), (3, 0, 2), (5, 3, 2), (2, 3, 4, 5), (1, 1, 30)])
@pytest.mark.parametrize("rounding", ["floor", "half_up", "half_even", "half_away"])
def test_blocks_change_nothing(shape: tuple[int, ...], rounding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    acc, left, right = (rng.integers(-128, 256, shape) for _ in range(3))
    stage = {"rounding": rounding, "zero_point": 3, "lo": -128, "hi": 127}
    channels = 1 if len(shape) < 2 else max(shape[1], 1)
    constants = {name: rng.integers(0, 9, channels) for name in ("multiplier", "bias", "shift")}
    quant = MulQuant(**stage, **constants)
    add = AddQuant(**stage, multiplier_a=5, multiplier_b=-3, bias=1, shift=2)
    whole = mulquant(acc, quant), residual_add(left, right, add, zero_point_a=3, zero_point_b=-2)
    monkeypatch.setattr(cutting, "BLOCK", 7)
    cut = mulquant(acc, quant), residual_add(left, right, add, zero_point_a=3, zero_point_b=-2)
    for one, other in zip(whole, cut, strict=True):
        assert np.shape(one) == shape
        assert np.array_equal(one, other)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_accumulators_of_any_dtype(dtype: type[np.generic]) -> None:
    """NumPy would make float64 of uint64 and int64."""
    acc = np.array([0, 1, 100, 127], dtype)
    quant = MulQuant(multiplier=[-32768], bias=[5], shift=[3], lo=-128, hi=255)
    wanted = [min(max((-32768 * v + 5 + 4) >> 3, -128), 255) for v in (0, 1, 100, 127)]
    assert mulquant(acc, quant).tolist() == wanted
    assert mulquant_narrow(acc, quant).dtype == np.int16


def test_an_add_that_leaves_int64_is_exact() -> None:
    add = AddQuant(multiplier_a=3, multiplier_b=1, bias=0, shift=63, lo=-255, hi=255)
    assert residual_add([1], [1], add, zero_point_a=1 << 62).tolist() == [-1]
    assert residual_add([1], [1], add, zero_point_a=-(1 << 62)).tolist() == [2]
    assert residual_add([1], [-3], add, zero_point_b=(1 << 63) - 1).tolist() == [-1]


def test_the_smallest_dtype() -> None:
    for bits in range(1, 65):
        for signed in (True, False):
            fmt = IntFormat(bits=bits, signed=signed)
            info = np.iinfo(fmt.dtype)
            assert info.min <= fmt.lo
            assert fmt.hi <= info.max
            assert info.bits == next(n for n in (8, 16, 32, 64) if n >= bits)
    with pytest.raises(RangeError, match="does not fit"):
        smallest_dtype(-1, 1 << 63)
