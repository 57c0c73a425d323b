"""Sums of products of activations: convolutions, fully connected layers, products of two activations, averages."""

from __future__ import annotations

from collections.abc import Callable
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
from t2c.importing.onnx_files.window import image_window
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
        RefusedError: more bits than a weight has, or scales that differ within a channel.
    """
    integers, bits = constant.integers, max(constant.bits, signed_bits(constant.integers), 2)
    if bits > MAX_OPERAND_BITS:
        raise RefusedError(
            [f"{node.place}: weights of {bits} bits, zero point taken off; {MAX_OPERAND_BITS} are the most"]
        )
    scale = constant.scale.reshape(len(integers), -1)
    if (scale != scale[:, :1]).any():
        raise RefusedError([f"{node.place}: the scale of its weights differs within an output channel"])
    return integers, bits, scale[:, 0].astype(np.float64)


def _weighted(
    node: OnnxNode, x: Activation, constant: QuantisedConstant, made: Callable[..., Any], bias: Any
) -> PendingSums:
    weight, bits, scale = weight_of(constant, node)
    fmt, zero_point = x.spec.format, x.spec.zero_point

    def make(**given: Any) -> AccumulatingNode:
        node: AccumulatingNode = made(weight=weight, weight_bits=bits, **given)
        return node

    return _sums(
        node,
        make,
        [x],
        reach_of_weights(weight, fmt.lo - zero_point, fmt.hi - zero_point),
        bias=np.zeros(len(weight), np.int64) if bias is None else bias,
        scale=float(x.scale) * scale,
        formats=(str(fmt), f"w{bits}"),
        scales=(float(x.scale), float(scale.max())),
    )


def conv_sums(node: OnnxNode, x: Activation, weight: QuantisedConstant, bias: IntArray | None = None) -> PendingSums:
    """The sums of Conv, QLinearConv or ConvInteger: weight (O, C / groups, KH, KW), bias (O,) integers.

    Raises:
        RefusedError: no map of two image axes, or attributes that golden has not.
    """
    if len(x.shape) != 3 or weight.integers.ndim != 4 or not weight.integers.size:
        shapes = f"shapes (N, {', '.join(map(str, x.shape))}) and {weight.integers.shape}"
        raise RefusedError([f"{node.place}: {shapes}; maps (N, C, H, W) are convolved"])
    window = image_window(node, weight.integers.shape[2:], x.shape[1:])
    groups = integer(node, "group", 1)

    def made(**given: Any) -> Conv2d:
        form: dict[str, Any] = {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
        return Conv2d(**form, groups=groups, **given)

    return _weighted(node, x, weight, made, bias)


def linear_sums(node: OnnxNode, x: Activation, weight: QuantisedConstant, bias: IntArray | None = None) -> PendingSums:
    """The sums of a fully connected layer: weight (O, K), bias (O,) integers.

    Raises:
        RefusedError: x is no row of features.
    """
    if len(x.shape) != 1 or weight.integers.ndim != 2 or not weight.integers.size:
        shapes = f"shapes (N, {', '.join(map(str, x.shape))}) and {weight.integers.shape}"
        raise RefusedError([f"{node.place}: {shapes}; rows (N, K) are multiplied by constants (O, K)"])
    return _weighted(node, x, weight, Linear, bias)


def product_sums(node: OnnxNode, a: Activation, b: Activation) -> PendingSums:
    """The sums of a product of two activations."""

    def ends(spec: TensorSpec) -> tuple[int, int]:
        return spec.format.lo - spec.zero_point, spec.format.hi - spec.zero_point

    corners = [p * q * a.shape[-1] for p in ends(a.spec) for q in ends(b.spec)]
    reach = Reach(lo=np.array([min(*corners, 0)]), hi=np.array([max(corners)]))
    scale = np.array([float(a.scale) * float(b.scale)])
    return _sums(node, Matmul, [a, b], reach, bias=np.zeros(1, np.int64), scale=scale)


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
