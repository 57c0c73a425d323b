"""interpolate in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.arithmetic.interpolation import INDEX_BITS
from t2c.golden.nodes.interpolate import Interpolate


@onnx_form("interpolate")
def write_interpolate(node: Interpolate, builder: OnnxBuilder) -> None:
    """Two Gathers, the line between them, and MulQuant with a multiplier of 1."""
    table, (x,) = node.interpolate, builder.graph.inputs_of(node)

    def made(op: str, part: str, *inputs: str) -> str:
        return builder.add(op, list(inputs), builder.name(node, part))

    def number(part: str, value: int) -> str:
        return builder.constant(node, part, np.int64(value))

    piece = number("piece", 1 << x.bits - INDEX_BITS)
    above = made("Sub", "above", builder.wide(node, 0, "x"), number("least", x.format.lo))
    index = made("Div", "index", above, piece)
    offset = made("Sub", "offset", above, made("Mul", "start", index, piece))
    entries, one = builder.constant(node, "entries", table.entries), number("one", 1)
    base = made("Gather", "base", entries, index)
    after = made("Gather", "after", entries, made("Add", "next", index, one))
    rise = made("Mul", "rise", made("Sub", "slope", after, base), offset)
    line = made("Add", "line", made("Mul", "height", base, piece), rise)
    constants = [one, number("zero", 0), number("amount", x.bits - INDEX_BITS + table.fraction_bits)]
    builder.call(node, table, "MulQuant", [line, *constants])
