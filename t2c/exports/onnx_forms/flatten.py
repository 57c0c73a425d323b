"""flatten in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.flatten import Flatten


@onnx_form("flatten")
def write_flatten(node: Flatten, builder: OnnxBuilder) -> None:
    """Flatten all but the batch."""
    builder.add("Flatten", list(node.inputs), node.output, axis=1)
