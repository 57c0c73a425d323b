"""A graph as torch's own quantised modules: qint8 weights per channel, quint8 activations, where 8-bit rules allow.

Torch's quantised kernels take quint8 activations only. A signed edge is therefore read with both its integers and its
zero point moved by 128, which changes no real value. Torch requantises in float and rounds to nearest even, with the
bias rounded to a whole accumulator step: its outputs are near golden's, not equal. `t2c.exports.native_check` states
and checks how near.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.ao.nn import quantized as nnq
from torch.ao.nn.intrinsic import quantized as nniq

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d

OFFSET = 128
"""What turns a signed byte into an unsigned one."""

CODE_LO, CODE_HI = 0, 255


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what torch warns of and no user of this format can mend.

    Quantised tensors will be removed one day, and loading them uses an old storage class.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor|TypedStorage is deprecated")
        yield


class QuantizedAdd(nn.Module):
    """Sum of two quint8 tensors, at one output scale. relu: clip at the output's zero point."""

    def __init__(self, relu: bool) -> None:
        super().__init__()
        self.relu, self.functional = relu, nnq.QFunctional()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        result: Tensor = (self.functional.add_relu if self.relu else self.functional.add)(a, b)
        return result


def offset_of(edge: TensorSpec) -> int:
    """What is added to an edge's integers and zero point to read them as quint8."""
    return OFFSET if edge.signed else 0


def to_native(values: IntArray, edge: TensorSpec) -> Tensor:
    """Return integers of an edge as a quint8 tensor of the same real values."""
    codes = torch.from_numpy((values + offset_of(edge)).astype(np.uint8))
    return torch._make_per_tensor_quantized_tensor(codes, edge.scale, edge.zero_point + offset_of(edge))


def from_native(tensor: Tensor, edge: TensorSpec) -> IntArray:
    """Return the integers of a quint8 tensor as golden's edge has them."""
    codes: IntArray = tensor.int_repr().numpy().astype(np.int64) - offset_of(edge)
    return codes


def weights_of(node: Conv2d | Linear | AveragePool2d, edge: TensorSpec) -> IntArray:
    """Return the integer weights of a layer; average pooling is a depthwise convolution with weights of 1."""
    if isinstance(node, AveragePool2d):
        return np.ones((edge.shape[0], 1, *node.kernel), np.int64)
    return node.weight


def _clips_at_zero_point(node: Node, stage: OutputStage, edge: TensorSpec) -> bool:
    """Return whether the layer needs torch's ReLU form.

    Raises:
        UnsupportedError: it clips where quint8 does not.
    """
    lo, hi, zero = (value + offset_of(edge) for value in (stage.lo, stage.hi, edge.zero_point))
    if hi != CODE_HI or lo not in (CODE_LO, zero):
        what = f"{stage.lo}..{stage.hi} in {edge.format}"
        raise UnsupportedError(
            f"node {node.name!r}: it clips to {what}; torch clips to all 8 bits, or to those above the zero point"
        )
    return lo != CODE_LO


def weight_scales(node: AccumulatingNode, x: TensorSpec, y: TensorSpec, channels: int) -> tuple[Tensor, Tensor]:
    """Return the real scale of each channel's weights and its real bias: float64 (channels,) and float32 (channels,).

    MulQuant holds M 2^-S = s_w s_x / s_y, so s_w = M 2^-S s_y / s_x; the bias is B 2^-S s_y.

    Raises:
        UnsupportedError: torch cannot hold them; the message names the layer and the channel.
    """
    quant = node.mulquant
    if node.channel_axis != 1:
        raise UnsupportedError(f"node {node.name!r}: torch has no quantised module for {node.op}")
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


def module_of(node: Node, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool = False) -> nn.Module:
    """Return the native module of a node.

    Args:
        node: the node; inputs, output: its edges; blank: leave weights, scale and zero point to `load_state_dict`.

    Raises:
        UnsupportedError: 8-bit rules do not allow it; the message names the node and says why.
    """
    if isinstance(node, Flatten):
        return nn.Flatten()
    if isinstance(node, (MaxPool2d, AveragePool2d)) and node.kernel == (1, 1):
        raise UnsupportedError(f"node {node.name!r}: QNNPACK does not pool over 1x1")
    if isinstance(node, MaxPool2d):
        if node.dilation != (1, 1) and node.padding != (0, 0):
            raise UnsupportedError(f"node {node.name!r}: QNNPACK's max pool is wrong with padding and dilation")
        return nn.MaxPool2d(node.kernel, node.stride, node.padding, node.dilation)
    if isinstance(node, Add):
        module = QuantizedAdd(_clips_at_zero_point(node, node.addquant, output))
        _check_add(node, inputs, output)
        if not blank:
            module.functional.scale, module.functional.zero_point = output.scale, output.zero_point + offset_of(output)
        return module
    if not isinstance(node, (Conv2d, Linear, AveragePool2d)):
        raise UnsupportedError(f"node {node.name!r}: torch has no quantised module for {node.op}")
    relu = _clips_at_zero_point(node, node.mulquant, output)
    weight = weights_of(node, inputs[0])
    scales, bias = weight_scales(node, inputs[0], output, weight.shape[0])
    layer: Any
    if isinstance(node, Linear):
        layer = (nniq.LinearReLU if relu else nnq.Linear)(weight.shape[1], weight.shape[0])
    else:
        groups = node.groups if isinstance(node, Conv2d) else weight.shape[0]
        window, kind = node.window, nniq.ConvReLU2d if relu else nnq.Conv2d
        layer = kind(
            weight.shape[1] * groups,
            weight.shape[0],
            window.kernel,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=groups,
        )
    if not blank:
        codes = torch.from_numpy(weight.astype(np.int8))
        zeros = torch.zeros(len(scales), dtype=torch.int64)
        layer.set_weight_bias(torch._make_per_channel_quantized_tensor(codes, scales, zeros, 0), bias)
        layer.scale, layer.zero_point = output.scale, output.zero_point + offset_of(output)
    return layer


def add_error(node: Add, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> float:
    """Return how far, in output steps, the real sum of two edges can lie from what AddQuant computes."""
    add = node.addquant
    step = 2.0**-add.shift
    pairs = zip((add.multiplier_a, add.multiplier_b), inputs, strict=True)
    return abs(add.bias) * step + sum(
        edge.magnitude * abs(multiplier * step - edge.scale / output.scale) for multiplier, edge in pairs
    )


def _check_add(node: Add, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> None:
    error = add_error(node, inputs, output)
    if error >= 0.5:
        raise UnsupportedError(
            f"node {node.name!r}: torch adds by the edges' scales, which is up to {error:.2g} steps from AddQuant"
        )


@dataclass(frozen=True, kw_only=True)
class NativeNetwork:
    """The layers that torch can run, by name, and why it cannot run the others.

    modules: in the graph's order; refused: reason by layer.
    """

    modules: Mapping[str, nn.Module]
    refused: Mapping[str, str] = field(default_factory=dict)


def native_network(graph: Graph, *, blank: bool = False) -> NativeNetwork:
    """Return the native modules of a graph, layer by layer; what is refused is listed with its reason."""
    modules: dict[str, nn.Module] = {}
    refused: dict[str, str] = {}
    for node in graph.nodes:
        try:
            with quiet():
                modules[node.name] = module_of(node, graph.inputs_of(node), graph.edges[node.output], blank=blank)
        except UnsupportedError as error:
            refused[node.name] = str(error)
    return NativeNetwork(modules=modules, refused=refused)
