"""ConvInteger and MatMulInteger with the float operators that requantise them, computed in float32 as the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from t2c.importing.proof import Grade
from tests.importing.onnx_judges import by_onnxruntime, golden_tensors, made_by_nodes
from tests.importing.onnx_nets import Net, imported

U8, INT32, FLOAT = onnx.TensorProto.UINT8, onnx.TensorProto.INT32, onnx.TensorProto.FLOAT


def bytes_of(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.uint8) -> Any:
    return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, endpoint=True).astype(dtype)


def quantise(net: Net, source: str, scale: float, zero_point: int, name: str = "y") -> str:
    return net.add("QuantizeLinear", source, net.hold(scale), net.hold(zero_point, np.uint8), name=name)


@pytest.mark.parametrize("negative", [False, True])
def test_conv_integer_with_scale_bias_and_relu(negative: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    net = Net((3, 8, 8), U8)
    weight = bytes_of(rng, (6, 3, 3, 3), np.int8)
    acc = net.add("ConvInteger", "x", net.hold(weight, np.int8), net.hold(9, np.uint8), pads=[1, 1, 1, 1])
    real = net.add("Cast", acc, to=FLOAT)
    factor = rng.uniform(0.0001, 0.001, (1, 6, 1, 1)) * (rng.choice([-1, 1], (1, 6, 1, 1)) if negative else 1)
    scaled = net.add("Mul", real, net.hold(factor))
    moved = net.add("Add", scaled, net.hold(rng.normal(size=(1, 6, 1, 1))))
    quantise(net, net.add("Relu", moved), 0.0317, 11)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = bytes_of(rng, (32, 3, 8, 8))
    found = by_onnxruntime(model, {"x": feed}, ["y"])["y"].reshape(32, -1)
    wrong = int((found != golden_tensors(done, feed.astype(np.int64))["y"]).sum())
    known = done.network.layers[-1].exactness
    assert wrong <= known.differing <= 20
    assert len(np.unique(found)) > 100


def test_matmul_integer_twice(tmp_path: Path) -> None:
    """Between two products a requantisation; the last sums are the output, as they are: they fit 16 bits."""
    rng = np.random.default_rng(2)
    net = Net((10,), U8)
    first = net.add("MatMulInteger", "x", net.hold(bytes_of(rng, (10, 8), np.int8), np.int8), net.hold(7, np.uint8))
    real = net.add("Mul", net.add("Cast", first, to=FLOAT), net.hold(0.00113))
    middle = quantise(net, real, 0.7313, 128, "middle")
    small = rng.integers(-8, 8, (8, 4))
    net.add("MatMulInteger", middle, net.hold(small, np.int8), net.hold(128, np.uint8), name="y")
    model = net.model(INT32)
    done = imported(model, tmp_path)
    assert [layer.exactness.grade for layer in done.network.layers] == [Grade.PROVEN, Grade.PROVEN]
    feed = bytes_of(rng, (500, 10))
    found = by_onnxruntime(model, {"x": feed}, ["middle", "y"])
    ours = golden_tensors(done, feed.astype(np.int64))
    assert {name: int((found[name] != ours[name]).sum()) for name in found} == {"middle": 0, "y": 0}
    assert made_by_nodes(model, done) == ["middle", "y"]


def test_scale_by_dequantize_linear(tmp_path: Path) -> None:
    """Of int32 sums."""
    rng = np.random.default_rng(2)
    net = Net((10,), U8)
    acc = net.add("MatMulInteger", "x", net.hold(bytes_of(rng, (10, 8), np.int8), np.int8), net.hold(7, np.uint8))
    quantise(net, net.add("DequantizeLinear", acc, net.hold(0.00113), net.hold(0, np.int32)), 0.7313, 128)
    model = net.model(U8)
    done = imported(model, tmp_path)
    feed = bytes_of(rng, (500, 10))
    found = by_onnxruntime(model, {"x": feed}, ["y"])["y"]
    assert np.array_equal(found, golden_tensors(done, feed.astype(np.int64))["y"])
