"""add in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import WIDEST_OPERAND, OnnxBuilder, onnx_form
from t2c.golden.nodes.add import Add


@onnx_form("add")
def write_add(node: Add, builder: OnnxBuilder) -> None:
    """AddQuant."""
    add, (a, b) = node.addquant, builder.graph.inputs_of(node)
    largest = WIDEST_OPERAND * (abs(add.multiplier_a) + abs(add.multiplier_b)) + abs(add.bias)
    builder.check_reach(node, largest)
    constants = [
        builder.constant(node, "multiplier", np.array([add.multiplier_a, add.multiplier_b], np.int64)),
        builder.constant(node, "bias", np.int64(add.bias)),
        builder.constant(node, "shift", np.int64(add.shift)),
    ]
    points = {"zero_point_a": a.zero_point, "zero_point_b": b.zero_point}
    builder.call(node, add, "AddQuant", [*node.inputs, *constants], **points)
