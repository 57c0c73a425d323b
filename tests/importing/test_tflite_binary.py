"""Sums, differences, products and extremes of two activations or of one and a constant, beside LiteRT."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import NO_ACTIVATION, RELU, RELU_N1_TO_1, TfliteFile, litert, options
from tests.importing.tflite_layers import Layers

OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions"}
EXTREMES = ("MAXIMUM", "MINIMUM")
A, B = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128), indexing="ij")
EVERY_PAIR = np.stack([A, B], axis=1)


def made(kind: str, activation: int = NO_ACTIVATION) -> Any:
    return options(OPTIONS[kind], fusedActivationFunction=activation) if kind in OPTIONS else None


def pair(kind: str, scales: tuple[float, float, float], zeros: tuple[int, int, int], activation: int) -> bytes:
    """Two inputs of 256 integers."""
    file = TfliteFile()
    left, right = (file.tensor((1, 16, 16, 1), name=f"in{i}", scale=scales[i], zero_point=zeros[i]) for i in (0, 1))
    out = file.tensor((1, 16, 16, 1), scale=scales[2], zero_point=zeros[2])
    file.operator(kind, [left, right], out, made(kind, activation), version=2)
    return file.data([left, right], [out])


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    ("scales", "zeros", "activation"),
    [
        ((0.05, 0.03, 0.07), (3, -5, 10), NO_ACTIVATION),
        ((0.01, 0.2, 0.11), (-128, 127, -128), RELU),
        ((0.043, 0.043, 0.0301), (0, 0, 0), RELU_N1_TO_1),
    ],
)
def test_it_is_equal_for_all_pairs(kind: str, scales: Any, zeros: Any, activation: int) -> None:
    network = assert_equal_to_litert(pair(kind, scales, zeros, activation), EVERY_PAIR)
    (layer,) = network.layers
    if kind == "MUL":
        assert layer.exactness.grade in (Grade.PROVEN, Grade.DOUBLE)


@pytest.mark.parametrize("kind", ["ADD", "SUB"])
def test_pairs_that_differ_are_counted(kind: str) -> None:
    """Scales whose ratios have small denominators make ties; every pair that golden misses is one of those told."""
    data = pair(kind, (0.02, 0.03, 0.04), (0, 0, 0), NO_ACTIVATION)
    network = imported(data)
    (layer,) = network.layers
    ours = network.graph.run(EVERY_PAIR)[network.graph.output].reshape(256, 256)
    gap = np.abs(ours - litert(data, EVERY_PAIR)["t2"])
    assert layer.exactness.differing == (gap > 0).sum() > 0
    assert layer.exactness.largest == gap.max() == 1


@pytest.mark.parametrize("kind", EXTREMES)
def test_extremes_are_equal_for_all_pairs(kind: str) -> None:
    network = assert_equal_to_litert(pair(kind, (0.1,) * 3, (7,) * 3, 0), EVERY_PAIR)
    assert network.layers[0].exactness.grade is Grade.SAME


def constant(kind: str, shape: tuple[int, ...], *, first: bool = False, activation: int = NO_ACTIVATION) -> Layers:
    layers = Layers((1, 4, 5, 6), zero_point=11)
    given, random = layers.last, np.random.default_rng(len(shape))
    reading = {"scale": 0.05, "zero_point": 11} if kind in EXTREMES else {"scale": 0.013, "zero_point": -1}
    held = layers.file.tensor(shape, data=random.integers(-128, 128, shape), **reading)  # type: ignore[arg-type]
    out = layers.output((1, 4, 5, 6), *((0.05, 11) if kind in EXTREMES else (0.08, -20)))
    inputs = [held, given] if first else [given, held]
    layers.file.operator(kind, inputs, out, made(kind, activation), version=2)
    return layers


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", [*OPTIONS, *EXTREMES])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("shape", [(), (1,), (6,), (1, 1, 1, 6), (1, 4, 5, 6), (4, 5, 1)])
def test_a_constant_operand(kind: str, first: bool, shape: tuple[int, ...]) -> None:
    layers = constant(kind, shape, first=first)
    if kind == "MUL" and shape in ((1, 4, 5, 6), (4, 5, 1)):
        with pytest.raises(RefusedError, match=r"operator 0 \(MUL\): tensor 1 .* is not one number a channel"):
            imported(layers.data())
        return
    layers.conv(3, (2, 2), output=(3, 4))
    assert_equal_to_litert(layers.data())


@pytest.mark.sample(3)
@pytest.mark.parametrize("kind", [*OPTIONS, *EXTREMES])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((1, 4, 3, 6), (1, 1, 1, 6)),
        ((1, 1, 1, 6), (1, 4, 3, 6)),
        ((1, 4, 3, 6), (1, 4, 3, 1)),
        ((1, 4, 3, 6), (1, 6)),
        ((1, 4, 3, 6), (1, 4, 1, 6)),
        ((1, 4, 1, 6), (1, 1, 3, 6)),
        ((1, 4, 3, 6), (1, 1, 1, 1)),
        ((1, 7, 6), (1, 1, 6)),
        ((1, 24), (1, 1)),
    ],
)
def test_operands_that_broadcast(kind: str, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    file = TfliteFile()
    scales = (0.05, 0.05, 0.05) if kind in EXTREMES else (0.0513, 0.0411, 0.0607)
    a, b = (file.tensor(shape, name=f"in{i}", scale=scales[i], zero_point=9) for i, shape in enumerate((left, right)))
    out = file.tensor(np.broadcast_shapes(left, right), scale=scales[2], zero_point=9)
    file.operator(kind, [a, b], out, made(kind), version=2)
    assert_equal_to_litert(file.data([a, b], [out]))


def test_squeeze_and_excite() -> None:
    """MEAN, two layers of one pixel, LOGISTIC, and a product of a map with a number a channel."""
    layers = Layers((1, 5, 4, 8))
    given, shape = layers.last, layers.shape
    held = layers.file.tensor((2,), type_="INT32", data=[1, 2])
    out = layers.output((1, 1, 1, 8), 0.03, 4)
    layers.file.operator("MEAN", [given, held], out, options("ReducerOptions", keepDims=True), version=2)
    layers.conv(2, (1, 1), output=(1, 1), activation=RELU, zero_point=-128)
    layers.conv(8, (1, 1), output=(1, 1))
    source = layers.last
    layers.file.operator("LOGISTIC", [source], layers.output((1, 1, 1, 8), 1 / 256, -128))
    gate = layers.last
    layers.file.operator("MUL", [given, gate], layers.output(shape, 0.04, -3), options("MulOptions"), version=2)
    layers.conv(3, (1, 1), output=(5, 4))
    network = assert_equal_to_litert(layers.data())
    assert "matmul" in [node.op for node in network.graph.nodes]


def test_two_constants_are_refused() -> None:
    layers = Layers((1, 4))
    first, second = (layers.file.tensor((4,), scale=0.1, data=np.arange(4)) for _ in range(2))
    layers.file.operator("ADD", [first, second], layers.output((1, 4), 0.1, 0), options("AddOptions"))
    with pytest.raises(RefusedError, match=r"operator 0 \(ADD\): both of its inputs are constants"):
        imported(layers.data())


def test_extremes_of_other_scales_are_refused() -> None:
    with pytest.raises(RefusedError, match=r"operator 0 \(MAXIMUM\): tensor 1 .* differ in scale or zero point"):
        imported(pair("MAXIMUM", (0.1, 0.2, 0.1), (0, 0, 0), 0))
