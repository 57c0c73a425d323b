"""max_pool2d in ONNX."""

from __future__ import annotations

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form, window_attributes
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS
from t2c.golden.nodes.max_pool2d import MaxPool2d


@onnx_form("max_pool2d")
def write_max_pool2d(node: MaxPool2d, builder: OnnxBuilder) -> None:
    """MaxPool; its padding never wins either."""
    bits = builder.graph.inputs_of(node)[0].bits
    if bits > MAX_OPERAND_BITS:
        raise UnsupportedError(f"node {node.name!r}: input of {bits} bits; onnxruntime's MaxPool takes 8")
    builder.add("MaxPool", list(node.inputs), node.output, **window_attributes(node.window))
