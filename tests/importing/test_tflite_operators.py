"""Every operator and option of TFLite beside LiteRT's reference kernels: every tensor, all inputs where few."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import NO_ACTIVATION, RELU, RELU6, RELU_N1_TO_1, SAME, TfliteFile, options
from tests.importing.tflite_layers import Layers

ACTIVATIONS = pytest.mark.parametrize("activation", [NO_ACTIVATION, RELU, RELU_N1_TO_1, RELU6])


@ACTIVATIONS
@pytest.mark.parametrize("zero_point", [-128, 5])
def test_conv_2d(activation: int, zero_point: int) -> None:
    layers = Layers((1, 6, 5, 3), seed=activation)
    layers.conv(4, (3, 3), output=(4, 3), activation=activation, zero_point=zero_point)
    network = assert_equal_to_litert(layers.data())
    assert network.layers[0].exactness.grade in (Grade.PROVEN, Grade.DOUBLE)
    assert network.layers[0].macs == 4 * 3 * 4 * 27


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"stride": (2, 1), "output": (2, 3)}, (6, 5)),
        ({"dilation": (2, 1), "output": (2, 3)}, (6, 5)),
        ({"padding": SAME, "output": (6, 5)}, (6, 5)),
        ({"padding": SAME, "stride": (2, 2), "output": (4, 3)}, (7, 5)),
        ({"groups": 2, "output": (4, 3)}, (6, 5)),
        ({"per_channel": False, "output": (4, 3)}, (6, 5)),
        ({"largest_bias": 1 << 30, "output": (4, 3)}, (6, 5)),
        ({"scale": 0.0001, "output": (4, 3)}, (6, 5)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_conv_2d_options(fields: dict[str, object], size: tuple[int, int]) -> None:
    layers = Layers((1, *size, 4), seed=11)
    layers.conv(6, (3, 3), **fields)  # type: ignore[arg-type]
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("depth_multiplier", [1, 2])
@ACTIVATIONS
def test_depthwise_conv_2d(activation: int, depth_multiplier: int) -> None:
    layers = Layers((1, 6, 5, 3), seed=activation)
    layers.conv(3 * depth_multiplier, (3, 2), output=(4, 4), activation=activation, depth_multiplier=depth_multiplier)
    assert_equal_to_litert(layers.data())


def test_a_dead_channel_is_a_constant() -> None:
    """A bias of 2^30 with a tiny scale: B = bias · M would not fit any hardware."""
    layers = Layers((1, 4, 4, 2), seed=3)
    layers.conv(3, (1, 1), output=(4, 4), largest_bias=1 << 30, zero_point=-128, activation=RELU)
    network = assert_equal_to_litert(layers.data())
    node = network.graph.nodes[0]
    assert (node.mulquant.multiplier == 0).any()  # type: ignore[attr-defined]
    assert network.layers[0].exactness.grade is Grade.PROVEN


def test_a_product_of_one_input_is_equal_for_all_256() -> None:
    """One channel, one tap: every input of the layer, at scales on both sides of 1."""
    for seed, scale in enumerate((0.3, 0.01, 0.0004, 0.00002)):
        layers = Layers((1, 16, 16, 1), seed=seed)
        layers.conv(8, (1, 1), output=(16, 16), scale=scale)
        assert_equal_to_litert(layers.data(), np.arange(-128, 128).reshape(1, 1, 16, 16))


@ACTIVATIONS
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_fully_connected(activation: int, per_channel: bool, bias: bool) -> None:
    layers = Layers((1, 24), seed=activation)
    layers.fully_connected(7, activation=activation, per_channel=per_channel, bias=bias)
    network = assert_equal_to_litert(layers.data())
    assert network.layers[0].exactness.grade is Grade.PROVEN


def test_fully_connected_takes_a_map_in_the_order_of_the_file() -> None:
    layers = Layers((1, 3, 2, 4))
    layers.fully_connected(5)
    layers.fully_connected(3)
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize(
    ("kernel", "stride", "output"), [((2, 2), (2, 2), (3, 2)), ((6, 5), (1, 1), (1, 1)), ((3, 1), (1, 2), (4, 3))]
)
@pytest.mark.parametrize("zero_point", [-128, 0, 77])
def test_average_pool_2d(
    kernel: tuple[int, int], stride: tuple[int, int], output: tuple[int, int], zero_point: int
) -> None:
    layers = Layers((1, 6, 5, 3), zero_point=zero_point)
    layers.pool("AVERAGE_POOL_2D", kernel, stride=stride, output=output)
    network = assert_equal_to_litert(layers.data())
    assert network.layers[0].exactness.grade is Grade.PROVEN


def test_average_pool_2d_of_two_is_equal_for_all_pairs() -> None:
    """All 65,536 pairs of pixels: sums of both signs, and every tie."""
    layers = Layers((1, 2, 256, 1), zero_point=-7)
    layers.pool("AVERAGE_POOL_2D", (2, 1), output=(1, 256), activation=RELU6)
    a, b = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128), indexing="ij")
    assert_equal_to_litert(layers.data(), np.stack([a, b], axis=1)[:, None])


@pytest.mark.parametrize(("kernel", "padding", "output"), [((2, 2), 1, (5, 4)), ((3, 3), SAME, (6, 5))])
def test_max_pool_2d(kernel: tuple[int, int], padding: int, output: tuple[int, int]) -> None:
    layers = Layers((1, 6, 5, 3))
    layers.pool("MAX_POOL_2D", kernel, padding=padding, output=output)
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("shape", [(1, 24), (1, 4, 2, 3), (1, 2, 4, 3), (1, 12, 2), (1, 2, 3, 4)])
def test_reshape_of_a_map(shape: tuple[int, ...]) -> None:
    layers = Layers((1, 4, 2, 3))
    layers.pool("MAX_POOL_2D", (1, 1), output=(4, 2))
    layers.reshape(shape)
    if len(shape) == 4:
        layers.conv(2, (1, 1), output=shape[1:3])  # type: ignore[arg-type]
    assert_equal_to_litert(layers.data())


def test_reshape_of_a_vector_to_a_map() -> None:
    """As keyword spotting begins: the input is a vector."""
    layers = Layers((1, 24))
    layers.reshape((1, 4, 2, 3))
    layers.conv(2, (2, 2), output=(3, 1), activation=RELU)
    layers.reshape((1, 6))
    layers.fully_connected(4)
    assert_equal_to_litert(layers.data())


def add_file(scales: tuple[float, float, float], zeros: tuple[int, int, int], activation: int) -> bytes:
    """ADD of an input with itself shifted: both operands are pooled from one input, so that all pairs can come."""
    file = TfliteFile()
    given = file.tensor((1, 2, 256, 1), name="in", scale=1.0, zero_point=0)
    operands = []
    for row in range(2):
        weight = np.zeros((1, 2, 1, 1), np.int64)
        weight[0, row] = 64
        constant = file.tensor(weight.shape, scale=scales[row] / 64, data=weight)
        operand = file.tensor((1, 1, 256, 1), scale=scales[row], zero_point=zeros[row])
        bias = file.tensor((1,), type_="INT32", scale=scales[row] / 64, data=[64 * 0])
        made = options("Conv2DOptions", padding=1, strideH=1, strideW=1)
        file.operator("CONV_2D", [given, constant, bias], operand, made, version=3)
        operands.append(operand)
    out = file.tensor((1, 1, 256, 1), name="sum", scale=scales[2], zero_point=zeros[2])
    file.operator("ADD", operands, out, options("AddOptions", fusedActivationFunction=activation), version=2)
    return file.data([given], [out])


@pytest.mark.parametrize(
    ("scales", "zeros"),
    [
        ((0.05, 0.05, 0.1), (0, 0, 0)),
        ((0.5, 0.25, 0.5), (0, 0, 3)),
        ((0.03, 0.071, 0.055), (0, 0, -128)),
        ((0.0123, 0.4, 0.3), (0, 0, 90)),
    ],
)
@pytest.mark.parametrize("activation", [NO_ACTIVATION, RELU])
def test_add_is_equal_for_all_pairs(
    scales: tuple[float, float, float], zeros: tuple[int, int, int], activation: int
) -> None:
    a, b = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128), indexing="ij")
    network = assert_equal_to_litert(add_file(scales, zeros, activation), np.stack([a, b], axis=1)[:, None])
    assert network.layers[-1].exactness.grade is Grade.PROVEN
    assert network.layers[-1].exactness.reachable == 1 << 16


@pytest.mark.parametrize("seed", range(4))
def test_add_of_random_scales(seed: int) -> None:
    random = np.random.default_rng(seed)
    layers = Layers((1, 4, 5, 3), seed=seed, zero_point=int(random.integers(-128, 128)))
    first, kept = layers.last, (layers.shape, layers.scale, layers.zero_point)
    layers.conv(
        3, (1, 1), output=(4, 5), scale=float(random.uniform(0.02, 0.2)), zero_point=int(random.integers(-128, 128))
    )
    second = layers.last
    out = layers.output(kept[0], float(random.uniform(0.02, 0.2)), int(random.integers(-128, 128)))
    layers.file.operator("ADD", [first, second], out, options("AddOptions"), version=2)
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize(
    ("features", "scale", "beta"), [(2, 0.1, 1.0), (10, 0.3, 1.0), (12, 0.03, 0.7), (5, 8.0, 1.0), (300, 0.001, 1.0)]
)
def test_softmax_is_the_hosts(features: int, scale: float, beta: float) -> None:
    layers = Layers((1, 16))
    layers.fully_connected(features, scale=scale)
    layers.softmax(beta)
    network = assert_equal_to_litert(layers.data())
    assert [layer.exactness.grade for layer in network.layers] == [Grade.PROVEN, Grade.HOST]
    assert [operation.operation for operation in network.host] == ["SOFTMAX"]
    assert network.graph.nodes[-1].op == "linear"


@pytest.mark.slow
def test_softmax_of_all_differences() -> None:
    """Two features: every pair of logits, by a product with the identity."""
    layers = Layers((1, 2), scale=0.11, zero_point=0)
    weight = layers.file.tensor((2, 2), scale=1 / 64, data=[[64, 0], [0, 64]])
    given = layers.last
    out = layers.output((1, 2), 0.11, 0)
    layers.file.operator("FULLY_CONNECTED", [given, weight, -1], out, options("FullyConnectedOptions"), version=4)
    layers.softmax()
    pairs = np.stack(np.meshgrid(np.arange(-128, 128, 3), np.arange(-128, 128)), axis=-1).reshape(-1, 2)
    assert_equal_to_litert(layers.data(), pairs)


def test_a_small_network_of_the_four_kinds() -> None:
    """As MLPerf Tiny's: convolution, depthwise, pooling, a vector, logits, softmax."""
    layers = Layers((1, 9, 7, 2), zero_point=-128)
    layers.conv(8, (3, 3), output=(9, 7), padding=SAME, activation=RELU, zero_point=-128)
    layers.conv(8, (3, 3), output=(9, 7), padding=SAME, activation=RELU6, zero_point=-128, depth_multiplier=1)
    layers.conv(12, (1, 1), output=(9, 7), activation=RELU, zero_point=-128)
    layers.pool("AVERAGE_POOL_2D", (9, 7), output=(1, 1))
    layers.reshape((1, 12))
    layers.fully_connected(5)
    layers.softmax()
    network = assert_equal_to_litert(layers.data())
    assert all(layer.exactness.grade is not Grade.DIFFERS for layer in network.layers)
    assert imported(layers.data()).graph.widths == network.graph.widths


def test_depthwise_conv_2d_without_bias() -> None:
    layers = Layers((1, 6, 5, 3))
    layers.conv(3, (3, 3), output=(4, 3), depth_multiplier=1, bias=False)
    assert_equal_to_litert(layers.data())
