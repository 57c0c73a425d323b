"""Small files with every operator, for campaigns that damage them."""

from __future__ import annotations

import numpy as np

from tests.importing.tflite_file import RELU, SAME, options
from tests.importing.tflite_layers import Layers


def small_files() -> list[bytes]:
    """Each of a few hundred bytes to a few thousand."""
    return [_classifier(), _mobile(), _joined(), _residual()]


def _classifier() -> bytes:
    layers = Layers((1, 6, 5, 2), zero_point=-128)
    layers.conv(4, (3, 3), output=(6, 5), padding=SAME, activation=RELU, zero_point=-128)
    layers.conv(4, (2, 2), output=(5, 4), depth_multiplier=1)
    layers.pool("AVERAGE_POOL_2D", (5, 4), output=(1, 1))
    layers.reshape((1, 4))
    layers.fully_connected(3)
    layers.softmax()
    return layers.data()


def _mobile() -> bytes:
    layers = Layers((1, 4, 4, 1))
    held = layers.file.tensor((4, 2), type_="INT32", data=[[0, 0], [1, 1], [1, 1], [0, 0]])
    given = layers.last
    layers.file.operator("PAD", [given, held], layers.output((1, 6, 6, 1), layers.scale, layers.zero_point), version=2)
    layers.conv(3, (3, 3), output=(4, 4))
    for kind, output in (("HARD_SWISH", (0.07, -100)), ("RELU6", (0.05, -128)), ("TANH", (1 / 128, 0))):
        given = layers.last
        made = options("HardSwishOptions") if kind == "HARD_SWISH" else None
        layers.file.operator(kind, [given], layers.output(layers.shape, *output), made)
    given, held = layers.last, layers.file.tensor((2,), type_="INT32", data=[1, 2])
    layers.file.operator("MEAN", [given, held], layers.output((1, 3), 0.04, -100), options("ReducerOptions"), version=2)
    given = layers.last
    layers.file.operator("LOGISTIC", [given], layers.output((1, 3), 1 / 256, -128))
    return layers.data()


def _joined() -> bytes:
    layers = Layers((1, 3, 4, 2))
    given = layers.last
    layers.pool("MAX_POOL_2D", (1, 1), output=(3, 4))
    out = layers.output((1, 3, 4, 4), layers.scale, layers.zero_point)
    layers.file.operator("CONCATENATION", [given, 1], out, options("ConcatenationOptions", axis=3), version=2)
    held = layers.file.tensor((4,), type_="INT32", data=[0, 2, 1, 3])
    given = layers.last
    layers.file.operator("TRANSPOSE", [given, held], layers.output((1, 4, 3, 4), layers.scale, layers.zero_point))
    given, values = layers.last, np.array([3, -4, 100, 0])
    constant = layers.file.tensor((4,), scale=0.01, zero_point=1, data=values)
    out = layers.output((1, 4, 3, 4), 0.02, 3)
    layers.file.operator("MUL", [given, constant], out, options("MulOptions"), version=2)
    return layers.data()


def _residual() -> bytes:
    layers = Layers((1, 3, 3, 2))
    first = layers.last
    layers.conv(2, (1, 1), output=(3, 3))
    second = layers.last
    layers.file.operator("ADD", [first, second], layers.output((1, 3, 3, 2), 0.09, 4), options("AddOptions"), version=2)
    given = layers.last
    layers.file.operator("RELU", [given], layers.output((1, 3, 3, 2), 0.09, 4))
    layers.fully_connected(2)
    return layers.data()
