"""pointwise in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.pointwise import Pointwise


@onnx_form("pointwise")
def write_pointwise(node: Pointwise, builder: OnnxBuilder) -> None:
    """Gather: an index below 0 counts from the end, which is its bit pattern."""
    entries = node.pointwise.entries.astype(builder.graph.edges[node.output].dtype)
    table = builder.constant(node, "table", entries)
    builder.add("Gather", [table, builder.wide(node, 0, "x")], node.output)
