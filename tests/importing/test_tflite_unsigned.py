"""uint8 files, as TensorFlow 1 wrote them, and QUANTIZE between the two types, beside LiteRT."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import RELU, RELU6, SAME, TfliteFile, options
from tests.importing.tflite_layers import Layers

ALL = np.arange(256).reshape(1, 256)


def layers_of(shape: tuple[int, ...], seed: int, zero_point: int = 131) -> Layers:
    return Layers(shape, zero_point=zero_point, seed=seed, unsigned=True)


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("activation", [0, RELU, RELU6])
def test_convolutions(seed: int, activation: int) -> None:
    """Weights without their zero point need 9 bits for most zero points: then the input is there twice."""
    layers = layers_of((1, 6, 5, 3), seed)
    layers.conv(4, (3, 3), output=(6, 5), padding=SAME, activation=activation, zero_point=120)
    layers.conv(8, (2, 3), output=(5, 3), depth_multiplier=2, activation=activation, zero_point=0)
    layers.conv(5, (1, 1), output=(5, 3), zero_point=255)
    network = assert_equal_to_litert(layers.data(), seed=seed)
    assert {layer.exactness.grade for layer in network.layers} <= {Grade.PROVEN, Grade.DOUBLE}


@pytest.mark.parametrize("seed", range(8))
def test_fully_connected(seed: int) -> None:
    layers = layers_of((1, 3, 2, 4), seed)
    layers.fully_connected(7, zero_point=99)
    layers.fully_connected(5, zero_point=3, activation=RELU)
    layers.softmax()
    network = assert_equal_to_litert(layers.data(), seed=seed)
    assert {layer.exactness.grade for layer in network.layers} <= {Grade.PROVEN, Grade.DOUBLE, Grade.HOST}


def test_a_mobile_network_of_tensorflow_1() -> None:
    """Convolutions, average pooling, squeeze, softmax; a residual sum and a join of other scales."""
    layers = layers_of((1, 8, 8, 3), 4, zero_point=128)
    layers.conv(4, (3, 3), stride=(2, 2), output=(4, 4), padding=SAME, activation=RELU6, zero_point=0)
    first = layers.last
    layers.conv(4, (3, 3), output=(4, 4), padding=SAME, depth_multiplier=1, activation=RELU6, zero_point=0)
    layers.conv(4, (1, 1), output=(4, 4), zero_point=140)
    second = layers.last
    out = layers.output((1, 4, 4, 4), 0.1513, 90)
    layers.file.operator("ADD", [first, second], out, options("AddOptions"), version=1)
    out = layers.output((1, 4, 4, 12), 0.1717, 80)
    made = options("ConcatenationOptions", axis=3)
    layers.file.operator("CONCATENATION", [first, second, layers.last - 1], out, made)
    layers.pool("MAX_POOL_2D", (2, 2), stride=(2, 2), output=(2, 2))
    layers.pool("AVERAGE_POOL_2D", (2, 2), output=(1, 1), activation=RELU)
    layers.conv(6, (1, 1), output=(1, 1), zero_point=70)
    layers.reshape((1, 6))
    layers.softmax()
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        ("LOGISTIC", (1 / 256, 0)),
        ("TANH", (1 / 128, 128)),
        ("HARD_SWISH", (0.07, 30)),
        ("RELU", (0.05, 10)),
        ("RELU6", (0.04, 0)),
        ("RELU_N1_TO_1", (0.01, 128)),
        ("LEAKY_RELU", (0.06, 50)),
    ],
)
def test_functions_are_equal_for_all_inputs(kind: str, output: tuple[float, int]) -> None:
    file = TfliteFile()
    given = file.tensor((1, 256), name="in", type_="UINT8", scale=0.051, zero_point=120)
    out = file.tensor((1, 256), type_="UINT8", scale=output[0], zero_point=output[1])
    made = {"LEAKY_RELU": options("LeakyReluOptions", alpha=0.3), "HARD_SWISH": options("HardSwishOptions")}.get(kind)
    file.operator(kind, [given], out, made)
    assert_equal_to_litert(file.data([given], [out]), ALL)


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_pairs(kind: str) -> None:
    file = TfliteFile()
    a, b = (file.tensor((1, 256), name=f"in{i}", type_="UINT8", scale=0.0513 - i / 99, zero_point=9) for i in (0, 1))
    out = file.tensor((1, 256), type_="UINT8", scale=0.0707, zero_point=99)
    file.operator(kind, [a, b], out, options(f"{kind.capitalize()}Options"))
    pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), axis=1)
    assert_equal_to_litert(file.data([a, b], [out]), pairs)


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (("UINT8", 0.05, 128), ("INT8", 0.05, 0)),
        (("INT8", 0.05, 3), ("UINT8", 0.05, 131)),
        (("UINT8", 0.05, 10), ("INT8", 0.031, -90)),
        (("INT8", 0.02, -128), ("UINT8", 0.07, 7)),
    ],
)
def test_quantize_between_the_types(given: tuple[str, float, int], output: tuple[str, float, int]) -> None:
    file = TfliteFile()
    first = file.tensor((1, 256), name="in", type_=given[0], scale=given[1], zero_point=given[2])
    last = file.tensor((1, 256), type_=output[0], scale=output[1], zero_point=output[2])
    file.operator("QUANTIZE", [first], last, options("QuantizeOptions"))
    assert_equal_to_litert(file.data([first], [last]), ALL - (128 if given[0] == "INT8" else 0))


def test_an_int8_network_with_uint8_ends() -> None:
    """As the converter writes it for inference_input_type and inference_output_type of uint8."""
    layers = Layers((1, 6), zero_point=-3)
    first = layers.file.tensor((1, 6), name="bytes", type_="UINT8", scale=0.05, zero_point=125)
    layers.file.operator("QUANTIZE", [first], layers.first, options("QuantizeOptions"))
    layers.fully_connected(4)
    layers.softmax()
    result = layers.last
    last = layers.file.tensor((1, 4), name="out", type_="UINT8", scale=1 / 256, zero_point=0)
    layers.file.operator("QUANTIZE", [result], last, options("QuantizeOptions"))
    network = assert_equal_to_litert(layers.file.data([first], [last]))
    assert [operation.operation for operation in network.host] == ["SOFTMAX", "QUANTIZE"]
    assert [layer.exactness.grade for layer in network.layers][-1] is Grade.HOST


def test_mixed_types_are_refused() -> None:
    layers = Layers((1, 4, 4, 2))
    layers.conv(3, (2, 2), output=(3, 3))
    layers.file.graph.tensors[1].type = 3  # uint8 weights of an int8 input
    with pytest.raises(RefusedError, match=r"operator 0 \(CONV_2D\): tensor 1 \('t1'\) is UINT8, not INT8"):
        imported(layers.data())


def test_activations_of_16_bits_are_refused() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(3)
    for index in (0, 3):
        layers.file.graph.tensors[index].type = 7
    with pytest.raises(RefusedError, match=r"input: tensor 0 \('in'\) is INT16, .*: activations of 16 bits are not"):
        imported(layers.data())
