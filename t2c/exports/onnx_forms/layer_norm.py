"""layer_norm in ONNX."""

from __future__ import annotations

import numpy as np

from t2c.exports.onnx_builder import OnnxBuilder, onnx_form
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.nodes.layer_norm import LayerNorm


@onnx_form("layer_norm")
def write_layer_norm(node: LayerNorm, builder: OnnxBuilder) -> None:
    """Exact sums over axis 1, the root digit by digit, the reciprocal, and MulQuant of t; all in int64 and uint64."""
    norm, (edge,) = node.norm, builder.graph.inputs_of(node)
    bits = norm.root_bits
    x = builder.wide(node, 0, "x")

    def made(op: str, part: str, *inputs: str, **attributes: int | str) -> str:
        return builder.add(op, list(inputs), builder.name(node, part), **attributes)

    def number(part: str, value: int) -> str:
        return builder.constant(node, part, np.int64(value))

    channels = builder.constant(node, "channels", np.array([1], np.int64))
    length, zero = number("length", edge.shape[0]), number("zero", 0)
    total = made("ReduceSum", "total", x, channels, keepdims=1)
    squares = made("ReduceSum", "squares", made("Mul", "square", x, x), channels, keepdims=1)
    scaled = made("Mul", "scaled", length, squares)
    spread = made("Sub", "spread", scaled, made("Mul", "total_squared", total, total))
    variance = made("Add", "variance", spread, number("epsilon", norm.epsilon))

    fours = builder.constant(node, "fours", np.array([1 << 2 * place for place in range(31)], np.int64))
    last = builder.constant(node, "last", np.array([-1], np.int64))
    reached = made("GreaterOrEqual", "reached", made("Unsqueeze", "column", variance, last), fours)
    half = made("ReduceSum", "half", made("Cast", "digits", reached, to=builder.types.INT64), last, keepdims=0)

    def shifted(value: str, part: str, direction: str, difference: str) -> str:
        """By twice a difference, where it is above 0."""
        positive = made("Where", f"{part}_by", made("Greater", f"{part}_if", difference, zero), difference, zero)
        twice = made("Cast", f"{part}_twice", made("Add", f"{part}_sum", positive, positive), to=builder.types.UINT64)
        return made("BitShift", part, value, twice, direction=direction)

    width = number("root_bits", bits)
    unsigned = made("Cast", "unsigned", variance, to=builder.types.UINT64)
    raised = shifted(unsigned, "raised", "LEFT", made("Sub", "missing", width, half))
    lowered = shifted(raised, "lowered", "RIGHT", made("Sub", "spare", half, width))
    root = builder.integer_root(node, made("Cast", "normal", lowered, to=builder.types.INT64), bits)
    reciprocal = made("Div", "reciprocal", number("unit", 1 << 2 * bits), root)

    centred = made("Sub", "centred", made("Mul", "times", length, x), total)
    amount = made("Add", "amount", half, number("offset", bits - norm.fraction_bits))
    product = made("Mul", "product", centred, reciprocal)
    builder.requantise(node, builder.round_shift(node, product, amount, Rounding.HALF_UP))
