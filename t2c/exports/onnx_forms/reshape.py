"""reshape in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.reshape import Reshape


@onnx_form("reshape")
def write_reshape(node: Reshape, builder: OnnxBuilder) -> None:
    """Reshape; 0 keeps the batch."""
    shape = builder.constant(node, "shape", np.array([0, *node.shape], np.int64))
    builder.add("Reshape", [*node.inputs, shape], node.output)
