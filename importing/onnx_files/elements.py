"""Element by element: constants by channel, bounds, functions; sums take steps, activations become tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec
from t2c.importing.constants import signed_bits
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.products import as_sums
from t2c.importing.onnx_files.values import (
    Activation,
    FileValue,
    FloatStep,
    Function,
    Mapped,
    PairSum,
    PendingSums,
    QuantisedConstant,
    Reals,
    Unknown,
)
from t2c.importing.onnx_files.views import MOST_TIMES, again_move, moved_activation
from t2c.importing.onnx_files.walk import SilentError, Walk


def by_channel(node: OnnxNode, sums: PendingSums, values: Array) -> tuple[PendingSums, Reals]:
    """A constant as (C, 1) or (1, 1), float64, and the sums with as many channels.

    Raises:
        RefusedError: it differs from element to element, or the channels have moved.
    """
    if values.dtype.kind not in "fiu":
        raise RefusedError([f"{node.place}: a constant of {values.dtype}"])
    reals = values.astype(np.float64)
    if values.size == 1:
        return sums, reals.reshape(1, 1)
    rank, axis = len(sums.shape) + 1, sums.channel_axis
    shape = [1] * (rank - reals.ndim) + list(reals.shape)
    wanted = [1] * rank
    if axis is not None:
        wanted[axis + 1] = sums.own_shape[sums.axis]
    if axis is None or shape != wanted:
        raise RefusedError(
            [f"{node.place}: a constant of shape {values.shape} for sums of shape (N, {_inner(sums.shape)})"]
        )
    return sums.spread(), reals.reshape(-1, 1)


def _inner(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))


def affine(node: OnnxNode, value: FileValue, factor: Array | None, offset: Array | None) -> FileValue:
    """value · factor + offset, with constants.

    Raises:
        RefusedError: what is multiplied is neither sums nor an activation, or constants differ within a channel.
    """
    if isinstance(value, Unknown):
        raise SilentError
    constants = [each for each in (factor, offset) if each is not None]
    if isinstance(value, (Activation, Mapped)) and all(each.size == 1 for each in constants):
        return mapped(node, value, _line(factor, offset))
    if isinstance(value, Activation):
        value = as_sums(node, real_activation(node, value))
    if isinstance(value, PendingSums):
        for kind, operand in (("mul", factor), ("add", offset)):
            if operand is not None:
                value, reals = by_channel(node, value, operand)
                value = value.then(FloatStep(kind=kind, values=reals))
        return value
    raise RefusedError([f"{node.place}: {value.what} where sums or an activation are to be"])


def _line(factor: Array | None, offset: Array | None) -> Function:
    def function(values: Array) -> Array:
        if factor is not None:
            values = values * factor.astype(np.float32).reshape(())
        return values if offset is None else values + offset.astype(np.float32).reshape(())

    return function


def bounded(node: OnnxNode, value: FileValue, low: float | None, high: float | None) -> FileValue:
    """The value, no less than low and no more than high; raise RefusedError for what has no order."""
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, PendingSums):
        bounds = (("low", low), ("high", high))
        return value.then(*(FloatStep(kind=k, values=np.full((1, 1), v)) for k, v in bounds if v is not None))
    lowest, highest = -np.inf if low is None else low, np.inf if high is None else high
    if isinstance(value, PairSum):
        return replace(
            value, lowest=min(max(value.lowest, lowest), highest), highest=max(min(value.highest, highest), lowest)
        )
    return mapped(node, value, lambda v: np.clip(v, np.float32(lowest), np.float32(highest)))


def mapped(node: OnnxNode, value: FileValue, function: Function) -> FileValue:
    """A function of every element of an activation; raise RefusedError for what is none."""
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, Mapped):
        return replace(value, functions=(*value.functions, function))
    if isinstance(value, Activation):
        return Mapped(source=real_activation(node, value), functions=(function,))
    raise RefusedError([f"{node.place}: {value.what} where an activation is to be"])


def real_activation(node: OnnxNode, value: Activation) -> Activation:
    """The activation; raise RefusedError if its integers themselves are meant."""
    if not value.real:
        raise RefusedError([f"{node.place}: it computes with integers that nothing dequantises"])
    return value


def constant_operand(node: OnnxNode, x: Activation, constant: QuantisedConstant) -> PairSum:
    """The sum of an activation and a quantised constant, broadcast to its shape.

    Raises:
        RefusedError: several scales, too many bits, or another shape.
    """
    if np.unique(constant.scale).size != 1:
        raise RefusedError([f"{node.place}: a constant with several scales is added"])
    bits = max(signed_bits(constant.integers), 2)
    if bits > MAX_EDGE_BITS:
        raise RefusedError([f"{node.place}: a constant of {bits} bits is added"])
    integers, rank = constant.integers, len(x.shape)
    if integers.ndim > rank:
        if integers.shape[: integers.ndim - rank] != (1,) * (integers.ndim - rank):
            raise RefusedError([f"{node.place}: a constant of shape {integers.shape} is added"])
        integers = integers.reshape(integers.shape[integers.ndim - rank :])
    try:
        spread = np.broadcast_to(integers, x.shape).copy()
    except ValueError as error:
        shapes = f"a constant of shape {constant.integers.shape} to shape (N, {_inner(x.shape)})"
        raise RefusedError([f"{node.place}: {shapes}"]) from error
    fmt, scale = IntFormat(bits=bits, signed=True), np.float32(constant.scale.flat[0])
    spec = TensorSpec(name="constant", shape=x.shape, bits=bits, signed=True, scale=float(scale))
    right = Activation(spec=spec, scale=scale, real=True)
    return PairSum(left=x, right=right, operand=ConstantOperand(values=spread, format=fmt))


def spread(walk: Walk, node: OnnxNode, x: Activation, y: Activation) -> tuple[Activation, Activation]:
    """Two activations of one shape: along axes of extent 1 either is repeated.

    Raises:
        RefusedError: shapes that do not spread.
    """
    pairs = list(zip(x.shape, y.shape, strict=False))
    if len(x.shape) != len(y.shape) or any(a != b and 1 not in (a, b) for a, b in pairs):
        raise RefusedError([f"{node.place}: shapes {x.shape} and {y.shape} do not spread to one"])
    found = []
    for what, each in (("left", x), ("right", y)):
        moves, shape = [], each.shape
        for axis, pair in enumerate(pairs):
            if shape[axis] != max(pair):
                if max(pair) > MOST_TIMES:
                    raise RefusedError([f"{node.place}: repeated {max(pair)} times; {MOST_TIMES} are the most"])
                moves.append(again_move(shape, axis, max(pair)))
                shape = moves[-1].shape
        found.append(moved_activation(walk, node, each, moves, what))
    return found[0], found[1]
