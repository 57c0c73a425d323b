"""Sums of products of activations: convolutions, fully connected layers, products of two activations, averages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, TensorSpec
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.importing.constants import signed_bits
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer
from t2c.importing.onnx_files.values import Activation, PendingSums, QuantisedConstant, Reals
from t2c.importing.onnx_files.views import again_move, moved_activation, turn_move, view_move
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.onnx_files.window import image_window
from t2c.importing.parts import in_parts
from t2c.importing.rule import Reach, reach_of_weights

_ANY = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=0, hi=0)
"""Of a node whose shape alone is asked."""


def _sums(
    node: OnnxNode, made: Callable[..., AccumulatingNode], inputs: list[Activation], reach: Reach, **more: Any
) -> PendingSums:
    names, specs = tuple(each.spec.name for each in inputs), [each.spec for each in inputs]
    trial = made(name="node", inputs=names, output="y", mulquant=_ANY)
    shape = trial.output_shape(specs)
    formats = [str(each.format) for each in specs]
    return PendingSums(
        make=lambda name, output, quant: made(name=name, inputs=names, output=output, mulquant=quant),
        operation=trial.op,
        place=node.place,
        shape=shape,
        axis=trial.channel_axis - 1 if trial.channel_axis > 0 else len(shape) - 1,
        reach=reach,
        inputs=tuple(specs),
        macs=trial.macs(specs),
        **{"formats": tuple(formats), "scales": tuple(float(each.scale) for each in inputs), **more},
    )


def weight_of(constant: QuantisedConstant, node: OnnxNode) -> tuple[IntArray, int, Reals]:
    """Weights, channels first: integers, their declared bits, and a scale for each channel, float64.

    Raises:
        RefusedError: far more bits than a weight has, or scales that differ within a channel.
    """
    integers = constant.integers
    bits = signed_bits(integers)
    if bits > MAX_OPERAND_BITS + 2:
        raise RefusedError([f"{node.place}: weights of {bits} bits; {MAX_OPERAND_BITS} and a zero point are the most"])
    scale = constant.scale.reshape(len(integers), -1)
    if (scale != scale[:, :1]).any():
        raise RefusedError([f"{node.place}: the scale of its weights differs within an output channel"])
    return integers, min(max(constant.bits, bits, 2), MAX_OPERAND_BITS), scale[:, 0].astype(np.float64)


def _weighted(
    walk: Walk,
    node: OnnxNode,
    x: Activation,
    constant: QuantisedConstant,
    made: Callable[..., Any],
    bias: Any,
    groups: int = 1,
) -> PendingSums:
    """Weights that need more than 8 bits are a sum of weights that do not, and x is there as often."""
    weight, bits, scale = weight_of(constant, node)
    fmt, zero_point = x.spec.format, x.spec.zero_point
    parts = in_parts(weight)
    reach = reach_of_weights(weight, fmt.lo - zero_point, fmt.hi - zero_point)
    if len(parts) > 1:
        first, *rest = x.shape
        apart, many = (groups, first // groups, *rest), (groups, len(parts) * first // groups, *rest)
        moves = [
            view_move(x.shape, apart),
            again_move(apart, 1, len(parts)),
            view_move(many, (len(parts) * first, *rest)),
        ]
        x, weight = moved_activation(walk, node, x, moves, "again"), np.concatenate(parts, axis=1)

    def make(**given: Any) -> AccumulatingNode:
        node: AccumulatingNode = made(weight=weight, weight_bits=bits, **given)
        return node

    return _sums(
        node,
        make,
        [x],
        reach,
        bias=np.zeros(len(weight), np.int64) if bias is None else bias,
        scale=float(x.scale) * scale,
        formats=(str(fmt), f"w{bits}"),
        scales=(float(x.scale), float(scale.max())),
    )


def conv_sums(
    walk: Walk, node: OnnxNode, x: Activation, weight: QuantisedConstant, bias: IntArray | None = None
) -> PendingSums:
    """The sums of Conv, QLinearConv or ConvInteger: weight (O, C / groups, KH, KW), bias (O,) integers.

    One image axis is a second one of extent 1 ahead of it.

    Raises:
        RefusedError: no map of one or two image axes, or attributes that golden has not.
    """
    axes = weight.integers.ndim - 2
    if axes not in (1, 2) or len(x.shape) != axes + 1 or not weight.integers.size:
        shapes = f"shapes (N, {', '.join(map(str, x.shape))}) and {weight.integers.shape}"
        raise RefusedError([f"{node.place}: {shapes}; maps (N, C, H, W) or rows (N, C, L) are convolved"])
    if axes == 1:
        wide = (x.shape[0], 1, x.shape[1])
        x = moved_activation(walk, node, x, [view_move(x.shape, wide)], "row")
        weight = replace(weight, integers=weight.integers[:, :, None], scale=weight.scale[:, :, None])
    window = image_window(node, weight.integers.shape[4 - axes :], x.shape[3 - axes :])
    groups = integer(node, "group", 1)
    if groups < 1 or weight.integers.shape[1] * groups != x.shape[0]:
        raise RefusedError(
            [f"{node.place}: weights {weight.integers.shape} of {groups} groups for {x.shape[0]} channels"]
        )

    def made(**given: Any) -> Conv2d:
        form: dict[str, Any] = {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
        return Conv2d(**form, groups=groups, **given)

    sums = _weighted(walk, node, x, weight, made, bias, groups)
    return sums if axes == 2 else sums.moved(view_move(sums.shape, (sums.shape[0], sums.shape[2])))


def linear_sums(
    walk: Walk, node: OnnxNode, x: Activation, weight: QuantisedConstant, bias: IntArray | None = None
) -> PendingSums:
    """The sums of a fully connected layer: weight (O, K), bias (O,) integers; of rows, a convolution of one tap.

    Raises:
        RefusedError: x is no row of features, nor rows of them.
    """
    if weight.integers.ndim != 2 or not weight.integers.size or x.shape[-1] != weight.integers.shape[1]:
        shapes = f"shapes (N, {', '.join(map(str, x.shape))}) and {weight.integers.shape}"
        raise RefusedError([f"{node.place}: {shapes}; rows (N, K) are multiplied by constants (O, K)"])
    if len(x.shape) == 1:
        return _weighted(walk, node, x, weight, Linear, bias)
    *outer, features = x.shape
    rows, out = math.prod(outer), len(weight.integers)
    flat = [] if len(outer) == 1 else [view_move(x.shape, (rows, features))]
    turned = [turn_move((rows, features), (1, 0)), view_move((features, rows), (features, rows, 1))]
    taps = replace(weight, integers=weight.integers[:, :, None, None], scale=weight.scale[:, :, None, None])
    sums = _weighted(walk, node, moved_activation(walk, node, x, [*flat, *turned], "columns"), taps, Conv2d, bias)
    back = [view_move((out, rows, 1), (out, *outer)), turn_move((out, *outer), (*range(1, len(outer) + 1), 0))]
    for move in back:
        sums = sums.moved(move)
    return sums


def product_sums(node: OnnxNode, a: Activation, b: Activation) -> PendingSums:
    """The sums of a product of two activations."""

    def ends(spec: TensorSpec) -> tuple[int, int]:
        return spec.format.lo - spec.zero_point, spec.format.hi - spec.zero_point

    corners = [p * q * a.shape[-1] for p in ends(a.spec) for q in ends(b.spec)]
    reach = Reach(lo=np.array([min(*corners, 0)]), hi=np.array([max(corners)]))
    scale = np.array([float(a.scale) * float(b.scale)])
    return _sums(node, Matmul, [a, b], reach, bias=np.zeros(1, np.int64), scale=scale)


def elementwise_sums(walk: Walk, node: OnnxNode, a: Activation, b: Activation) -> PendingSums:
    """The products of two activations, one of which may be repeated along axes: matrices of one column.

    Raises:
        RefusedError: shapes that do not spread.
    """
    if math.prod(a.shape) < math.prod(b.shape):
        a, b = b, a
    pairs = list(zip(a.shape, b.shape, strict=False))
    if len(a.shape) != len(b.shape) or any(have not in (1, want) for want, have in pairs):
        raise RefusedError([f"{node.place}: shapes {a.shape} and {b.shape}; one is to spread to the other"])
    kept = [axis for axis, (_, have) in enumerate(pairs) if have > 1]
    order = [*kept, *(axis for axis in range(len(pairs)) if axis not in kept)]
    batch, shape = math.prod(b.shape), tuple(a.shape[axis] for axis in order)
    turned = [] if order == sorted(order) else [turn_move(a.shape, order)]
    columns = (batch, math.prod(shape) // batch, 1)
    left = moved_activation(walk, node, a, [*turned, view_move(shape, columns)], "columns")
    right = moved_activation(walk, node, b, [view_move(b.shape, (batch, 1, 1))], "numbers")
    sums = product_sums(node, left, right).moved(view_move(columns, shape))
    return sums.moved(turn_move(shape, [order.index(axis) for axis in range(len(order))])) if turned else sums


def average_sums(node: OnnxNode, x: Activation, window: Window, divisor: int) -> PendingSums:
    """The sums of an average over windows of a map; divisor: what makes the average of them."""
    if len(x.shape) != 3:
        raise RefusedError([f"{node.place}: an average over shape {x.shape}; it takes maps (N, C, H, W)"])

    def made(**given: Any) -> AveragePool2d:
        return AveragePool2d(kernel=window.kernel, stride=window.stride, padding=window.padding, **given)

    fmt: IntFormat = x.spec.format
    ends = (fmt.lo - x.spec.zero_point) * window.taps, (fmt.hi - x.spec.zero_point) * window.taps
    reach = Reach(lo=np.array([ends[0]]), hi=np.array([ends[1]]))
    scale = np.array([float(x.scale) / divisor])
    return _sums(node, made, [x], reach, bias=np.zeros(1, np.int64), scale=scale)


def as_sums(node: OnnxNode, x: Activation) -> PendingSums:
    """A map as sums of single pixels, for what differs from channel to channel."""
    return average_sums(node, x, Window(kernel=(1, 1)), 1)


def scaled_sums(walk: Walk, node: OnnxNode, x: Activation, constant: QuantisedConstant) -> PendingSums:
    """Products of an activation with integers, one or one a channel: a depthwise convolution of one tap.

    Raises:
        RefusedError: integers that differ within a channel, or no map.
    """
    integers, shape = constant.integers, constant.integers.shape
    own = integers.reshape(shape[max(len(shape) - len(x.shape), 0) :]) if integers.size > 1 else integers.reshape(-1)
    rows = np.broadcast_to(own, x.shape).reshape(x.shape[0], -1) if _spreads(own.shape, x.shape) else None
    if len(x.shape) not in (1, 3) or rows is None or (rows != rows[:, :1]).any():
        raise RefusedError([f"{node.place}: a constant of shape {shape} for shape (N, {', '.join(map(str, x.shape))})"])
    integers = rows[:, 0]
    taps = np.broadcast_to(integers.reshape(-1), (x.shape[0],)).reshape(-1, 1, 1, 1)
    scale = np.broadcast_to(constant.scale.reshape(-1)[:1], taps.shape)
    if np.unique(constant.scale).size != 1:
        raise RefusedError([f"{node.place}: a constant with several scales"])
    wide = x if len(x.shape) == 3 else moved_activation(walk, node, x, [view_move(x.shape, (*x.shape, 1, 1))], "map")

    def made(**given: Any) -> Conv2d:
        return Conv2d(groups=x.shape[0], **given)

    sums = _weighted(walk, node, wide, replace(constant, integers=taps, scale=scale), made, None, x.shape[0])
    return sums if len(x.shape) == 3 else sums.moved(view_move(sums.shape, x.shape))


def _spreads(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False
