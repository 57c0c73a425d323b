"""interpolate in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.nodes.interpolate import Interpolate


@c_form("interpolate")
def write_interpolate(node: Interpolate, builder: CBuilder) -> str:
    """The line through two neighbouring entries."""
    edge, table = builder.edge(node, 0), node.interpolate
    entries, lower = builder.constant(node, "entries", table.entries), edge.bits - 9
    shift = str(lower + table.fraction_bits)
    return f"""\
    int32_t n;
    for (n = 0; n < {math.prod(edge.shape)}; n++) {{
        const int32_t u = (int32_t)x[n] - ({edge.format.lo});
        const int32_t i = u >> {lower}, f = u & {(1 << lower) - 1};
        const int64_t left = {entries}[i], right = {entries}[i + 1];
        const int64_t v = left * {1 << lower} + (right - left) * f;
        y[n] = {builder.finished(node, table, "v", shift, wide=False)};
    }}
    """
