"""From a node of the graph to its plan on the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import channel_lanes, encode_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node, WeightedNode
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.mapping.layer import POINT, AddPlan, LayerPlan, PoolPlan, WeightedPlan
from t2c.mapping.tiles import RowPlan, column_channels, column_runs


def plan_layer(graph: Graph, node: Node, layouts: Mapping[str, Layout], hardware: Hardware) -> LayerPlan:
    """Plan one layer.

    Args:
        graph: the network.
        node: one of its nodes, not a flatten (that moves nothing).
        layouts: of the node's edges, by name.
        hardware: the core's parameters.

    Raises:
        UnsupportedError: the engine cannot run the layer; the message says why.
        RangeError: the layer's accumulators could overflow ACC_W.
    """
    inputs, target = graph.inputs_of(node), layouts[node.output]
    sources = tuple(layouts[name] for name in node.inputs)
    _check_widths(node, inputs, graph.edges[node.output], hardware)
    if isinstance(node, (Conv2d, Linear)):
        return _weighted(node, inputs, sources, target, hardware)
    if isinstance(node, AveragePool2d):
        return _average(node, inputs, sources, target, hardware)
    if isinstance(node, MaxPool2d):
        return _max(node, inputs, sources, target, hardware)
    if isinstance(node, Add):
        return _add(node, inputs, sources, target, hardware)
    raise UnsupportedError(f"layer {node.name!r}: the core does not run {node.op}")


def _weighted(
    node: Conv2d | Linear,
    inputs: tuple[TensorSpec, ...],
    sources: tuple[Layout, ...],
    target: Layout,
    hardware: Hardware,
) -> WeightedPlan:
    source = sources[0]
    if isinstance(node, Linear):
        # A flattened map is still a map in memory: the layer is a convolution whose kernel covers it.
        window, groups = Window(kernel=(source.height, source.width)), 1
    else:
        window, groups = node.window, node.groups
    weight = node.weight.reshape(node.out_channels, -1, window.taps)
    return _convolution(node, weight, groups, window, node.mulquant, inputs, sources, target, hardware)


def _convolution(
    node: Node,
    weight: IntArray,
    groups: int,
    window: Window,
    quant: MulQuant,
    inputs: tuple[TensorSpec, ...],
    sources: tuple[Layout, ...],
    target: Layout,
    hardware: Hardware,
) -> WeightedPlan:
    plan = RowPlan.of(sources[0], window.taps)
    channels = column_channels(target, hardware.cols)
    return WeightedPlan(
        hardware=hardware,
        node=node,
        edges=inputs,
        sources=sources,
        target=target,
        window=window,
        params=channel_lanes(quant, channels, hardware),
        weight=weight,
        groups=groups,
        plan=plan,
        channels=channels,
        column_runs=column_runs(plan, channels, groups, weight.shape[0], hardware.groups),
        stage=quant,
    )


def _average(
    node: AveragePool2d, inputs: tuple[TensorSpec, ...], sources: tuple[Layout, ...], target: Layout, hardware: Hardware
) -> LayerPlan:
    quant = node.mulquant
    if quant.channels > 1:
        # Constants of its own for every channel: a depthwise convolution with weights of 1.
        ones = np.ones((target.channels, 1, node.window.taps), dtype=np.int64)
        return _convolution(node, ones, target.channels, node.window, quant, inputs, sources, target, hardware)
    lane = encode_lanes(quant.multiplier, quant.bias, quant.shift, hardware)
    return PoolPlan(
        hardware=hardware,
        node=node,
        edges=inputs,
        sources=sources,
        target=target,
        window=node.window,
        params=np.broadcast_to(lane, (hardware.groups, hardware.cols)),
        combine=Combine.SUM,
        x_zero_point=inputs[0].zero_point,
        stage=quant,
    )


def _max(
    node: MaxPool2d, inputs: tuple[TensorSpec, ...], sources: tuple[Layout, ...], target: Layout, hardware: Hardware
) -> LayerPlan:
    fmt = inputs[0].format
    return PoolPlan(
        hardware=hardware,
        node=node,
        edges=inputs,
        sources=sources,
        target=target,
        window=node.window,
        params=np.broadcast_to(encode_lanes(1, 0, 0, hardware), (hardware.groups, hardware.cols)),
        combine=Combine.MAX,
        x_zero_point=0,
        stage=OutputStage(rounding=Rounding.FLOOR, zero_point=0, lo=fmt.lo, hi=fmt.hi),
    )


def _add(
    node: Add, inputs: tuple[TensorSpec, ...], sources: tuple[Layout, ...], target: Layout, hardware: Hardware
) -> LayerPlan:
    a, b = sources
    if len({(layout.channels, layout.height, layout.width) for layout in (a, b, target)}) > 1:
        raise UnsupportedError(f"layer {node.name!r}: an operand is flattened from a map")
    quant: AddQuant = node.addquant
    pair = encode_lanes([quant.multiplier_a, quant.multiplier_b], [quant.bias, 0], [quant.shift, quant.shift], hardware)
    return AddPlan(
        hardware=hardware,
        node=node,
        edges=inputs,
        sources=sources,
        target=target,
        window=POINT,
        params=np.broadcast_to(np.tile(pair, hardware.groups)[:, np.newaxis], (2 * hardware.groups, hardware.cols)),
        param_step=2,
        stage=quant,
    )


def _check_widths(node: Node, inputs: tuple[TensorSpec, ...], target: TensorSpec, hardware: Hardware) -> None:
    widths = [(f"input {edge.name!r}", edge.bits, hardware.x_w, "X_W") for edge in inputs]
    widths.append(("output", target.bits, hardware.x_w, "X_W"))
    if isinstance(node, WeightedNode):
        widths.append(("weight", node.weight_bits, hardware.w_w, "W_W"))
    if isinstance(node, (AccumulatingNode, Add)):
        quant = node.addquant if isinstance(node, Add) else node.mulquant
        widths.append(("multiplier", quant.widths.scale, hardware.scale_w, "SCALE_W"))
        widths.append(("bias", quant.widths.bias, hardware.bias_w, "BIAS_W"))
    for what, bits, limit, parameter in widths:
        if bits > limit:
            raise UnsupportedError(f"layer {node.name!r}: {what} of {bits} bits does not fit {parameter} = {limit}")
    if isinstance(node, AccumulatingNode):
        needed = node.accumulator_bits(inputs)
        if needed > hardware.acc_w:
            raise RangeError(
                f"layer {node.name!r}: accumulator needs {needed} bits, ACC_W = {hardware.acc_w} could overflow"
            )
