"""add_constant in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import WIDEST_OPERAND, OnnxBuilder, onnx_form
from t2c.golden.nodes.add_constant import AddConstant


@onnx_form("add_constant")
def write_add_constant(node: AddConstant, builder: OnnxBuilder) -> None:
    """AddQuant, whose second operand is the same for every sample."""
    add, (a,) = node.addquant, builder.graph.inputs_of(node)
    largest = WIDEST_OPERAND * (abs(add.multiplier_a) + abs(add.multiplier_b)) + abs(add.bias)
    builder.check_reach(node, largest)
    constants = [
        builder.constant(node, "multiplier", np.array([add.multiplier_a, add.multiplier_b], np.int64)),
        builder.constant(node, "bias", np.int64(add.bias)),
        builder.constant(node, "shift", np.int64(add.shift)),
    ]
    operand = builder.constant(node, "operand", node.constant.values[np.newaxis])
    points = {"zero_point_a": a.zero_point, "zero_point_b": 0}
    builder.call(node, add, "AddQuant", [*node.inputs, operand, *constants], **points)
