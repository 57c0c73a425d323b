"""conv2d in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form, window_attributes
from t2c.golden.nodes.conv2d import Conv2d


@onnx_form("conv2d")
def write_conv2d(node: Conv2d, builder: OnnxBuilder) -> None:
    """ConvInteger, then MulQuant."""
    x, zero_point = builder.operand(node, 0, "x")
    weight, point = builder.weight(node, node.weight)
    window = window_attributes(node.window)
    inputs, acc = [x, weight, zero_point, point], builder.name(node, "acc")
    builder.requantise(node, builder.add("ConvInteger", inputs, acc, group=node.groups, **window))
