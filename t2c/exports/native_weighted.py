"""Native modules with weights: qint8 per channel, bias in float, and how near their outputs are to golden's."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.ao.nn import quantized as nnq
from torch.ao.nn.intrinsic import quantized as nniq

from t2c.errors import ExportError
from t2c.exports.compare import require_equal
from t2c.exports.native import NativeForm, clips_at_zero_point, offset_of
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Pair
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.tensor_spec import TensorSpec

FLOAT_ERROR = 2.0**-20
"""What float32 scales and products lose, relative to the sum and the bias in output steps: a few times 2^-24."""


def weight_scales(node: AccumulatingNode, x: TensorSpec, y: TensorSpec, channels: int) -> tuple[Tensor, Tensor]:
    """Return the real scale of each channel's weights and its real bias: float64 (channels,) and float32 (channels,).

    MulQuant holds M 2^-S = s_w s_x / s_y, so s_w = M 2^-S s_y / s_x; the bias is B 2^-S s_y.

    Raises:
        UnsupportedError: torch cannot hold them; the message names the layer and the channel.
    """
    quant = node.mulquant
    for channel, multiplier in enumerate(quant.multiplier.tolist()):
        if multiplier <= 0:
            raise UnsupportedError(
                f"node {node.name!r}: channel {channel} has multiplier {multiplier}; torch's weight scales are positive"
            )
    worst = node.worst_accumulator((x,)) + np.abs(quant.bias / quant.multiplier).max()
    if worst >= 2.0**31:
        raise UnsupportedError(f"node {node.name!r}: sum and bias reach {worst:.4g}, torch's accumulator has 32 bits")
    step = np.ldexp(1.0, -quant.shift)
    scales = np.broadcast_to(quant.multiplier * step * y.scale / x.scale, channels)
    bias = np.broadcast_to(quant.bias * step * y.scale, channels)
    return torch.from_numpy(scales.copy()), torch.from_numpy(bias.astype(np.float32))


_OFF = {Rounding.FLOOR: 1.0, Rounding.DOUBLE: 0.75}
"""Steps by which a mode may miss the exact value, where it is not 1/2; the first of two roundings may be a quarter."""


def steps_allowed(rounding: Rounding, shift: float) -> int:
    """Output steps between golden, which rounds the exact value, and torch, which rounds it moved by up to `shift`."""
    return math.floor(_OFF.get(rounding, 0.5) + 0.5 + shift)


def check_output(place: str, module: Any, made: Any) -> None:
    """Refuse a module with another output scale or zero point than the one made; raise ExportError."""
    if np.float32(module.scale) != np.float32(made.scale) or int(module.zero_point) != int(made.zero_point):
        raise ExportError(f"{place}: output scale or zero point differs")


class WeightedForm(NativeForm):
    """A layer that sums products with weights along axis 1, then MulQuant."""

    @abstractmethod
    def weight(self, node: Any, x: TensorSpec) -> IntArray:
        """The integer weights, channel O first."""

    @abstractmethod
    def layer(self, node: Any, weight: IntArray, *, relu: bool) -> Any:
        """An empty quantised module that takes such weights. relu: clip at the output's zero point."""

    def module(
        self, node: AccumulatingNode, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool
    ) -> nn.Module:
        relu = clips_at_zero_point(node, node.mulquant, output)
        weight = self.weight(node, inputs[0])
        scales, bias = weight_scales(node, inputs[0], output, weight.shape[0])
        layer = self.layer(node, weight, relu=relu)
        if not blank:
            codes = torch.from_numpy(weight.astype(np.int8))
            zeros = torch.zeros(len(scales), dtype=torch.int64)
            layer.set_weight_bias(torch._make_per_channel_quantized_tensor(codes, scales, zeros, 0), bias)
            layer.scale, layer.zero_point = output.scale, output.zero_point + offset_of(output)
        return layer  # type: ignore[no-any-return]

    def bound(self, node: AccumulatingNode, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> int:
        """Half a step of torch's integer bias is m / 2 output steps with m = M 2^-S; floats lose a little besides."""
        quant = node.mulquant
        step = np.ldexp(1.0, -quant.shift)
        shift = 0.5 * float((quant.multiplier * step).max())
        shift += FLOAT_ERROR * (256 + float((np.abs(quant.bias) * step).max()))
        return steps_allowed(quant.rounding, shift)

    def check(self, place: str, node: Any, inputs: tuple[TensorSpec, ...], module: Any, made: Any) -> None:
        weight, wanted = module.weight(), made.weight()
        require_equal(f"{place}: weight", weight.int_repr().numpy(), self.weight(node, inputs[0]))
        if not torch.equal(weight.q_per_channel_scales(), wanted.q_per_channel_scales()):
            raise ExportError(f"{place}: weight scales differ")
        if not torch.equal(module.bias(), made.bias()):
            raise ExportError(f"{place}: biases differ")
        check_output(place, module, made)


class ConvolutionForm(WeightedForm):
    """What torch runs as a quantised convolution: in the groups of the node's weights, without weights depthwise."""

    def layer(self, node: Any, weight: IntArray, *, relu: bool) -> Any:
        groups = node.weights.groups if node.weights else weight.shape[0]
        window = node.window
        kind: Any = nniq.ConvReLU2d if relu else nnq.Conv2d
        return kind(
            weight.shape[1] * groups,
            weight.shape[0],
            window.kernel,
            stride=window.stride,
            padding=symmetric_padding(node),
            dilation=window.dilation,
            groups=groups,
        )


def symmetric_padding(node: Any) -> Pair:
    """The padding of a node, a pair; raise UnsupportedError for sides that differ, which torch's modules have not."""
    if len(node.window.padding) != 2:
        raise UnsupportedError(f"node {node.name!r}: padding {node.window.padding} differs from side to side")
    return node.window.padding  # type: ignore[no-any-return]


def refuse_point(node: Any) -> None:
    """Refuse a pool over single pixels; raise UnsupportedError."""
    if node.kernel == (1, 1):
        raise UnsupportedError(f"node {node.name!r}: QNNPACK does not pool over 1x1")
