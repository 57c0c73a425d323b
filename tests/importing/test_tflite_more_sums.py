"""TRANSPOSE_CONV, PRELU, BATCH_MATMUL and the end of SSD networks, beside LiteRT."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import RELU, SAME, VALID, TfliteFile, options
from tests.importing.tflite_layers import Layers

GRADES = {Grade.PROVEN, Grade.DOUBLE}


def turned(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: int,
    *,
    bias: bool = True,
    **more: Any,
) -> Layers:
    layers = Layers((1, *size, 3), zero_point=100, seed=sum(kernel) + sum(stride), **more)
    sizes = [n * s if padding == SAME else (n - 1) * s + k for n, k, s in zip(size, kernel, stride, strict=True)]
    shape, random = (1, *sizes, 4), layers.random
    scales = random.uniform(0.002, 0.01, 1 if layers.unsigned else 4)
    weight, given = layers.weight((4, *kernel, 3), scales, 0), layers.last
    wanted = layers.file.tensor((4,), type_="INT32", data=shape)
    inputs = [wanted, weight, given]
    if bias:
        inputs.append(layers.file.tensor((4,), type_="INT32", scale=0.05 * scales, data=random.integers(-999, 999, 4)))
    made = options("TransposeConvOptions", padding=padding, strideH=stride[0], strideW=stride[1])
    layers.file.operator("TRANSPOSE_CONV", inputs, layers.output(shape, 0.1, 90), made, version=3 if bias else 2)
    return layers


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(
    ("size", "kernel", "stride"),
    [
        ((3, 4), (2, 2), (2, 2)),
        ((4, 3), (3, 3), (2, 2)),
        ((3, 3), (4, 4), (2, 2)),
        ((4, 5), (3, 2), (1, 1)),
        ((2, 3), (5, 3), (3, 2)),
    ],
)
def test_transposed_convolutions(size: Any, kernel: Any, stride: Any, padding: int, unsigned: bool) -> None:
    network = assert_equal_to_litert(turned(size, kernel, stride, padding, unsigned=unsigned).data())
    assert network.layers[0].exactness.grade in GRADES


def test_a_transposed_convolution_without_bias_between_others() -> None:
    layers = turned((3, 3), (2, 2), (2, 2), SAME, bias=False)
    layers.conv(2, (3, 3), output=(6, 6), padding=SAME, activation=RELU)
    assert_equal_to_litert(layers.data())


def test_a_size_that_no_transposed_convolution_gives_is_refused() -> None:
    layers = turned((3, 3), (2, 2), (2, 2), SAME)
    layers.file.model.buffers[-2 if False else 2].data = np.frombuffer(
        np.array([1, 9, 6, 4], np.int32).tobytes(), np.uint8
    )
    layers.file.graph.tensors[-1].shape = [1, 9, 6, 4]
    with pytest.raises(RefusedError, match=r"operator 0 \(TRANSPOSE_CONV\): 3 pixels do not become 9"):
        imported(layers.data())


@pytest.mark.parametrize("slopes", [[64, 10, 0, 127, 33, 5], [20], [-3, -90, 0, -1, -60, -7], [0, 0, 0, 0, 0, 1]])
@pytest.mark.parametrize("output", [(0.05, -3), (0.031, -128), (0.07, 127)])
def test_prelu_is_equal_for_all_inputs(slopes: list[int], output: tuple[float, int]) -> None:
    layers = Layers((1, 16, 16, 6), zero_point=11)
    given, held = layers.last, layers.file.tensor((1, 1, len(slopes)), scale=0.0077, data=slopes)
    layers.file.operator("PRELU", [given, held], layers.output((1, 16, 16, 6), *output))
    images = np.broadcast_to(np.arange(-128, 128).reshape(1, 1, 16, 16), (1, 6, 16, 16))
    network = assert_equal_to_litert(layers.data(), images)
    assert network.layers[0].exactness.grade is Grade.PROVEN


def test_slopes_of_both_signs_are_refused() -> None:
    layers = Layers((1, 2, 2, 2))
    given, held = layers.last, layers.file.tensor((1, 1, 2), scale=0.01, data=[5, -5])
    layers.file.operator("PRELU", [given, held], layers.output((1, 2, 2, 2), 0.1, 0))
    with pytest.raises(RefusedError, match=r"operator 0 \(PRELU\): tensor 1 .* has slopes of both signs"):
        imported(layers.data())


@pytest.mark.parametrize(
    ("left", "right", "adjoint"),
    [
        ((1, 5, 6), (1, 6, 4), (False, False)),
        ((1, 3, 5, 6), (1, 3, 4, 6), (False, True)),
        ((1, 2, 6, 5), (1, 2, 6, 4), (True, False)),
    ],
)
def test_batch_matmul(left: tuple[int, ...], right: tuple[int, ...], adjoint: tuple[bool, bool]) -> None:
    file = TfliteFile()
    a, b = (
        file.tensor(shape, name=f"in{i}", scale=0.0513 - i / 99, zero_point=9 - i)
        for i, shape in enumerate((left, right))
    )
    rows, columns = left[-1 if adjoint[0] else -2], right[-2 if adjoint[1] else -1]
    out = file.tensor((*left[:-2], rows, columns), scale=0.21, zero_point=5)
    made = options("BatchMatMulOptions", adjX=adjoint[0], adjY=adjoint[1])
    file.operator("BATCH_MATMUL", [a, b], out, made, version=2)
    network = assert_equal_to_litert(file.data([a, b], [out]))
    assert network.layers[0].exactness.grade in GRADES


def test_an_ssd_network_ends_with_what_the_host_makes_of_boxes_and_scores() -> None:
    layers = Layers((1, 4, 4, 3))
    given, parts = layers.last, []
    for width, scale in ((4, 0.21), (3, 0.17)):
        layers.last, layers.shape, layers.scale, layers.zero_point = given, (1, 4, 4, 3), 0.05, -3
        layers.conv(width, (1, 1), output=(4, 4), scale=scale)
        layers.reshape((1, 16, width))
        parts.append(layers.last)
    scores = layers.output((1, 16, 3), 1 / 256, -128)
    layers.file.operator("LOGISTIC", [parts[1]], scores)
    anchors = layers.file.tensor((16, 4), scale=0.01, data=np.zeros((16, 4)))
    outs = [layers.file.tensor(shape, type_="FLOAT32") for shape in ((1, 5, 4), (1, 5), (1, 5), (1,))]
    layers.file.operator("CUSTOM", [parts[0], scores, anchors], outs)
    layers.file.model.operatorCodes[-1].customCode = b"TFLite_Detection_PostProcess"
    network = imported(layers.file.data([given], outs))
    assert network.graph.edges[network.graph.output].shape == (16 * 4 + 16 * 3,)
    assert network.layers[-1].exactness.grade is Grade.FLOAT
    layers.file.graph.operators.pop()
    layers.file.model.operatorCodes.pop()
    assert_equal_to_litert(layers.file.data([given], [parts[0], scores]))
