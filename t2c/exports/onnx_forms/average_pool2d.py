"""average_pool2d in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form, window_attributes
from t2c.golden.nodes.average_pool2d import AveragePool2d


@onnx_form("average_pool2d")
def write_average_pool2d(node: AveragePool2d, builder: OnnxBuilder) -> None:
    """A depthwise ConvInteger with weights of 1, then MulQuant; of one pixel nothing is summed."""
    if (node.kernel, node.stride, node.window.padding) == ((1, 1), (1, 1), (0, 0)):
        zero_point = builder.constant(node, "x_zero_point", np.int64(builder.graph.inputs_of(node)[0].zero_point))
        acc = builder.add("Sub", [builder.wide(node, 0, "x"), zero_point], builder.name(node, "acc"))
        builder.requantise(node, acc)
        return
    x, zero_point = builder.operand(node, 0, "x")
    groups = builder.graph.inputs_of(node)[0].shape[0]
    ones = builder.constant(node, "ones", np.ones((groups, 1, *node.kernel), np.uint8))
    window, acc = window_attributes(node.window), builder.name(node, "acc")
    builder.requantise(node, builder.add("ConvInteger", [x, ones, zero_point], acc, group=groups, **window))
