"""slice in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.slice import Slice


@onnx_form("slice")
def write_slice(node: Slice, builder: OnnxBuilder) -> None:
    """Slice along one axis, the batch being axis 0."""
    places = {"start": node.start, "end": node.start + node.length, "axis": node.axis + 1}
    given = [builder.constant(node, part, np.array([value], np.int64)) for part, value in places.items()]
    builder.add("Slice", [*node.inputs, *given], node.output)
