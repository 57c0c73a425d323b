"""ConvInteger and MatMulInteger: products of integers whose sums float operators take on from there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import operator
from t2c.importing.onnx_files.operators.qlinear_products import check_int32
from t2c.importing.onnx_files.operators.quantise import optional_zero_point, quantised_constant, reading
from t2c.importing.onnx_files.products import conv_sums, linear_sums, product_sums
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, PendingSums, QuantisedConstant
from t2c.importing.onnx_files.walk import Walk

ONE = np.ones((), np.float32)


def _left(walk: Walk, node: OnnxNode) -> Activation:
    return reading(walk, node, 0, ONE, optional_zero_point(walk, node, 2, np.uint8))


def _weight(walk: Walk, node: OnnxNode, axis: int) -> QuantisedConstant:
    values = walk.constant(node, 1, "its weight")
    zero_point = optional_zero_point(walk, node, 3, values.dtype.type)
    return quantised_constant(node, values, ONE, zero_point, axis)


def _single(sums: PendingSums) -> PendingSums:
    return replace(check_int32(sums), single=True)


@operator("ConvInteger")
def conv_integer(walk: Walk, node: OnnxNode) -> FileValue:
    """x, w, their zero points."""
    return _single(conv_sums(walk, node, _left(walk, node), _weight(walk, node, 0)))


@operator("MatMulInteger")
def matmul_integer(walk: Walk, node: OnnxNode) -> FileValue:
    """a, b, their zero points; b is constant or an activation."""
    a = _left(walk, node)
    if not isinstance(walk.value(node, 1), FileConstant):
        return _single(product_sums(node, a, reading(walk, node, 1, ONE, optional_zero_point(walk, node, 3, np.uint8))))
    weight = _weight(walk, node, -1)
    turned = QuantisedConstant(integers=weight.integers.T, scale=weight.scale.T, bits=weight.bits)
    return _single(linear_sums(walk, node, a, turned))


@operator("Cast")
def cast(walk: Walk, node: OnnxNode) -> FileValue:
    """Sums to float32, or what changes nothing."""
    value, to = walk.value(node, 0), node.attributes.get("to")
    kinds = {1: np.float32, 3: np.int8, 2: np.uint8, 6: np.int32, 7: np.int64, 11: np.float64, 9: np.bool_}
    kind = kinds.get(to) if isinstance(to, int) else None
    if isinstance(value, FileConstant) and kind is not None:
        return FileConstant(values=value.values.astype(kind))
    if kind is np.float32 and (not isinstance(value, Activation) or value.real):
        return value
    raise RefusedError([f"{node.place}: a cast of {value.what} to type {to}"])
