"""Parts, joins, repetitions and padding beside LiteRT: what moves integers and changes none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import SAME, VALID, TfliteFile, options
from tests.importing.tflite_layers import Layers

READING: dict[str, Any] = {"scale": 0.05, "zero_point": -7}


def one(
    kind: str,
    shape: tuple[int, ...],
    outputs: list[tuple[int, ...]],
    constants: list[Any] | None = None,
    made: Any = None,
    *,
    last: bool = False,
) -> bytes:
    """One operator, and a RELU of its first output; `last`: its activation comes behind its constants."""
    file = TfliteFile()
    given = file.tensor(shape, name="in", **READING)
    held = [file.tensor(np.shape(values), type_="INT32", data=np.asarray(values)) for values in constants or []]
    outs = [file.tensor(output, name=f"out{i}", **READING) for i, output in enumerate(outputs)]
    version = 1 if kind in ("SQUEEZE", "EXPAND_DIMS", "DEPTH_TO_SPACE", "RESHAPE") else 2
    file.operator(kind, [*held, given] if last else [given, *held], outs, made, version=version)
    then = file.tensor(outputs[0], name="then", scale=0.04, zero_point=-128)
    file.operator("RELU", outs[:1], then)
    return file.data([given], [*outs, then])


def strided(**masks: int) -> Any:
    return options("StridedSliceOptions", **masks)


RESIZE = "RESIZE_NEAREST_NEIGHBOR"
CASES: dict[str, bytes] = {
    "slice of a map": one("SLICE", (1, 6, 5, 4), [(1, 3, 5, 2)], [[0, 2, 0, 1], [1, 3, -1, 2]]),
    "slice of rows": one("SLICE", (1, 7, 3), [(1, 4, 3)], [[0, 1, 0], [1, 4, 3]]),
    "strides": one(
        "STRIDED_SLICE", (1, 6, 7, 2), [(1, 3, 3, 2)], [[0, 0, 1, 0], [1, 6, 7, 2], [1, 2, 2, 1]], strided()
    ),
    "backwards": one("STRIDED_SLICE", (1, 5, 2), [(1, 5, 2)], [[0, -1, 0], [1, -6, 2], [1, -1, 1]], strided()),
    "masks": one(
        "STRIDED_SLICE",
        (1, 6, 5, 3),
        [(1, 6, 5, 1)],
        [[9, 9, 9, 2], [9, 9, 9, 3], [1] * 4],
        strided(beginMask=7, endMask=7),
    ),
    "shrunk": one(
        "STRIDED_SLICE", (1, 6, 5, 3), [(1, 6, 5)], [[0, 0, 0, -1], [1, 6, 5, 0], [1] * 4], strided(shrinkAxisMask=8)
    ),
    "shrunk batch": one("STRIDED_SLICE", (1, 6, 5), [(6, 5)], [[0], [1], [1]], strided(shrinkAxisMask=1)),
    "split channels": one(
        "SPLIT", (1, 4, 3, 6), [(1, 4, 3, 2)] * 3, [3], options("SplitOptions", numSplits=3), last=True
    ),
    "split rows": one("SPLIT", (1, 4, 3, 6), [(1, 2, 3, 6)] * 2, [-3], options("SplitOptions", numSplits=2), last=True),
    "split at": one(
        "SPLIT_V", (1, 4, 9), [(1, 4, 2), (1, 4, 3), (1, 4, 4)], [[2, -1, 4], 2], options("SplitVOptions", numSplits=3)
    ),
    "unpack": one("UNPACK", (1, 3, 5), [(1, 5)] * 3, None, options("UnpackOptions", axis=1, num=3)),
    "unpack channels": one("UNPACK", (1, 2, 3, 4), [(1, 2, 3)] * 4, None, options("UnpackOptions", axis=3, num=4)),
    "squeeze": one("SQUEEZE", (1, 1, 6, 5), [(1, 6, 5)], None, options("SqueezeOptions", squeezeDims=[1])),
    "squeeze all": one("SQUEEZE", (1, 1, 1, 5), [(5,)], None, options("SqueezeOptions")),
    "expand": one("EXPAND_DIMS", (1, 6, 5), [(1, 6, 5, 1)], [3], options("ExpandDimsOptions")),
    "twice as large": one(RESIZE, (1, 3, 4, 2), [(1, 6, 8, 2)], [[6, 8]], options("ResizeNearestNeighborOptions")),
    "three halves": one(RESIZE, (1, 4, 6, 2), [(1, 6, 9, 2)], [[6, 9]], options("ResizeNearestNeighborOptions")),
    "smaller": one(RESIZE, (1, 7, 6, 2), [(1, 3, 2, 2)], [[3, 2]], options("ResizeNearestNeighborOptions")),
    "corners": one(
        RESIZE, (1, 3, 4, 2), [(1, 5, 9, 2)], [[5, 9]], options("ResizeNearestNeighborOptions", alignCorners=True)
    ),
    "half pixels": one(
        RESIZE, (1, 3, 5, 2), [(1, 7, 8, 2)], [[7, 8]], options("ResizeNearestNeighborOptions", halfPixelCenters=True)
    ),
    "depth to space": one(
        "DEPTH_TO_SPACE", (1, 2, 3, 8), [(1, 4, 6, 2)], None, options("DepthToSpaceOptions", blockSize=2)
    ),
    "space to depth": one(
        "SPACE_TO_DEPTH", (1, 4, 6, 2), [(1, 2, 3, 8)], None, options("SpaceToDepthOptions", blockSize=2)
    ),
    "reflected": one(
        "MIRROR_PAD",
        (1, 4, 3, 2),
        [(1, 7, 5, 2)],
        [[[0, 0], [2, 1], [1, 1], [0, 0]]],
        options("MirrorPadOptions", mode=0),
    ),
    "mirrored": one(
        "MIRROR_PAD",
        (1, 4, 3, 2),
        [(1, 7, 5, 2)],
        [[[0, 0], [2, 1], [1, 1], [0, 0]]],
        options("MirrorPadOptions", mode=1),
    ),
    "padded channels": one(
        "PAD", (1, 3, 4, 2), [(1, 3, 4, 5)], [[[0, 0], [0, 0], [0, 0], [1, 2]]], options("PadOptions")
    ),
    "padded image": one("PAD", (1, 3, 4, 2), [(1, 6, 5, 2)], [[[0, 0], [1, 2], [0, 1], [0, 0]]], options("PadOptions")),
    "padded rows": one("PAD", (1, 4, 3), [(1, 6, 3)], [[[0, 0], [2, 0], [0, 0]]], options("PadOptions")),
    "turned": one("TRANSPOSE", (1, 4, 3, 2), [(1, 2, 4, 3)], [[0, 3, 1, 2]], options("TransposeOptions")),
    "batch moved": one("TRANSPOSE", (1, 4, 3), [(4, 1, 3)], [[1, 0, 2]], options("TransposeOptions")),
    "five axes": one("RESHAPE", (1, 4, 3, 6), [(1, 4, 3, 2, 3)], [[1, 4, 3, 2, 3]], options("ReshapeOptions")),
    "largest of maps": one("REDUCE_MAX", (1, 4, 3, 6), [(1, 6)], [[1, 2]], options("ReducerOptions")),
    "largest of rows": one("REDUCE_MAX", (1, 4, 6), [(1, 4, 1)], [[2]], options("ReducerOptions", keepDims=True)),
}


@pytest.mark.parametrize("case", CASES)
def test_it_moves_integers(case: str) -> None:
    """An operator that changes no integer."""
    assert_equal_to_litert(CASES[case])


def test_a_resize_by_a_large_factor_of_another_kind_is_refused() -> None:
    data = one(RESIZE, (1, 300, 2, 1), [(1, 580, 2, 1)], [[580, 2]], options("ResizeNearestNeighborOptions"))
    with pytest.raises(RefusedError, match="parts; 256 are the most that are joined"):
        imported(data)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_pack(axis: int) -> None:
    layers = Layers((1, 3, 4))
    given = layers.last
    layers.file.operator("RELU", [given], layers.output((1, 3, 4), layers.scale, layers.zero_point))
    shape = [1, 3, 4]
    shape.insert(axis if axis >= 0 else axis + 4, 2)
    out = layers.output(tuple(shape), layers.scale, layers.zero_point)
    layers.file.operator("PACK", [given, 1], out, options("PackOptions", axis=axis, valuesCount=2), version=2)
    assert_equal_to_litert(layers.data())


def test_a_vector_of_a_map_is_reshaped_again() -> None:
    """Golden keeps its own order of a flattened map; every later view has the file's."""
    layers = Layers((1, 3, 2, 4))
    layers.pool("MAX_POOL_2D", (1, 1), output=(3, 2))
    layers.reshape((1, 24))
    flat = layers.last
    layers.file.operator("RELU", [flat], layers.output((1, 24), 0.04, -100))
    layers.reshape((1, 4, 6))
    layers.reshape((1, 2, 3, 4))
    layers.conv(3, (2, 2), output=(1, 2))
    assert_equal_to_litert(layers.data())


def test_flattened_maps_are_joined_in_the_order_of_the_file() -> None:
    """As SSD heads are: maps of several sizes, reshaped to rows and joined."""
    layers = Layers((1, 4, 4, 3))
    given, rows = layers.last, []
    for size, stride in ((4, 1), (2, 2)):
        layers.last, layers.shape, layers.scale, layers.zero_point = given, (1, 4, 4, 3), 0.05, -3
        layers.conv(6, (1, 1), output=(size, size), stride=(stride, stride), scale=0.21, zero_point=9)
        layers.reshape((1, size * size * 2, 3))
        rows.append(layers.last)
    out = layers.output((1, 40, 3), 0.21, 9)
    layers.file.operator("CONCATENATION", rows, out, options("ConcatenationOptions", axis=1), version=2)
    layers.file.operator("LOGISTIC", [out], layers.output((1, 40, 3), 1 / 256, -128))
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("kind", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_padding_that_a_pooling_reads_is_there(kind: str) -> None:
    layers = Layers((1, 5, 4, 2), zero_point=-128)
    given = layers.last
    held = layers.file.tensor((4, 2), type_="INT32", data=[[0, 0], [1, 1], [1, 1], [0, 0]])
    layers.file.operator("PAD", [given, held], layers.output((1, 7, 6, 2), 0.05, -128), version=2)
    layers.pool(kind, (3, 3), stride=(2, 2), output=(3, 2))
    assert_equal_to_litert(layers.data())


def test_padding_with_another_number_is_there_before_a_convolution() -> None:
    layers = Layers((1, 5, 4, 2), zero_point=-7)
    given = layers.last
    held = layers.file.tensor((4, 2), type_="INT32", data=[[0, 0], [1, 1], [2, 0], [0, 0]])
    number = layers.file.tensor((1,), scale=0.05, zero_point=-7, data=[33])
    out = layers.output((1, 7, 6, 2), 0.05, -7)
    layers.file.operator("PADV2", [given, held, number], out, options("PadV2Options"), version=2)
    layers.conv(3, (3, 3), output=(5, 4))
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(
    ("size", "kernel", "stride"),
    [((6, 5), (3, 3), (1, 1)), ((7, 7), (3, 2), (2, 2)), ((5, 4), (5, 4), (2, 3)), ((3, 8), (2, 5), (1, 4))],
)
@pytest.mark.parametrize("kind", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pooling_leaves_padding_out(
    kind: str, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], padding: int
) -> None:
    layers = Layers((1, *size, 3), zero_point=17)
    free = [(size[i] if padding == SAME else size[i] - kernel[i] + 1) for i in (0, 1)]
    output = (-(-free[0] // stride[0]), -(-free[1] // stride[1]))
    layers.pool(kind, kernel, stride=stride, padding=padding, output=output)
    layers.conv(2, (1, 1), output=output)
    assert_equal_to_litert(layers.data())


def test_an_average_with_a_hundred_divisors_is_refused() -> None:
    layers = Layers((1, 20, 20, 1))
    layers.pool("AVERAGE_POOL_2D", (19, 19), padding=SAME, output=(20, 20))
    with pytest.raises(
        RefusedError, match=r"operator 0 \(AVERAGE_POOL_2D\): padding .* parts with divisors of their own"
    ):
        imported(layers.data())


def test_a_fused_activation_of_a_maximum() -> None:
    layers = Layers((1, 4, 4, 2), zero_point=-30)
    layers.pool("MAX_POOL_2D", (2, 2), output=(3, 3), activation=3)
    assert_equal_to_litert(layers.data())


REFUSED: dict[str, tuple[bytes, str]] = {
    "ellipsis": (
        one("STRIDED_SLICE", (1, 6, 5), [(1, 6, 5)], [[0, 0], [1, 5], [1, 1]], strided(ellipsisMask=1)),
        r"operator 0 \(STRIDED_SLICE\): EllipsisMask is not read",
    ),
    "part beyond": (
        one("SLICE", (1, 6), [(1, 6)], [[0, 3], [1, 6]]),
        r"operator 0 \(SLICE\): tensor 0 .*: 6 from 3 on of 6",
    ),
    "batch": (
        one("SPLIT", (1, 6), [(1, 6)], [0], options("SplitOptions", numSplits=1), last=True),
        r"operator 0 \(SPLIT\): axis 0 of tensor 0 .* is its batch",
    ),
    "uneven": (
        one("SPLIT", (1, 7), [(1, 4), (1, 3)], [1], options("SplitOptions", numSplits=2), last=True),
        r"operator 0 \(SPLIT\): tensor 0 .* in 2 equal parts",
    ),
    "blocks": (
        one("DEPTH_TO_SPACE", (1, 2, 2, 6), [(1, 4, 4, 1)], None, options("DepthToSpaceOptions", blockSize=2)),
        r"operator 0 \(DEPTH_TO_SPACE\): tensor 0 .* has 6 channels for blocks of 2",
    ),
    "mirror": (
        one(
            "MIRROR_PAD", (1, 2, 2, 1), [(1, 4, 2, 1)], [[[0, 0], [2, 0], [0, 0], [0, 0]]], options("MirrorPadOptions")
        ),
        r"operator 0 \(MIRROR_PAD\): a mirror of 2 of 2",
    ),
    "padded batch": (
        one("PAD", (1, 2, 2, 1), [(2, 2, 2, 1)], [[[0, 1], [0, 0], [0, 0], [0, 0]]], options("PadOptions")),
        r"operator 0 \(PAD\): tensor 1 .*; the batch is not padded",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_part_is_refused(case: str) -> None:
    data, wanted = REFUSED[case]
    with pytest.raises(RefusedError, match=wanted):
        imported(data)
