"""add_constant in C."""

from __future__ import annotations

import math

import numpy as np

from t2c.exports.c_builder import CBuilder, c_form, centred
from t2c.golden.nodes.add_constant import AddConstant


@c_form("add_constant")
def write_add_constant(node: AddConstant, builder: CBuilder) -> str:
    """Element by element, the constant beside."""
    edge, values = builder.edge(node, 0), node.constant.values
    operand = builder.constant(node, "operand", values)
    terms = [
        (centred("x[n]", edge.zero_point), edge.magnitude),
        (centred(f"{operand}[n]", 0), int(np.abs(values).max())),
    ]
    return f"""\
    int32_t n;
    for (n = 0; n < {math.prod(edge.shape)}; n++)
        y[n] = {builder.added(node, node.addquant, terms)};
    """
