"""matmul in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.matmul import Matmul


@onnx_form("matmul")
def write_matmul(node: Matmul, builder: OnnxBuilder) -> None:
    """MatMulInteger, then MulQuant."""
    a, zero_point_a = builder.operand(node, 0, "a")
    b, zero_point_b = builder.operand(node, 1, "b")
    inputs, acc = [a, b, zero_point_a, zero_point_b], builder.name(node, "acc")
    builder.requantise(node, builder.add("MatMulInteger", inputs, acc))
