"""QLinearAdd, QLinearConcat, averages, and functions by table: onnxruntime's operators of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.averages import averages, whole_average
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.elements import constant_operand, spread
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.operator import integer, operator, real
from t2c.importing.onnx_files.operators.quantise import (
    linear_quantiser,
    optional_zero_point,
    quantised_constant,
    reading,
)
from t2c.importing.onnx_files.products import elementwise_sums, scaled_sums
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, Mapped, OnHost, PairSum, PendingJoin
from t2c.importing.onnx_files.walk import Walk

MICROSOFT = "com.microsoft"


def _read(walk: Walk, node: OnnxNode, index: int) -> Activation:
    """The activation at that input, whose scale and zero point follow it."""
    scale = walk.constant(node, index + 1, "its scale")
    return reading(walk, node, index, scale, optional_zero_point(walk, node, index + 2, np.uint8))


def _end(walk: Walk, node: OnnxNode, index: int) -> Callable[[FileValue], FileValue]:
    """What closes a value with the scale and the zero point at that input."""
    scale = walk.constant(node, index, "its scale")
    quantiser = linear_quantiser(node, scale, optional_zero_point(walk, node, index + 1, np.uint8))
    return lambda value: close(walk, value, quantiser, node, node.outputs[0], real=False)


@operator("QLinearAdd", MICROSOFT)
def qlinear_add(walk: Walk, node: OnnxNode) -> FileValue:
    """Of two activations, or of one and a constant, which may be broadcast."""
    end = _end(walk, node, 6)
    if isinstance(walk.value(node, 0), FileConstant):
        return end(_sum(walk, node, _read(walk, node, 3), 0))
    left = _read(walk, node, 0)
    if isinstance(walk.value(node, 3), FileConstant):
        return end(_sum(walk, node, left, 3))
    left, right = spread(walk, node, left, _read(walk, node, 3))
    return end(PairSum(left=left, right=right))


def _sum(walk: Walk, node: OnnxNode, x: Activation, index: int) -> PairSum:
    values, scale = walk.constant(node, index, "its operand"), walk.constant(node, index + 1, "its scale")
    zero_point = optional_zero_point(walk, node, index + 2, values.dtype.type)
    return constant_operand(node, x, quantised_constant(node, values, scale, zero_point, -1))


@operator("QLinearConcat", MICROSOFT)
def qlinear_concat(walk: Walk, node: OnnxNode) -> FileValue:
    """Scale and zero point of y, then each part with its own."""
    if len(node.inputs) < 8 or len(node.inputs) % 3 != 2:
        raise RefusedError(
            [f"{node.place}: {len(node.inputs)} inputs; two parts or more, three inputs each, are joined"]
        )
    parts = tuple(_read(walk, node, index) for index in range(2, len(node.inputs), 3))
    axis = integer(node, "axis", 1)
    axis = axis if axis > 0 else axis + len(parts[0].shape) + 1
    if axis < 1:
        raise RefusedError([f"{node.place}: it joins along the batch"])
    return _end(walk, node, 0)(PendingJoin(parts=parts, axis=axis - 1))


@operator("QLinearAveragePool", MICROSOFT)
def qlinear_average_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """x and y with scale and zero point each; padding counts, or there is none."""
    if integer(node, "channels_last", 0):
        raise RefusedError([f"{node.place}: channels_last = 1"])
    return _end(walk, node, 3)(averages(walk, node, _read(walk, node, 0)))


@operator("QLinearGlobalAveragePool", MICROSOFT)
def qlinear_global_average_pool(walk: Walk, node: OnnxNode) -> FileValue:
    """The average of each channel's whole map."""
    if integer(node, "channels_last", 0):
        raise RefusedError([f"{node.place}: channels_last = 1"])
    return _end(walk, node, 3)(whole_average(walk, node, _read(walk, node, 0)))


@operator("QLinearMul", MICROSOFT)
def qlinear_mul(walk: Walk, node: OnnxNode) -> FileValue:
    """Of two activations, or of one and a constant of one number or one a channel."""
    end = _end(walk, node, 6)
    held = next((index for index in (0, 3) if isinstance(walk.value(node, index), FileConstant)), None)
    if held is None:
        return end(elementwise_sums(walk, node, _read(walk, node, 0), _read(walk, node, 3)))
    values, scale = walk.constant(node, held, "its operand"), walk.constant(node, held + 1, "its scale")
    zero_point = optional_zero_point(walk, node, held + 2, values.dtype.type)
    constant = quantised_constant(node, values, scale, zero_point, -1)
    return end(scaled_sums(walk, node, _read(walk, node, 3 - held), constant))


def _mapped(walk: Walk, node: OnnxNode, function: Callable[[Array], Array]) -> FileValue:
    return _end(walk, node, 3)(Mapped(source=replace(_read(walk, node, 0), real=True), functions=(function,)))


@operator("QLinearSigmoid", MICROSOFT)
def qlinear_sigmoid(walk: Walk, node: OnnxNode) -> FileValue:
    """1 / (1 + exp(-x)), a table."""
    return _mapped(walk, node, lambda v: 1 / (1 + np.exp(-v)))


@operator("QLinearLeakyRelu", MICROSOFT)
def qlinear_leaky_relu(walk: Walk, node: OnnxNode) -> FileValue:
    """x or alpha x, a table."""
    alpha = np.float32(real(node, "alpha", 0.01))
    return _mapped(walk, node, lambda v: np.where(v >= 0, v, alpha * v))


@operator("QLinearSoftmax", MICROSOFT)
def qlinear_softmax(walk: Walk, node: OnnxNode) -> FileValue:
    """The host's."""
    return OnHost(source=_read(walk, node, 0), operations=((node.place, node.op),))
