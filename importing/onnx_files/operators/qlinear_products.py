"""QLinearConv, QLinearMatMul and QGemm: products of integers that are requantised in one operator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, operator, real
from t2c.importing.onnx_files.operators.quantise import (
    linear_quantiser,
    optional_zero_point,
    quantised_constant,
    reading,
)
from t2c.importing.onnx_files.products import conv_sums, linear_sums, product_sums
from t2c.importing.onnx_files.values import FileConstant, FileValue, PendingSums, QuantisedConstant
from t2c.importing.onnx_files.walk import Walk

INT32 = np.iinfo(np.int32)


def integer_bias(walk: Walk, node: OnnxNode, index: int, channels: int) -> IntArray | None:
    """The int32 bias of a product, if it has one; raise RefusedError for another shape or type."""
    if not walk.has(node, index):
        return None
    values = walk.constant(node, index, "its bias")
    if values.dtype != np.int32 or values.size != channels:
        raise RefusedError(
            [f"{node.place}: a bias of {values.dtype}, shape {values.shape}; {channels} int32 are wanted"]
        )
    return values.reshape(-1).astype(np.int64)


def check_int32(sums: PendingSums) -> PendingSums:
    """Refuse sums that onnxruntime's int32 does not hold; raise RefusedError."""
    low, high = int((sums.reach.lo + sums.bias).min()), int((sums.reach.hi + sums.bias).max())
    if low < INT32.min or high > INT32.max:
        raise RefusedError([f"{sums.place}: sums of {low}..{high}, which int32 does not hold"])
    return sums


def weight_at(walk: Walk, node: OnnxNode, index: int, axis: int, *, transposed: bool = False) -> QuantisedConstant:
    """The constant weights of a QLinear product: value, scale and zero point from that input on, channels first."""
    values = walk.constant(node, index, "its weight")
    scale = walk.constant(node, index + 1, "the scale of its weight")
    zero_point = optional_zero_point(walk, node, index + 2, values.dtype.type)
    found = quantised_constant(node, values, scale, zero_point, axis)
    if transposed:
        return replace(found, integers=found.integers.T, scale=found.scale.T)
    return found


@operator("QLinearConv")
def qlinear_conv(walk: Walk, node: OnnxNode) -> FileValue:
    """x, its scale and zero point, w, its, those of y, bias."""
    scale, zero_point = walk.constant(node, 1, "its scale"), walk.constant(node, 2, "its zero point")
    x, weight = reading(walk, node, 0, scale, zero_point), weight_at(walk, node, 3, 0)
    end = linear_quantiser(node, walk.constant(node, 6, "its scale"), walk.constant(node, 7, "its zero point"))
    bias = integer_bias(walk, node, 8, len(weight.integers))
    sums = check_int32(conv_sums(walk, node, x, weight, bias))
    return close(walk, sums, end, node, node.outputs[0], real=False)


@operator("QLinearMatMul", "", "com.microsoft")
def qlinear_matmul(walk: Walk, node: OnnxNode) -> FileValue:
    """a, its scale and zero point, b, its, those of y; b is constant or an activation."""
    a = reading(walk, node, 0, walk.constant(node, 1, "its scale"), walk.constant(node, 2, "its zero point"))
    end = linear_quantiser(node, walk.constant(node, 6, "its scale"), walk.constant(node, 7, "its zero point"))
    if isinstance(walk.value(node, 3), FileConstant):
        sums = linear_sums(walk, node, a, weight_at(walk, node, 3, -1, transposed=True))
    else:
        b = reading(walk, node, 3, walk.constant(node, 4, "its scale"), walk.constant(node, 5, "its zero point"))
        sums = product_sums(node, a, b)
    return close(walk, check_int32(sums), end, node, node.outputs[0], real=False)


@operator("QGemm", "com.microsoft")
def qgemm(walk: Walk, node: OnnxNode) -> FileValue:
    """a, its scale and zero point, b, its, bias, scale and zero point of y; without them y is float: sums."""
    if integer(node, "transA", 0):
        raise RefusedError([f"{node.place}: transA = 1: the activation is transposed"])
    a = reading(walk, node, 0, walk.constant(node, 1, "its scale"), walk.constant(node, 2, "its zero point"))
    turned = not integer(node, "transB", 0)
    weight = weight_at(walk, node, 3, -1 if turned else 0, transposed=turned)
    bias = integer_bias(walk, node, 6, len(weight.integers))
    a = replace(a, scale=np.float32(real(node, "alpha", 1.0)) * a.scale)
    if a.scale <= 0:
        raise RefusedError([f"{node.place}: alpha is not positive"])
    sums = check_int32(linear_sums(walk, node, a, weight, bias))
    if not walk.has(node, 7):
        return sums
    end = linear_quantiser(node, walk.constant(node, 7, "its scale"), optional_zero_point(walk, node, 8, np.uint8))
    return close(walk, sums, end, node, node.outputs[0], real=False)
