"""multi_threshold in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.multi_threshold import MultiThreshold


@onnx_form("multi_threshold")
def write_multi_threshold(node: MultiThreshold, builder: OnnxBuilder) -> None:
    """GreaterOrEqual with all thresholds on an axis of their own, and the sum along it."""
    stairs, edge = node.multi_threshold, builder.graph.edges[node.output]

    def made(op: str, part: str, *inputs: str, **attributes: int) -> str:
        return builder.add(op, list(inputs), builder.name(node, part), **attributes)

    last = builder.constant(node, "axis", np.array([-1]))
    spread = (stairs.channels, *(1 for _ in edge.shape[1:]), stairs.steps)
    thresholds = builder.constant(node, "thresholds", stairs.thresholds.reshape(spread))
    x = made("Unsqueeze", "spread", builder.wide(node, 0, "x"), last)
    reached = made("Cast", "reached", made("GreaterOrEqual", "compared", x, thresholds), to=builder.types.INT64)
    count = made("ReduceSum", "count", reached, last, keepdims=0)
    moved = made("Add", "moved", count, builder.constant(node, "base", np.int64(stairs.base)))
    builder.add("Cast", [moved], node.output, to=builder.dtype(edge))
