"""Small files with every operator, for campaigns that damage them."""

from __future__ import annotations

import numpy as np

from tests.importing.tflite_file import RELU, SAME, options
from tests.importing.tflite_layers import Layers


def small_files() -> list[bytes]:
    """Each of a few hundred bytes to a few thousand."""
    return [_classifier(), _mobile(), _joined(), _residual(), _heads(), _unsigned(), _parts(), _gate(), _larger()]


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


def _heads() -> bytes:
    """Two inputs, two outputs, one of them the host's."""
    layers = Layers((1, 2, 3, 2))
    other = layers.file.tensor((1, 4), name="side", scale=0.13, zero_point=44)
    layers.conv(2, (1, 1), output=(2, 3))
    layers.reshape((1, 12))
    layers.fully_connected(3)
    layers.softmax()
    first = layers.last
    layers.last, layers.shape, layers.scale, layers.zero_point = other, (1, 4), 0.13, 44
    layers.fully_connected(2)
    return layers.file.data([layers.first, other], [first, layers.last])


def _unsigned() -> bytes:
    """uint8 with weights of 9 bits, an average that leaves padding out, a join of other scales."""
    layers = Layers((1, 4, 4, 2), zero_point=128, unsigned=True)
    layers.conv(2, (3, 3), output=(4, 4), padding=SAME, activation=RELU, zero_point=0)
    first = layers.last
    layers.conv(2, (2, 2), output=(4, 4), padding=SAME, depth_multiplier=1, zero_point=140)
    out = layers.output((1, 4, 4, 4), 0.17, 80)
    layers.file.operator("CONCATENATION", [first, layers.last - 1], out, options("ConcatenationOptions", axis=3))
    layers.pool("AVERAGE_POOL_2D", (3, 3), output=(4, 4), padding=SAME)
    layers.fully_connected(2, zero_point=9)
    return layers.data()


def _parts() -> bytes:
    """Parts, joins, repetitions."""
    layers = Layers((1, 4, 4, 2))
    given, reading = layers.last, (layers.scale, layers.zero_point)
    held = [layers.file.tensor((4,), type_="INT32", data=n) for n in ([0, 1, 0, 0], [1, 4, 4, 2], [1, 2, 1, 1])]
    out = layers.output((1, 2, 4, 2), *reading)
    layers.file.operator("STRIDED_SLICE", [given, *held], out, options("StridedSliceOptions"), version=2)
    size = layers.file.tensor((2,), type_="INT32", data=[4, 4])
    made = options("ResizeNearestNeighborOptions")
    given = layers.last
    layers.file.operator(
        "RESIZE_NEAREST_NEIGHBOR", [given, size], layers.output((1, 4, 4, 2), *reading), made, version=2
    )
    axis = layers.file.tensor((), type_="INT32", data=3)
    given = layers.last
    parts = [layers.output((1, 4, 4, 1), *reading) for _ in range(2)]
    layers.file.operator("SPLIT", [axis, given], parts, options("SplitOptions", numSplits=2), version=2)
    layers.file.operator("MAXIMUM", parts, layers.output((1, 4, 4, 1), *reading))
    given = layers.last
    layers.file.operator(
        "SPACE_TO_DEPTH", [given], layers.output((1, 2, 2, 4), *reading), options("SpaceToDepthOptions", blockSize=2)
    )
    begin, ends = (layers.file.tensor((4,), type_="INT32", data=n) for n in ([0, 0, 1, 1], [1, 2, 1, 2]))
    given = layers.last
    layers.file.operator("SLICE", [given, begin, ends], layers.output((1, 2, 1, 2), *reading))
    layers.fully_connected(2)
    return layers.data()


def _gate() -> bytes:
    """A product of a map and a number a channel; a sum with a constant; padding of channels."""
    layers = Layers((1, 3, 2, 4))
    given, shape = layers.last, layers.shape
    held = layers.file.tensor((2,), type_="INT32", data=[1, 2])
    out = layers.output((1, 1, 1, 4), 0.03, 4)
    layers.file.operator("MEAN", [given, held], out, options("ReducerOptions", keepDims=True), version=2)
    gate = layers.last
    layers.file.operator("MUL", [given, gate], layers.output(shape, 0.04, -3), options("MulOptions"), version=2)
    given, constant = layers.last, layers.file.tensor((4,), scale=0.013, zero_point=-1, data=[3, -99, 0, 55])
    out = layers.output(shape, 0.05, 9)
    layers.file.operator("SUB", [given, constant], out, options("SubOptions"), version=2)
    given, amounts = layers.last, layers.file.tensor((4, 2), type_="INT32", data=[[0, 0], [0, 0], [0, 1], [1, 0]])
    layers.file.operator("PAD", [given, amounts], layers.output((1, 3, 3, 5), 0.05, 9), version=2)
    return layers.data()


def _larger() -> bytes:
    """A transposed convolution, PRELU, a product of two rows of matrices."""
    layers = Layers((1, 2, 3, 2))
    given, shape = layers.last, (1, 4, 6, 2)
    wanted = layers.file.tensor((4,), type_="INT32", data=shape)
    weight = layers.weight((2, 2, 2, 2), [0.004, 0.007], 0)
    made = options("TransposeConvOptions", padding=SAME, strideH=2, strideW=2)
    layers.file.operator("TRANSPOSE_CONV", [wanted, weight, given], layers.output(shape, 0.1, 9), made, version=2)
    given, slopes = layers.last, layers.file.tensor((1, 1, 2), scale=0.01, data=[5, 99])
    layers.file.operator("PRELU", [given, slopes], layers.output(shape, 0.08, -9))
    layers.reshape((1, 6, 8))
    given, made = layers.last, options("BatchMatMulOptions", adjY=True)
    layers.file.operator("BATCH_MATMUL", [given, given], layers.output((1, 6, 6), 0.9, 0), made, version=2)
    return layers.data()
