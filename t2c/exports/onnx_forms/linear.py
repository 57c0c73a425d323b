"""linear in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.linear import Linear


@onnx_form("linear")
def write_linear(node: Linear, builder: OnnxBuilder) -> None:
    """MatMulInteger by the transposed weights, then MulQuant."""
    x, zero_point = builder.operand(node, 0, "x")
    weight, point = builder.weight(node, node.weight.T)
    inputs, acc = [x, weight, zero_point, point], builder.name(node, "acc")
    builder.requantise(node, builder.add("MatMulInteger", inputs, acc))
