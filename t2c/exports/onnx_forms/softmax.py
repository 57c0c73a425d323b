"""softmax in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.nodes.softmax import Softmax


@onnx_form("softmax")
def write_softmax(node: Softmax, builder: OnnxBuilder) -> None:
    """Largest, table, sum, reciprocal, product, rounding and saturation, all in int64."""
    table = node.softmax
    x = builder.wide(node, 0, "x")

    def made(op: str, part: str, inputs: list[str], **attributes: int | list[int]) -> str:
        return builder.add(op, inputs, builder.name(node, part), **attributes)

    def number(part: str, value: int) -> str:
        return builder.constant(node, part, np.int64(value))

    below = made("Sub", "below", [made("ReduceMax", "top", [x], axes=[-1], keepdims=1), x])
    inside = made("Less", "inside", [below, number("depth", table.depth)])
    zero = number("zero", 0)
    index = made("Where", "index", [inside, below, zero])
    entry = made("Gather", "entry", [builder.constant(node, "exp", table.exp), index])
    e = made("Where", "e", [inside, entry, zero])
    axes = builder.constant(node, "axes", np.array([-1], np.int64))
    total = made("ReduceSum", "total", [e, axes], keepdims=1)
    r = made("Div", "r", [number("one", 1 << table.reciprocal_bits), total])
    shift = number("amount", table.reciprocal_bits - table.output_bits)
    rounded = builder.round_shift(node, made("Mul", "product", [e, r]), shift, table.rounding)
    most = number("most", (1 << table.output_bits) - 1)
    clipped = made("Where", "clipped", [made("Less", "under", [rounded, most]), rounded, most])
    builder.add("Cast", [clipped], node.output, to=builder.dtype(builder.graph.edges[node.output]))
