"""Rows, parts, repetitions, products of two activations, averages that leave padding out, beside onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from t2c.importing.proof import Grade
from tests.importing.onnx_judges import by_onnxruntime, judged
from tests.importing.onnx_nets import MICROSOFT, Net, imported

U8, S8 = onnx.TensorProto.UINT8, onnx.TensorProto.INT8
X, Y = (0.0213, 131), (0.0307, 117)
Builder = Callable[[Net, str], str]


def scaled(net: Net, scale: float, zero_point: int, kind: Any = np.uint8) -> tuple[str, str]:
    return net.hold(scale), net.hold(zero_point, kind)


def held(net: Net, values: Any) -> str:
    return net.hold(values, np.int64)


def through(net: Net, source: str, reading: tuple[float, int], name: str) -> str:
    """QuantizeLinear and DequantizeLinear."""
    pair = scaled(net, *reading)
    return net.add("DequantizeLinear", net.add("QuantizeLinear", source, *pair, name=name), *pair)


def qdq(build: Builder, shape: tuple[int, ...], end: tuple[float, int] = X) -> onnx.ModelProto:
    net = Net(shape)
    through(net, build(net, through(net, "x", X, "q")), end, "y")
    return net.model()


def weighted(net: Net, shape: tuple[int, ...], kind: Any = np.int8) -> str:
    """Weights per channel, or of uint8 with a zero point."""
    rng = np.random.default_rng(len(shape))
    if kind is np.uint8:
        held_, parts = net.hold(rng.integers(0, 256, shape), kind), (net.hold(0.0057), net.hold(151, kind))
        return net.add("DequantizeLinear", held_, *parts)
    scale, zero = net.hold(rng.uniform(0.002, 0.01, shape[0])), net.hold(np.zeros(shape[0]), kind)
    return net.add("DequantizeLinear", net.hold(rng.integers(-127, 128, shape), kind), scale, zero, axis=0)


def floats(net: Net, count: int) -> str:
    return net.hold(np.linspace(-0.7, 0.9, count))


MOVES: dict[str, tuple[tuple[int, ...], Builder]] = {
    "slice": ((4, 6, 5), lambda n, x: n.add("Slice", x, held(n, [1, 0]), held(n, [3, 4]), held(n, [1, 3]))),
    "steps": ((2, 7, 6), lambda n, x: n.add("Slice", x, held(n, [1]), held(n, [99]), held(n, [2]), held(n, [2]))),
    "whole batch": ((2, 6), lambda n, x: n.add("Slice", x, held(n, [0, 1]), held(n, [99, 5]), held(n, [0, 1]))),
    "one element": ((5, 4), lambda n, x: n.add("Gather", x, held(n, 0), axis=1)),
    "padded": ((2, 4, 3), lambda n, x: n.add("Pad", x, held(n, [0, 0, 1, 2, 0, 1, 0, 1]))),
    "padded by a number": ((2, 4), lambda n, x: n.add("Pad", x, held(n, [0, 0, 1, 0, 0, 0]), n.hold(0.0213))),
    "resized": (
        (2, 3, 4),
        lambda n, x: n.add(
            "Resize",
            x,
            "",
            n.hold([1, 1, 2, 3]),
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
    ),
    "resized as PyTorch": ((2, 3, 4), lambda n, x: n.add("Resize", x, "", n.hold([1.0, 1, 2, 2]))),
    "smaller": (
        (2, 6, 8),
        lambda n, x: n.add(
            "Resize", x, "", n.hold([1, 1, 0.5, 0.5]), nearest_mode="floor", coordinate_transformation_mode="asymmetric"
        ),
    ),
    "channels last": (
        (4, 3, 6),
        lambda n, x: n.add("Transpose", n.add("Relu", n.add("Transpose", x, perm=[0, 3, 1, 2])), perm=[0, 2, 3, 1]),
    ),
    "hanging windows": ((2, 6, 5), lambda n, x: n.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)),
    "rows": ((3, 9), lambda n, x: n.add("MaxPool", x, kernel_shape=[3], strides=[2], pads=[1, 1])),
    "bounds": ((7,), lambda n, x: n.add("Max", n.add("Min", x, n.hold(0.9)), n.hold(-0.4))),
}
SUMS: dict[str, tuple[tuple[int, ...], Builder]] = {
    "row convolution": (
        (3, 11),
        lambda n, x: n.add("Conv", x, weighted(n, (4, 3, 3)), floats(n, 4), pads=[1, 0], strides=[2], dilations=[2]),
    ),
    "row convolution, relu, mean": (
        (4, 9),
        lambda n, x: n.add(
            "GlobalAveragePool", through(n, n.add("Relu", n.add("Conv", x, weighted(n, (4, 2, 2)), group=2)), Y, "m")
        ),
    ),
    "uint8 weights": ((3, 6, 5), lambda n, x: n.add("Conv", x, weighted(n, (4, 3, 3, 3), np.uint8), pads=[1] * 4)),
    "grouped uint8 weights": ((4, 6, 5), lambda n, x: n.add("Conv", x, weighted(n, (4, 1, 3, 3), np.uint8), group=4)),
    "uint8 weights of rows": (
        (6,),
        lambda n, x: n.add("Gemm", x, weighted(n, (5, 6), np.uint8), floats(n, 5), transB=1),
    ),
    "tokens": (
        (7, 6),
        lambda n, x: n.add("Add", n.add("MatMul", x, n.add("Transpose", weighted(n, (5, 6)))), floats(n, 5)),
    ),
    "averages without padding": (
        (3, 6, 5),
        lambda n, x: n.add("AveragePool", x, kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 1]),
    ),
    "averages that hang": (
        (2, 6, 5),
        lambda n, x: n.add("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    ),
    "averages of rows": ((3, 8), lambda n, x: n.add("AveragePool", x, kernel_shape=[2], strides=[2])),
    "products": ((3, 4, 5), lambda n, x: n.add("Mul", x, through(n, n.add("Sigmoid", x), (1 / 257, 0), "s"))),
    "gate": ((3, 4, 5), lambda n, x: n.add("Mul", through(n, n.add("GlobalAveragePool", x), Y, "g"), x)),
    "spatial gate": (
        (3, 4, 5),
        lambda n, x: n.add("Mul", x, through(n, n.add("Conv", x, weighted(n, (1, 3, 1, 1))), Y, "g")),
    ),
    "differences": ((3, 4), lambda n, x: n.add("Sub", x, through(n, n.add("Relu", x), Y, "g"))),
    "sums that spread": ((3, 4, 5), lambda n, x: n.add("Add", x, through(n, n.add("GlobalAveragePool", x), Y, "g"))),
    "swish": ((4, 6), lambda n, x: n.add("Mul", x, n.add("Sigmoid", x))),
    "hard swish": ((4, 6), lambda n, x: n.add("HardSwish", x)),
    "elu": ((4, 6), lambda n, x: n.add("Elu", x, alpha=0.8)),
    "prelu": ((4, 6), lambda n, x: n.add("PRelu", x, n.hold(0.21))),
}


@pytest.mark.parametrize("case", [*MOVES, *SUMS])
def test_qdq(case: str, tmp_path: Path) -> None:
    """Without optimisations onnxruntime computes the float operators themselves, which sums are not equal to at every
    accumulator: what moves integers is equal, and sums differ at most at as many elements as the float's own error."""
    shape, build = (MOVES | SUMS)[case]
    model = qdq(build, shape, X if case in MOVES else Y)
    model.opset_import[0].version = 14
    if case == "hard swish":
        model.opset_import[0].version = 18
    done = imported(model, tmp_path)
    feed = np.random.default_rng(3).normal(size=(20, *shape)).astype(np.float32) * 1.3
    found = judged(model, done, feed)
    if case in MOVES:
        assert set(found.values()) == {0}
        assert {layer.exactness.grade for layer in done.network.layers} <= {Grade.SAME, Grade.TABLE}
    else:
        assert found["y"] <= 2, found


QLINEAR: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "same": ((3, 4, 5), (3, 4, 5)),
    "channels": ((3, 4, 5), (3, 1, 1)),
    "channels first": ((3, 1, 1), (3, 4, 5)),
    "pixels": ((3, 4, 5), (1, 4, 5)),
}


@pytest.mark.parametrize("case", QLINEAR)
@pytest.mark.parametrize("op", ["QLinearMul", "QLinearAdd"])
def test_qlinear_operators_of_two_shapes(op: str, case: str, tmp_path: Path) -> None:
    left, right = QLINEAR[case]
    net = Net((3, 4, 5), U8)

    def shaped(shape: tuple[int, ...], name: str) -> str:
        if shape == (3, 4, 5):
            return "x"
        axes = [i for i, extent in enumerate(shape) if extent == 1]
        ends = [held(net, values) for values in ([0] * len(axes), [1] * len(axes), [i + 1 for i in axes])]
        return net.add("Slice", "x", *ends, name=name)

    a, b = shaped(left, "a"), shaped(right, "b")
    pair = (a, *scaled(net, *X), b, *scaled(net, *X), *scaled(net, 0.0451 if op == "QLinearAdd" else 0.0209, 90))
    net.add(op, *pair, name="y", domain=MICROSOFT)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = np.random.default_rng(5).integers(0, 256, (40, 3, 4, 5)).astype(np.uint8)
    assert judged(model, done, feed)["y"] == 0
    layer = next(each for each in done.network.layers if each.node == "y")
    assert layer.exactness.differing < 30


@pytest.mark.parametrize("constant", [np.array(77, np.uint8), np.array([[[9]], [[200]], [[131]]], np.uint8)])
@pytest.mark.parametrize("first", [False, True])
def test_qlinear_mul_by_a_constant(first: bool, constant: Any, tmp_path: Path) -> None:
    net = Net((3, 16, 16), U8)
    operands = [("x", *scaled(net, *X)), (net.hold(constant, np.uint8), *scaled(net, 0.0119, 120))]
    pair = [each for operand in (operands[::-1] if first else operands) for each in operand]
    net.add("QLinearMul", *pair, *scaled(net, 0.0173, 99), name="y", domain=MICROSOFT)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16), (1, 3, 16, 16))
    assert judged(model, done, np.ascontiguousarray(feed))["y"] == 0


def test_qlinear_average_pool_leaves_padding_out(tmp_path: Path) -> None:
    net = Net((3, 7, 6), U8)
    ends = ("x", *scaled(net, *X), *scaled(net, 0.0177, 99))
    net.add("QLinearAveragePool", *ends, name="y", domain=MICROSOFT, kernel_shape=[3, 3], strides=[2, 1], pads=[1] * 4)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = np.random.default_rng(5).integers(0, 256, (60, 3, 7, 6)).astype(np.uint8)
    assert judged(model, done, feed)["y"] <= 2


def test_parts_of_one_tensor(tmp_path: Path) -> None:
    """Split gives several tensors, as C2f blocks of YOLO take them; they are joined again in another order."""
    net = Net((6, 4, 5), U8)
    net.nodes.append(helper.make_node("Split", ["x", held(net, [2, 3, 1])], ["a", "b", "c"], axis=1))
    parts = [each for part in ("c", "a", "b") for each in (part, *scaled(net, *X))]
    net.add("QLinearConcat", *scaled(net, *X), *parts, name="y", domain=MICROSOFT, axis=1)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = np.random.default_rng(5).integers(0, 256, (6, 6, 4, 5)).astype(np.uint8)
    assert judged(model, done, feed) == {"a": 0, "b": 0, "c": 0, "y": 0}


@pytest.mark.parametrize("opset", range(10, 22))
def test_versions_of_the_operators(opset: int, tmp_path: Path) -> None:
    shape, build = (3, 6, 5), SUMS["uint8 weights"][1]
    model = qdq(build, shape, Y)
    model.opset_import[0].version = opset
    done = imported(model, tmp_path)
    feed = np.random.default_rng(3).normal(size=(4, *shape)).astype(np.float32)
    assert judged(model, done, feed)["y"] <= 1
    assert "q" in by_onnxruntime(model, {"x": feed}, ["q"])


def test_a_size_instead_of_scales(tmp_path: Path) -> None:
    net = Net((2, 3, 4), batch=1)
    resized = net.add("Resize", through(net, "x", X, "q"), "", "", held(net, [1, 2, 6, 8]))
    through(net, resized, X, "y")
    model = net.model()
    feed = np.random.default_rng(3).normal(size=(1, 2, 3, 4)).astype(np.float32)
    assert judged(model, imported(model, tmp_path), feed)["y"] == 0


def test_several_outputs(tmp_path: Path) -> None:
    """As heads of YOLO are: maps of several sizes and scales."""
    net = Net((2, 6, 6))
    x = through(net, "x", X, "q")
    large = through(net, net.add("Conv", x, weighted(net, (3, 2, 1, 1))), Y, "large")
    small = through(
        net, net.add("Sigmoid", net.add("MaxPool", large, kernel_shape=[2, 2], strides=[2, 2])), (1 / 256, 0), "small"
    )
    model = net.model()
    del model.graph.output[:]
    outputs = [large, small, large]
    model.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs[:2])
    done = imported(model, tmp_path)
    assert done.network.graph.edges[done.network.graph.output].shape == (3 * 36 + 3 * 9,)
    feed = np.random.default_rng(3).normal(size=(9, 2, 6, 6)).astype(np.float32)
    assert judged(model, done, feed)["small"] <= 1
    values = done.network.graph.run(done.package.samples)
    parts = {tensor.name: tensor.of(values[tensor.edge]) for tensor in done.network.outputs}
    for name, tensor in (("large", large), ("small", small)):
        edge = values[done.network.tensors[name].edge]
        assert np.array_equal(parts[tensor], edge.reshape(len(edge), -1))
