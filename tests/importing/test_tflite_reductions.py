"""Means and sums over any axes, rows of FULLY_CONNECTED, and functions of one element, beside LiteRT."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Grade
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import TfliteFile, options
from tests.importing.tflite_layers import Layers

ALL = np.arange(-128, 128).reshape(1, 256)


@pytest.mark.sample(3)
@pytest.mark.parametrize(("kind", "unsigned"), [("MEAN", False), ("MEAN", True), ("SUM", True)])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 5, 4, 6), [3]),
        ((1, 5, 4, 6), [1]),
        ((1, 5, 4, 6), [2]),
        ((1, 5, 4, 6), [-1, 1]),
        ((1, 5, 4, 6), [1, 2, 3]),
        ((1, 7, 6), [1]),
        ((1, 7, 6), [2]),
        ((1, 9), [-1]),
    ],
)
def test_it_is_taken_over_any_axes(kind: str, keep: bool, unsigned: bool, shape: Any, axes: list[int]) -> None:
    layers = Layers(shape, zero_point=100, unsigned=unsigned)
    given, held = layers.last, layers.file.tensor((len(axes),), type_="INT32", data=axes)
    gone = {axis % len(shape) for axis in axes}
    kept = tuple(1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone)
    count = math.prod(shape[i] for i in gone)
    scale = 0.031 if kind == "MEAN" else 0.031 * count
    out = layers.output(kept, scale, 77)
    layers.file.operator(kind, [given, held], out, options("ReducerOptions", keepDims=keep), version=2)
    network = assert_equal_to_litert(layers.data())
    assert network.layers[0].exactness.grade is not Grade.DIFFERS


def test_a_sum_of_int8_is_refused() -> None:
    layers = Layers((1, 7, 6))
    given, held = layers.last, layers.file.tensor((1,), type_="INT32", data=[1])
    layers.file.operator("SUM", [given, held], layers.output((1, 6), 0.3, 0), options("ReducerOptions"), version=2)
    with pytest.raises(RefusedError, match=r"operator 0 \(SUM\): LiteRT's reference kernel takes int8 for uint8"):
        imported(layers.data())


@pytest.mark.parametrize("shape", [(1, 7, 6), (1, 3, 2, 6), (5, 6)])
@pytest.mark.parametrize("keep", [False, True])
def test_rows_of_fully_connected(shape: tuple[int, ...], keep: bool) -> None:
    layers = Layers((1, *shape) if shape[0] != 1 else shape)
    if shape[0] != 1:
        layers.reshape(shape)
    layers.shape = shape if keep else (math.prod(shape[:-1]), 6)
    layers.fully_connected(4, keep=True) if keep else rows(layers, math.prod(shape[:-1]))
    assert_equal_to_litert(layers.data())


def rows(layers: Layers, count: int) -> None:
    """Without KeepNumDims the rows are one axis."""
    given, shape = layers.last, (4, 6)
    weight = layers.file.tensor(shape, scale=0.01, data=layers.random.integers(-127, 128, shape))
    out = layers.output((count, 4), 0.1, 3)
    layers.file.operator("FULLY_CONNECTED", [given, weight], out, options("FullyConnectedOptions"), version=4)


FUNCTIONS = {
    "ABS": None,
    "RELU_N1_TO_1": None,
    "RELU_0_TO_1": None,
    "LEAKY_RELU": options("LeakyReluOptions", alpha=0.2),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
@pytest.mark.parametrize(
    ("scale", "zero_point", "output"),
    [(0.05, 0, (0.05, -10)), (0.1, 13, (0.037, -128)), (0.01, -128, (0.3, 5)), (0.02, 127, (0.009, 60))],
)
def test_functions_are_equal_for_all_inputs(
    kind: str, scale: float, zero_point: int, output: tuple[float, int]
) -> None:
    file = TfliteFile()
    given = file.tensor((1, 256), name="in", scale=scale, zero_point=zero_point)
    out = file.tensor((1, 256), scale=output[0], zero_point=output[1])
    file.operator(kind, [given], out, FUNCTIONS[kind])
    assert_equal_to_litert(file.data([given], [out]), ALL)


@pytest.mark.parametrize("alpha", [0.0, -0.4, 1.7])
def test_leaky_relu_of_any_slope(alpha: float) -> None:
    file = TfliteFile()
    given, out = file.tensor((1, 256), scale=0.05, zero_point=9), file.tensor((1, 256), scale=0.06, zero_point=-9)
    file.operator("LEAKY_RELU", [given], out, options("LeakyReluOptions", alpha=alpha))
    assert_equal_to_litert(file.data([given], [out]), ALL)
