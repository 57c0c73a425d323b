"""concat in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.concat import Concatenate


@onnx_form("concat")
def write_concat(node: Concatenate, builder: OnnxBuilder) -> None:
    """Concat, the batch being axis 0."""
    builder.add("Concat", list(node.inputs), node.output, axis=node.axis + 1)
