"""concat_constant in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.concat_constant import ConcatConstant


@onnx_form("concat_constant")
def write_concat_constant(node: ConcatConstant, builder: OnnxBuilder) -> None:
    """The constant once for every sample of the batch, then Concat."""
    (x,) = node.inputs
    values = node.constant.values
    operand = builder.constant(node, "operand", values[np.newaxis].astype(builder.graph.edges[x].dtype))

    def numbers(part: str, *of: int) -> str:
        return builder.constant(node, part, np.array(of, np.int64))

    shape = builder.add("Shape", [x], builder.name(node, "shape"))
    batch = builder.add("Slice", [shape, numbers("first", 0), numbers("second", 1)], builder.name(node, "batch"))
    wanted = builder.add("Concat", [batch, numbers("extents", *values.shape)], builder.name(node, "wanted"), axis=0)
    every = builder.add("Expand", [operand, wanted], builder.name(node, "every"))
    parts = [every, x] if node.first else [x, every]
    builder.add("Concat", parts, node.output, axis=node.axis + 1)
