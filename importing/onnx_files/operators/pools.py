"""Pooling of real numbers or of integers."""

from __future__ import annotations

import numpy as np

from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.averages import averages, whole_average
from t2c.importing.onnx_files.elements import real_activation
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers, operator
from t2c.importing.onnx_files.values import Activation, FileValue, Move
from t2c.importing.onnx_files.views import moved, moved_through, view_move
from t2c.importing.onnx_files.walk import Walk, shape_of
from t2c.importing.onnx_files.window import image_window


@operator("MaxPool")
def max_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The largest of each window."""
    value = walk.value(node, 0)
    shape = shape_of(node, value)
    if len(shape) not in (2, 3):
        raise RefusedError([f"{node.place}: shape (N, {', '.join(map(str, shape))}); it takes maps (N, C, H, W)"])
    axes = len(shape) - 1
    window = image_window(node, integers(node, "kernel_shape", (), axes), shape[1:], overhang=True)

    def make(name: str, source: str, output: str) -> MaxPool2d:
        return MaxPool2d(
            name=name,
            inputs=(source,),
            output=output,
            kernel=window.kernel,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
        )

    wide = shape if axes == 2 else (shape[0], 1, shape[1])
    spec = TensorSpec(name="x", shape=wide, bits=8, signed=True)
    result = make("node", "x", "y").output_shape([spec])
    move = Move(make=make, op=MaxPool2d.op, shape=result, rising=True, channels=True)
    if axes == 2:
        return moved(walk, node, value, move)
    around = [view_move(shape, wide), move, view_move(result, (result[0], result[2]))]
    return moved_through(walk, node, value, around)


def _activation(walk: Walk, node: OnnxNode) -> Activation:
    value = walk.value(node, 0)
    if not isinstance(value, Activation):
        raise walk.refuse(node, 0, "a quantised activation")
    return real_activation(node, value)


@operator("AveragePool")
def average_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The average of each window."""
    return averages(walk, node, _activation(walk, node))


def _whole(walk: Walk, node: OnnxNode) -> FileValue:
    return whole_average(walk, node, _activation(walk, node))


@operator("GlobalAveragePool")
def global_average_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The average of each channel's map."""
    return _whole(walk, node)


@operator("ReduceMean")
def reduce_mean(walk: Walk, node: OnnxNode) -> FileValue:
    """The average over both image axes."""
    axes = integers(node, "axes", ()) or tuple(
        int(axis) for axis in walk.constant(node, 1, "its axes").astype(np.int64).reshape(-1)
    )
    rank = len(shape_of(node, walk.value(node, 0))) + 1
    if sorted(axis % rank for axis in axes) != list(range(2, rank)):
        raise RefusedError([f"{node.place}: axes = {axes}; an average over all image axes is imported"])
    sums = _whole(walk, node)
    if integer(node, "keepdims", 1):
        return sums
    shape = shape_of(node, sums)
    return moved(walk, node, sums, view_move(shape, shape[:1]))
