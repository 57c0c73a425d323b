"""Conv, Gemm and MatMul of real numbers that integers stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.elements import affine, real_activation
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, operator, real
from t2c.importing.onnx_files.products import conv_sums, linear_sums, product_sums
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, PendingSums, QuantisedConstant
from t2c.importing.onnx_files.walk import Walk

ROUNDING_OF_A_SCALE = 1e-6
"""How far, relatively, the scale of a bias may be from the product of two float32 scales that it is."""


def _activation(walk: Walk, node: OnnxNode, index: int) -> Activation:
    value = walk.value(node, index)
    if not isinstance(value, Activation):
        raise walk.refuse(node, index, "a quantised activation")
    return real_activation(node, value)


def _weight(walk: Walk, node: OnnxNode, index: int, *, turned: bool = False) -> QuantisedConstant:
    value = walk.value(node, index)
    if isinstance(value, FileConstant):
        value = whole_numbers(node, value)
    if not isinstance(value, QuantisedConstant):
        raise walk.refuse(node, index, "a quantised constant")
    if turned and value.integers.ndim == 2:
        return replace(value, integers=value.integers.T, scale=value.scale.T)
    return value


def whole_numbers(node: OnnxNode, constant: FileConstant) -> QuantisedConstant:
    """Floats that are integers of at most 8 bits, as FINN writes weights; raise RefusedError for others."""
    values = constant.values
    if values.dtype.kind != "f" or not values.size:
        raise RefusedError([f"{node.place}: weights of {values.dtype}"])
    integers = np.rint(np.clip(values, -(2.0**40), 2.0**40)).astype(np.int64)
    if (integers != values).any() or integers.min() < -128 or integers.max() > 127:
        raise RefusedError([f"{node.place}: its weights are floats that nothing has quantised"])
    return QuantisedConstant(integers=integers, scale=np.ones(integers.shape, np.float32), bits=2)


def with_bias(walk: Walk, node: OnnxNode, sums: PendingSums, index: int) -> FileValue:
    """The sums with the bias at that input: integers where its scale is that of the sums, else a step."""
    if not walk.has(node, index):
        return sums
    value = walk.value(node, index)
    if isinstance(value, QuantisedConstant) and value.integers.size == sums.own_shape[sums.axis]:
        wide = sums.spread()
        off = np.abs(value.scale.reshape(-1).astype(np.float64) / wide.scale - 1)
        if not sums.steps and (off <= ROUNDING_OF_A_SCALE).all():
            return replace(wide, bias=wide.bias + value.integers.reshape(-1))
    reals = walk.constant(node, index, "its bias")
    if reals.size != 1:
        axis = sums.channel_axis
        reals = reals.reshape(-1, *(1 for _ in sums.shape[(sums.axis if axis is None else axis) + 1 :]))
    return affine(node, sums, None, reals)


@operator("Conv")
def conv(walk: Walk, node: OnnxNode) -> FileValue:
    """x, w, bias."""
    return with_bias(walk, node, conv_sums(walk, node, _activation(walk, node, 0), _weight(walk, node, 1)), 2)


@operator("Gemm")
def gemm(walk: Walk, node: OnnxNode) -> FileValue:
    """a, b, c; b constant."""
    if integer(node, "transA", 0) or real(node, "alpha", 1.0) != 1.0 or real(node, "beta", 1.0) != 1.0:
        raise RefusedError([f"{node.place}: transA, alpha or beta"])
    weight = _weight(walk, node, 1, turned=not integer(node, "transB", 0))
    return with_bias(walk, node, linear_sums(walk, node, _activation(walk, node, 0), weight), 2)


@operator("MatMul")
def matmul(walk: Walk, node: OnnxNode) -> FileValue:
    """a, b; b is constant or an activation."""
    if isinstance(walk.value(node, 1), Activation):
        return product_sums(node, _activation(walk, node, 0), _activation(walk, node, 1))
    return linear_sums(walk, node, _activation(walk, node, 0), _weight(walk, node, 1, turned=True))
