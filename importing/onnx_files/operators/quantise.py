"""QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

import numpy as np

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntFormat
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.operator import integer, operator
from t2c.importing.onnx_files.quantiser import Quantiser, check_quantiser, check_scale
from t2c.importing.onnx_files.values import (
    Activation,
    FileConstant,
    FileValue,
    FloatStep,
    OnHost,
    PendingSums,
    QuantisedConstant,
)
from t2c.importing.onnx_files.walk import Walk

FORMATS = {
    np.dtype(np.int8): IntFormat(bits=8, signed=True),
    np.dtype(np.uint8): IntFormat(bits=8, signed=False),
    np.dtype(np.int16): IntFormat(bits=16, signed=True),
    np.dtype(np.uint16): IntFormat(bits=16, signed=False),
}
"""Of activations, by the type of their zero point."""
WEIGHT_BITS = {np.dtype(np.int8): 8, np.dtype(np.uint8): 8, np.dtype(np.int32): 32, np.dtype(np.int64): 8}
"""Declared, by type; int64 holds what has fewer than 8."""


def linear_quantiser(node: OnnxNode, scale: Array, zero_point: Array) -> Quantiser:
    """QuantizeLinear's of an activation; raise RefusedError for what is none."""
    fmt = FORMATS.get(zero_point.dtype)
    if fmt is None:
        raise RefusedError([f"{node.place}: an activation of {zero_point.dtype}; int8 and uint8 are read"])
    step, point = check_quantiser(scale, zero_point, fmt, node.place)
    return Quantiser(scale=step, zero_point=point, fmt=fmt, lo=fmt.lo, hi=fmt.hi, linear=True)


def along(node: OnnxNode, values: Array, rank: int, axis: int) -> Array:
    """A vector along an axis of a tensor of that rank; what is one number stays so."""
    if values.size == 1:
        return values.reshape(())
    if values.ndim != 1 or not -rank <= axis < rank:
        raise RefusedError([f"{node.place}: scales of shape {values.shape} along axis {axis} of {rank}"])
    shape = [1] * rank
    shape[axis] = values.size
    return values.reshape(shape)


def quantised_constant(
    node: OnnxNode, values: Array, scale: Array, zero_point: Array | None, axis: int
) -> QuantisedConstant:
    """Integers that the file holds, with their zero points taken off.

    Raises:
        RefusedError: floats, scales that are not positive, zero points of another type, shapes that do not fit.
    """
    if values.dtype not in WEIGHT_BITS:
        raise RefusedError([f"{node.place}: constants of {values.dtype} where quantised ones are to be"])
    if zero_point is not None and zero_point.dtype != values.dtype:
        raise RefusedError([f"{node.place}: a zero point of {zero_point.dtype} for values of {values.dtype}"])
    if integer(node, "block_size", 0):
        raise RefusedError([f"{node.place}: blocks with scales of their own"])
    steps = along(node, check_scale(scale, node.place), values.ndim, axis)
    integers = values.astype(np.int64)
    if zero_point is not None:
        integers = integers - along(node, zero_point.astype(np.int64), values.ndim, axis)
    try:
        spread = np.broadcast_to(steps, integers.shape)
    except ValueError as error:
        raise RefusedError([f"{node.place}: {steps.size} scales for shape {integers.shape}"]) from error
    if integers.shape != values.shape:
        raise RefusedError([f"{node.place}: zero points for another shape than {values.shape}"])
    return QuantisedConstant(integers=integers, scale=spread, bits=WEIGHT_BITS[values.dtype])


def reading(walk: Walk, node: OnnxNode, index: int, scale: Array, zero_point: Array) -> Activation:
    """An input of integers as its reader reads it.

    Raises:
        RefusedError: it is no activation, or another zero point than its maker's.
    """
    value = walk.value(node, index)
    if not isinstance(value, Activation) or value.real:
        raise walk.refuse(node, index, "a quantised activation")
    step, point = check_quantiser(scale, zero_point, value.spec.format, node.place)
    made = value.spec.zero_point
    if point != made:
        tensor = shown(node.inputs[index])
        raise RefusedError([f"{node.place}: zero point {point}; tensor {tensor} is made with {made}"])
    return Activation(spec=value.spec, scale=step, real=False)


def optional_zero_point(walk: Walk, node: OnnxNode, index: int, otherwise: type[np.generic]) -> Array:
    """An input that holds zero points, 0 where it is left out."""
    if walk.has(node, index):
        return walk.constant(node, index, "its zero point")
    return np.zeros((), otherwise)


@operator("QuantizeLinear", "", "com.microsoft")
def quantize_linear(walk: Walk, node: OnnxNode) -> FileValue:
    """q = clip(rint(x / scale) + zp); of a constant, the integers."""
    value = walk.value(node, 0)
    scale = walk.constant(node, 1, "its scale")
    zero_point = optional_zero_point(walk, node, 2, np.uint8)
    if isinstance(value, FileConstant):
        fmt = FORMATS.get(zero_point.dtype)
        if fmt is None or value.values.dtype.kind != "f":
            raise RefusedError([f"{node.place}: a constant of {value.values.dtype} to {zero_point.dtype}"])
        axis, rank = integer(node, "axis", 1), value.values.ndim
        steps = along(node, check_scale(scale, node.place), rank, axis)
        levels = np.rint(value.values.astype(np.float32) / steps) + along(node, zero_point, rank, axis)
        return FileConstant(values=np.clip(levels, fmt.lo, fmt.hi).astype(zero_point.dtype))
    if isinstance(value, OnHost):
        return OnHost(source=value.source, operations=(*value.operations, (node.place, node.op)))
    return close(walk, value, linear_quantiser(node, scale, zero_point), node, node.outputs[0], real=False)


@operator("DequantizeLinear", "", "com.microsoft")
def dequantize_linear(walk: Walk, node: OnnxNode) -> FileValue:
    """x = (q - zp) scale; of sums, a step."""
    value = walk.value(node, 0)
    scale = walk.constant(node, 1, "its scale")
    if isinstance(value, FileConstant):
        zero_point = walk.constant(node, 2, "its zero point") if walk.has(node, 2) else None
        return quantised_constant(node, value.values, scale, zero_point, integer(node, "axis", 1))
    if isinstance(value, PendingSums) and value.single and not value.steps and scale.size == 1:
        factor = check_scale(scale, node.place).astype(np.float64).reshape(1, 1)
        return value.then(FloatStep(kind="mul", values=factor))
    if isinstance(value, OnHost):
        return OnHost(source=value.source, operations=(*value.operations, (node.place, node.op)))
    if not isinstance(value, Activation):
        raise walk.refuse(node, 0, "a quantised activation or constant")
    zero_point = optional_zero_point(walk, node, 2, np.dtype(value.spec.dtype).type)
    found = reading(walk, node, 0, scale, zero_point)
    walk.note(node.outputs[0], found.spec)
    return Activation(spec=found.spec, scale=found.scale, real=True)
