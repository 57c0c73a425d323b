"""transpose in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.transpose import Transpose


@onnx_form("transpose")
def write_transpose(node: Transpose, builder: OnnxBuilder) -> None:
    """Transpose; the batch stays in front."""
    builder.add("Transpose", list(node.inputs), node.output, perm=[0, *(axis + 1 for axis in node.axes)])
