"""Pooling of real numbers or of integers."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.elements import real_activation
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers, operator
from t2c.importing.onnx_files.operators.qlinear_others import average_window
from t2c.importing.onnx_files.products import average_sums
from t2c.importing.onnx_files.values import Activation, FileValue, Move
from t2c.importing.onnx_files.views import moved
from t2c.importing.onnx_files.walk import Walk, shape_of
from t2c.importing.onnx_files.window import image_window


@operator("MaxPool")
def max_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The largest of each window."""
    value = walk.value(node, 0)
    shape = shape_of(node, value)
    if len(shape) != 3:
        raise RefusedError([f"{node.place}: shape (N, {', '.join(map(str, shape))}); it takes maps (N, C, H, W)"])
    window = image_window(node, integers(node, "kernel_shape", (), 2), shape[1:])

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

    spec = TensorSpec(name="x", shape=shape, bits=8, signed=True)
    result = make("node", "x", "y").output_shape([spec])
    move = Move(make=make, op=MaxPool2d.op, shape=result, rising=True, channels=True)
    return moved(walk, node, value, move)


def _activation(walk: Walk, node: OnnxNode) -> Activation:
    value = walk.value(node, 0)
    if not isinstance(value, Activation):
        raise walk.refuse(node, 0, "a quantised activation")
    return real_activation(node, value)


@operator("AveragePool")
def average_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The average of each window; padding counts, or there is none."""
    x = _activation(walk, node)
    window = average_window(node, x)
    return average_sums(node, x, window, window.taps)


def _whole(walk: Walk, node: OnnxNode) -> FileValue:
    x = _activation(walk, node)
    if len(x.shape) != 3:
        raise RefusedError([f"{node.place}: an average over shape {x.shape}; it takes maps (N, C, H, W)"])
    window = Window(kernel=(x.shape[1], x.shape[2]))
    return average_sums(node, x, window, window.taps)


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
    if sorted(axis % 4 for axis in axes) != [2, 3]:
        raise RefusedError([f"{node.place}: axes = {axes}; an average over both image axes is imported"])
    sums = _whole(walk, node)
    if integer(node, "keepdims", 1):
        return sums
    from t2c.importing.onnx_files.views import reshape_move

    shape = shape_of(node, sums)
    return moved(walk, node, sums, reshape_move(node, shape, shape[:1]))
