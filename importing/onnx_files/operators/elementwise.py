"""Arithmetic with constants, sums of activations, bounds, batch normalisation, functions by table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.elements import affine, bounded, constant_operand, mapped, real_activation, spread
from t2c.importing.onnx_files.model import Array, OnnxNode, check_size
from t2c.importing.onnx_files.operator import operator, real
from t2c.importing.onnx_files.products import elementwise_sums
from t2c.importing.onnx_files.values import (
    Activation,
    FileConstant,
    FileValue,
    FloatInput,
    Mapped,
    PairSum,
    QuantisedConstant,
    reals_held,
)
from t2c.importing.onnx_files.walk import Walk

_FOLDED: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Pow": np.power,
}


def _folded(node: OnnxNode, left: Array, right: Array) -> FileConstant:
    if left.dtype != right.dtype:
        raise RefusedError([f"{node.place}: constants of {left.dtype} and {right.dtype}"])
    with np.errstate(all="ignore"):
        try:
            check_size(node, np.broadcast_shapes(left.shape, right.shape))
            found = np.asarray(_FOLDED[node.op](left, right)).astype(left.dtype)
        except ValueError as error:
            raise RefusedError([f"{node.place}: constants of shapes {left.shape} and {right.shape}"]) from error
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise RefusedError([f"{node.place}: its result is not finite"])
    return FileConstant(values=found)


def _arithmetic(walk: Walk, node: OnnxNode) -> FileValue:
    left, right = walk.value(node, 0), walk.value(node, 1)
    a, b = reals_held(left), reals_held(right)
    if a is not None and b is not None:
        return _folded(node, a, b)
    if a is not None:
        return _with_constant(node, right, left, a, first=True)
    if b is not None:
        return _with_constant(node, left, right, b, first=False)
    for index, value in enumerate((left, right)):
        if not isinstance(value, (Activation, Mapped)):
            raise walk.refuse(node, index, "a quantised activation or a constant")
    assert isinstance(left, (Activation, Mapped))
    assert isinstance(right, (Activation, Mapped))
    if isinstance(left, Mapped) or isinstance(right, Mapped):
        return _of_one(node, left, right)
    x, y = real_activation(node, left), real_activation(node, right)
    if node.op == "Mul":
        return elementwise_sums(walk, node, x, y)
    if node.op in ("Add", "Sub"):
        x, y = spread(walk, node, x, y)
        return PairSum(left=x, right=y, minus=node.op == "Sub")
    raise RefusedError([f"{node.place}: a division by an activation or by 0"])


def _of_one(node: OnnxNode, left: Activation | Mapped, right: Activation | Mapped) -> FileValue:
    """Two functions of one activation, such as x · sigmoid(x), are one function of it."""
    pair = [Mapped(source=each, functions=()) if isinstance(each, Activation) else each for each in (left, right)]
    first, second = pair
    if first.source.spec != second.source.spec or not first.source.real or not second.source.real:
        raise RefusedError([f"{node.place}: {Mapped.what} where an activation is to be"])

    def both(values: Array) -> Array:
        return np.asarray(_FOLDED[node.op](first.applied(values), second.applied(values)))

    return Mapped(source=first.source, functions=(both,))


def _prepared(node: OnnxNode, value: FloatInput, held: Array) -> FloatInput:
    """What the host computes of a float input before it is quantised; raise RefusedError if it changes the shape."""
    batched = (1, *value.shape)
    try:
        same = np.broadcast_shapes(batched, held.shape) == batched
    except ValueError:
        same = False
    if not same:
        raise RefusedError([f"{node.place}: a constant of shape {held.shape} for an input of shape {value.shape}"])
    return replace(value, prepared=(*value.prepared, node.place))


def _with_constant(node: OnnxNode, value: FileValue, holder: FileValue, held: Array, *, first: bool) -> FileValue:
    """An operation with a constant, which comes first or last."""
    if isinstance(value, FloatInput):
        return _prepared(node, value, held)
    whole = isinstance(value, Activation) and held.size > 1
    if node.op == "Add" and whole and isinstance(holder, QuantisedConstant):
        assert isinstance(value, Activation)
        return constant_operand(node, real_activation(node, value), holder)
    if node.op == "Add":
        return affine(node, value, None, held)
    if node.op == "Mul":
        return affine(node, value, held, None)
    if node.op == "Sub":
        minus = np.full((), -1, np.float32)
        return affine(node, value, minus, held) if first else affine(node, value, None, -held)
    if first or (held == 0).any():
        raise RefusedError([f"{node.place}: a division by an activation or by 0"])
    return affine(node, value, 1 / held.astype(np.float64), None)


for _name in ("Add", "Sub", "Mul", "Div"):
    operator(_name)(_arithmetic)


@operator("Pow")
def power(walk: Walk, node: OnnxNode) -> FileValue:
    """Of constants alone."""
    a, b = reals_held(walk.value(node, 0)), reals_held(walk.value(node, 1))
    if a is None or b is None:
        raise RefusedError([f"{node.place}: a power of what is no constant"])
    return _folded(node, a, b)


@operator("Neg")
def neg(walk: Walk, node: OnnxNode) -> FileValue:
    """-x."""
    return affine(node, walk.value(node, 0), np.full((), -1, np.float32), None)


@operator("BatchNormalization")
def batch_normalization(walk: Walk, node: OnnxNode) -> FileValue:
    """(x - mean) / sqrt(variance + epsilon) scale + bias, per channel."""
    given = [walk.constant(node, index, "a parameter of it").astype(np.float64) for index in (1, 2, 3, 4)]
    scale, bias, mean, variance = (each.reshape(-1) for each in given)
    wide = variance + real(node, "epsilon", 1e-5)
    if not scale.shape == bias.shape == mean.shape == wide.shape or (wide <= 0).any():
        raise RefusedError([f"{node.place}: parameters of other lengths, or a variance that is not positive"])
    value = walk.value(node, 0)
    factor = scale / np.sqrt(wide)
    shape = getattr(value, "shape", ())
    spread = (-1, *(1 for _ in shape[1:]))
    return affine(node, value, factor.reshape(spread), (bias - mean * factor).reshape(spread))


@operator("Relu")
def relu(walk: Walk, node: OnnxNode) -> FileValue:
    """max(x, 0)."""
    return bounded(node, walk.value(node, 0), 0.0, None)


@operator("Max")
def maximum(walk: Walk, node: OnnxNode) -> FileValue:
    """Of a value and one number: a lower bound."""
    return _bound(walk, node, low=True)


@operator("Min")
def minimum(walk: Walk, node: OnnxNode) -> FileValue:
    """Of a value and one number: an upper bound."""
    return _bound(walk, node, low=False)


def _bound(walk: Walk, node: OnnxNode, *, low: bool) -> FileValue:
    if len(node.inputs) != 2:
        raise RefusedError([f"{node.place}: {len(node.inputs)} inputs; a value and one number are read"])
    held = [reals_held(walk.value(node, index)) for index in (0, 1)]
    place = 0 if held[0] is not None else 1
    bound = held[place]
    if bound is None or bound.size != 1 or bound.dtype.kind != "f" or held[1 - place] is not None:
        raise RefusedError([f"{node.place}: a value and one number are read"])
    level = float(bound.reshape(()))
    return bounded(node, walk.value(node, 1 - place), level if low else None, None if low else level)


@operator("PRelu")
def prelu(walk: Walk, node: OnnxNode) -> FileValue:
    """x, or one slope times x below 0."""
    slope = np.float32(walk.number(node, 1, "its slope"))
    return mapped(node, walk.value(node, 0), lambda v: np.where(v >= 0, v, slope * v))


@operator("Clip")
def clip(walk: Walk, node: OnnxNode) -> FileValue:
    """Bounds as attributes or as constants."""
    ends: list[float | None] = []
    for index, name in ((1, "min"), (2, "max")):
        if walk.has(node, index):
            values = walk.constant(node, index, f"its {name}")
            if values.size != 1:
                raise RefusedError([f"{node.place}: {name} of {values.size} numbers"])
            ends.append(float(values.reshape(())))
        else:
            ends.append(real(node, name, 0.0) if name in node.attributes else None)
    if None not in ends and ends[0] > ends[1]:  # type: ignore[operator]
        raise RefusedError([f"{node.place}: min = {ends[0]} above max = {ends[1]}"])
    return bounded(node, walk.value(node, 0), ends[0], ends[1])


def _function(name: str, made: Callable[[OnnxNode], Callable[[Array], Array]]) -> None:
    def apply(walk: Walk, node: OnnxNode) -> FileValue:
        return mapped(node, walk.value(node, 0), made(node))

    apply.__qualname__ = f"function_{name}"
    operator(name)(apply)


def _leaky(node: OnnxNode) -> Callable[[Array], Array]:
    alpha = np.float32(real(node, "alpha", 0.01))
    return lambda v: np.where(v >= 0, v, alpha * v)


def _hard_sigmoid(node: OnnxNode) -> Callable[[Array], Array]:
    alpha, beta = np.float32(real(node, "alpha", 0.2)), np.float32(real(node, "beta", 0.5))
    return lambda v: np.clip(alpha * v + beta, np.float32(0), np.float32(1))


def _sigmoid(v: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-v)))


_function("LeakyRelu", _leaky)
_function("HardSigmoid", _hard_sigmoid)
_function("HardSwish", lambda node: lambda v: v * np.clip(v / np.float32(6) + np.float32(0.5), 0, 1).astype(np.float32))
_function("Sigmoid", lambda node: _sigmoid)
_function("Tanh", lambda node: np.tanh)
_function("Abs", lambda node: np.abs)
_function("Softplus", lambda node: lambda v: np.log1p(np.exp(-np.abs(v))) + np.maximum(v, 0))
_function("Elu", lambda node: _elu(np.float32(real(node, "alpha", 1.0))))
_function("Exp", lambda node: np.exp)
_function("Sqrt", lambda node: np.sqrt)


def _elu(alpha: np.float32) -> Callable[[Array], Array]:
    return lambda v: np.where(v >= 0, v, alpha * np.expm1(np.minimum(v, 0)))
