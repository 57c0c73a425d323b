"""Operators of one element, padding, joins, means and products beside LiteRT's reference kernels."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import NO_ACTIVATION, RELU, SAME, VALID, TfliteFile, litert, options
from tests.importing.tflite_layers import Layers

ALL = np.arange(-128, 128).reshape(1, 256)
FIXED = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}


def unary(kind: str, scale: float, zero_point: int, output: tuple[float, int]) -> bytes:
    file = TfliteFile()
    given = file.tensor((1, 256), name="in", scale=scale, zero_point=zero_point)
    out = file.tensor((1, 256), scale=output[0], zero_point=output[1])
    made = options("HardSwishOptions") if kind == "HARD_SWISH" else None
    file.operator(kind, [given], out, made)
    return file.data([given], [out])


@pytest.mark.parametrize("kind", FIXED)
@pytest.mark.parametrize(
    ("scale", "zero_point"), [(0.003, 0), (0.05, -128), (0.1, 13), (0.3, 127), (4.0, -1), (8.0, 3)]
)
def test_functions_by_table_are_equal_for_all_inputs(kind: str, scale: float, zero_point: int) -> None:
    network = assert_equal_to_litert(unary(kind, scale, zero_point, FIXED[kind]), ALL)
    assert [layer.exactness.grade for layer in network.layers] == [Grade.TABLE]


@pytest.mark.parametrize(
    ("scale", "zero_point", "output"),
    [(0.05, 0, (0.04, -119)), (0.024, -128, (0.03, -128)), (0.1, 13, (0.07, -100)), (0.0057, 101, (0.02, -10))],
)
def test_hard_swish_is_equal_for_all_inputs(scale: float, zero_point: int, output: tuple[float, int]) -> None:
    assert_equal_to_litert(unary("HARD_SWISH", scale, zero_point, output), ALL)


@pytest.mark.parametrize("kind", ["RELU", "RELU6"])
@pytest.mark.parametrize(
    ("scale", "zero_point", "output"),
    [(0.05, 0, (0.05, -128)), (0.1, 13, (0.037, -128)), (0.01, -128, (0.3, 5)), (0.2, -5, (0.001, -60))],
)
def test_relu_is_equal_for_all_inputs(kind: str, scale: float, zero_point: int, output: tuple[float, int]) -> None:
    assert_equal_to_litert(unary(kind, scale, zero_point, output), ALL)


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
def test_another_output_scale_is_refused(kind: str) -> None:
    with pytest.raises(RefusedError, match=rf"operator 0 \({kind}\): tensor 1 .* has scale 0.5"):
        imported(unary(kind, 0.1, 0, (0.5, 0)))


def padded(amounts: list[list[int]], type_: str = "INT32") -> Layers:
    layers = Layers((1, 5, 4, 2), zero_point=-7)
    given = layers.last
    held = layers.file.tensor((4, 2), type_=type_, data=np.array(amounts))
    (_, top_bottom, left_right, _) = amounts
    shape = (1, 5 + sum(top_bottom), 4 + sum(left_right), 2)
    layers.file.operator("PAD", [given, held], layers.output(shape, layers.scale, layers.zero_point), version=2)
    return layers


@pytest.mark.parametrize("type_", ["INT32", "INT64"])
@pytest.mark.parametrize("amounts", [(1, 1, 1, 1), (2, 2, 0, 0)])
def test_pad_becomes_the_padding_of_the_convolution_after_it(amounts: tuple[int, ...], type_: str) -> None:
    top, bottom, left, right = amounts
    layers = padded([[0, 0], [top, bottom], [left, right], [0, 0]], type_)
    layers.conv(3, (2, 2), output=(5 + top + bottom - 1, 4 + left + right - 1))
    network = assert_equal_to_litert(layers.data(), absent=("t2",))
    assert [node.op for node in network.graph.nodes] == ["conv2d"]


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenation_of_maps(axis: int) -> None:
    layers = Layers((1, 4, 3, 2))
    given, shape = layers.last, layers.shape
    layers.pool("MAX_POOL_2D", (1, 1), output=(4, 3))
    first = layers.last
    layers.last = given
    layers.pool("MAX_POOL_2D", (3, 3), output=(4, 3), padding=SAME)
    joined = list(shape)
    joined[axis] *= 3
    inputs = [first, given, layers.last]
    out = layers.output(tuple(joined), layers.scale, layers.zero_point)
    layers.file.operator("CONCATENATION", inputs, out, options("ConcatenationOptions", axis=axis), version=2)
    layers.conv(3, (1, 1), output=(joined[1], joined[2]))
    assert_equal_to_litert(layers.data())


def test_concatenation_of_vectors() -> None:
    layers = Layers((1, 6))
    given = layers.last
    layers.file.operator(
        "CONCATENATION",
        [given, given],
        layers.output((1, 12), 0.05, -3),
        options("ConcatenationOptions", axis=1),
        version=2,
    )
    layers.fully_connected(3)
    assert_equal_to_litert(layers.data())


def test_concatenation_of_different_scales_is_refused() -> None:
    layers = Layers((1, 6))
    given = layers.last
    layers.fully_connected(6)
    out = layers.output((1, 12), 0.05, -3)
    layers.file.operator("CONCATENATION", [given, 3], out, options("ConcatenationOptions", axis=1), version=2)
    with pytest.raises(RefusedError, match=r"operator 1 \(CONCATENATION\): tensor 3 .* differ in scale or zero point"):
        imported(layers.data())


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((1, 4, 3, 2), (0, 2, 1, 3)), ((1, 4, 3, 2), (0, 3, 1, 2)), ((1, 4, 3, 2), (0, 1, 3, 2)), ((1, 4, 3), (0, 2, 1))],
)
def test_transpose(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    layers = Layers(shape)
    given = layers.last
    held = layers.file.tensor((len(axes),), type_="INT32", data=np.array(axes))
    out = layers.output(tuple(shape[axis] for axis in axes), layers.scale, layers.zero_point)
    layers.file.operator("TRANSPOSE", [given, held], out, version=2)
    layers.fully_connected(4)
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("size", "output"), [((7, 7), (0.05, -3)), ((4, 6), (0.031, 17)), ((5, 3), (0.2, -128)), ((1, 1), (0.06, 0))]
)
def test_mean(keep: bool, size: tuple[int, int], output: tuple[float, int]) -> None:
    layers = Layers((1, *size, 5))
    given = layers.last
    held = layers.file.tensor((2,), type_="INT32", data=[1, 2])
    out = layers.output((1, 1, 1, 5) if keep else (1, 5), *output)
    layers.file.operator("MEAN", [given, held], out, options("ReducerOptions", keepDims=keep), version=2)
    if not keep:
        layers.fully_connected(3)
    network = assert_equal_to_litert(layers.data())
    assert network.layers[0].exactness.grade is not Grade.DIFFERS


def test_mean_of_two_is_equal_for_all_pairs() -> None:
    file = TfliteFile()
    given = file.tensor((1, 2, 1, 1), name="in", scale=0.1, zero_point=9)
    held = file.tensor((2,), type_="INT32", data=[1, 2])
    out = file.tensor((1, 1, 1, 1), scale=0.083, zero_point=-4)
    file.operator("MEAN", [given, held], out, options("ReducerOptions", keepDims=True), version=2)
    a, b = np.meshgrid(np.arange(-128, 128, 3), np.arange(-128, 128, 5), indexing="ij")
    assert_equal_to_litert(file.data([given], [out]), np.stack([a.ravel(), b.ravel()], axis=1)[:, None, :, None])


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("activation", [NO_ACTIVATION, RELU])
@pytest.mark.parametrize("channels", [1, 6])
def test_mul_by_constants_is_equal_for_all_inputs(first: bool, activation: int, channels: int) -> None:
    layers = Layers((1, 16, 16, 6), zero_point=11)
    given, values = layers.last, np.array([-128, -30, -1, 0, 77, 127])[:channels]
    shape = (1, 1, 1, channels) if channels > 1 else ()
    constant = layers.file.tensor(shape, scale=0.013, zero_point=-1, data=values)
    out = layers.output((1, 16, 16, 6), 0.08, -20)
    inputs = [constant, given] if first else [given, constant]
    layers.file.operator("MUL", inputs, out, options("MulOptions", fusedActivationFunction=activation), version=2)
    images = np.broadcast_to(np.arange(-128, 128).reshape(1, 1, 16, 16), (1, 6, 16, 16))
    network = assert_equal_to_litert(layers.data(), images)
    assert network.layers[0].exactness.grade is Grade.PROVEN


@pytest.mark.parametrize(
    ("scale", "zero_point", "output"),
    [(0.05, 0, (0.05, -128)), (0.1, 13, (0.037, -12)), (0.01, -128, (0.3, 5)), (0.2, -5, (0.001, -60))],
)
def test_quantize_of_integers_is_equal_for_all_inputs(scale: float, zero_point: int, output: tuple[float, int]) -> None:
    assert_equal_to_litert(unary("QUANTIZE", scale, zero_point, output), ALL)


def test_real_inputs_and_results_are_the_hosts() -> None:
    """As converters write files that applications may use without knowing of integers."""
    layers = Layers((1, 6), zero_point=4)
    real = layers.file.tensor((1, 6), name="real", type_="FLOAT32")
    layers.file.operator("QUANTIZE", [real], layers.first)
    layers.fully_connected(3)
    layers.softmax()
    last, out = layers.last, layers.file.tensor((1, 3), name="result", type_="FLOAT32")
    layers.file.operator("DEQUANTIZE", [last], out, version=2)
    data = layers.file.data([real], [out])
    network = imported(data)
    assert [layer.exactness.grade for layer in network.layers] == [Grade.HOST, Grade.PROVEN, Grade.HOST, Grade.HOST]
    images = np.random.default_rng(1).integers(-128, 128, (4, 6))
    judged = litert(data, (images - 4) * np.float32(0.05))
    assert np.array_equal(judged["in"], images)
    values = network.graph.run(images)
    for name, tensor in network.tensors.items():
        assert np.array_equal(tensor.of(values[tensor.edge]), judged[name])
    ((name, result),) = network.run_host(values[network.graph.output]).items()
    assert np.array_equal(result, judged[name])


def test_real_numbers_in_mid_network_are_refused() -> None:
    layers = Layers((1, 6))
    given, real = layers.last, layers.file.tensor((1, 6), type_="FLOAT32")
    layers.file.operator("DEQUANTIZE", [given], real, version=2)
    layers.file.operator("QUANTIZE", [real], layers.output((1, 6), 0.1, 0))
    with pytest.raises(RefusedError, match=r"operator 0 \(DEQUANTIZE\): real numbers in the middle of the network"):
        imported(layers.data())


def test_softmax_of_a_view_is_in_the_order_of_the_file() -> None:
    layers = Layers((1, 3, 2, 4))
    layers.pool("MAX_POOL_2D", (1, 1), output=(3, 2))
    layers.reshape((1, 24))
    layers.softmax()
    assert_equal_to_litert(layers.data())


def test_a_padded_output() -> None:
    layers = Layers((1, 5, 4, 2))
    layers.conv(2, (1, 1), output=(5, 4))
    held = layers.file.tensor((4, 2), type_="INT32", data=[[0, 0], [1, 1], [1, 1], [0, 0]])
    given = layers.last
    out = layers.output((1, 7, 6, 2), layers.scale, layers.zero_point)
    layers.file.operator("PAD", [given, held], out, version=2)
    assert_equal_to_litert(layers.data())


def test_operators_of_a_mobile_network() -> None:
    """PAD, convolution, HARD_SWISH, depthwise, MEAN, LOGISTIC one after another."""
    layers = padded([[0, 0], [1, 1], [1, 1], [0, 0]])
    layers.conv(4, (3, 3), output=(5, 4), padding=VALID)
    for kind, output in (("HARD_SWISH", (0.07, -100)), ("RELU6", (0.05, -128))):
        given = layers.last
        made = options("HardSwishOptions") if kind == "HARD_SWISH" else None
        layers.file.operator(kind, [given], layers.output(layers.shape, *output), made)
    layers.conv(4, (3, 3), output=(5, 4), padding=SAME, depth_multiplier=1, activation=RELU, zero_point=-128)
    given, held = layers.last, layers.file.tensor((2,), type_="INT32", data=[1, 2])
    layers.file.operator("MEAN", [given, held], layers.output((1, 4), 0.04, -100), options("ReducerOptions"), version=2)
    layers.fully_connected(3)
    given = layers.last
    layers.file.operator("LOGISTIC", [given], layers.output((1, 3), 1 / 256, -128))
    assert_equal_to_litert(layers.data())
