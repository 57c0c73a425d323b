"""channel_gain in ONNX."""

from __future__ import annotations

from channel_gain.node import ChannelGain
from t2c.exports.onnx_builder import OnnxBuilder, onnx_form


@onnx_form("channel_gain")
def write_channel_gain(node: ChannelGain, builder: OnnxBuilder) -> None:
    """A depthwise ConvInteger over single pixels, then MulQuant."""
    x, zero_point = builder.operand(node, 0, "x")
    weight, point = builder.weight(node, node.weight.reshape(-1, 1, 1, 1))
    inputs, acc = [x, weight, zero_point, point], builder.name(node, "acc")
    builder.requantise(node, builder.add("ConvInteger", inputs, acc, group=node.out_channels))
