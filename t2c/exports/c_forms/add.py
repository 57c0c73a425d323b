"""add in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form, centred
from t2c.golden.nodes.add import Add


@c_form("add")
def write_add(node: Add, builder: CBuilder) -> str:
    """Element by element."""
    edges = [builder.edge(node, k) for k in range(2)]
    terms = [(centred(f"x{k}[n]", edge.zero_point), edge.magnitude) for k, edge in enumerate(edges)]
    return f"""\
    int32_t n;
    for (n = 0; n < {math.prod(edges[0].shape)}; n++)
        y[n] = {builder.added(node, node.addquant, terms)};
    """
