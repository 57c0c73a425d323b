"""pointwise in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.nodes.pointwise import Pointwise


@c_form("pointwise")
def write_pointwise(node: Pointwise, builder: CBuilder) -> str:
    """A look at the table, at the bit pattern of each element."""
    edge = builder.edge(node, 0)
    table = builder.constant(node, "table", node.pointwise.entries)
    return f"""\
    int32_t n;
    for (n = 0; n < {math.prod(edge.shape)}; n++)
        y[n] = {table}[(uint32_t)x[n] & {(1 << edge.bits) - 1}u];
    """
