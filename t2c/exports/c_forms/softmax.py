"""softmax in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.nodes.softmax import Softmax


@c_form("softmax")
def write_softmax(node: Softmax, builder: CBuilder) -> str:
    """Row by row: the largest, the sum of the entries, its reciprocal, the products rounded."""
    table, shape = node.softmax, builder.edge(node, 0).shape
    exp = builder.constant(node, "exp", table.exp)
    rounding, shift = builder.use(f"round_{table.rounding}"), table.reciprocal_bits - table.output_bits
    builder.use("clip")
    length, most = shape[-1], (1 << table.output_bits) - 1
    return f"""\
    int32_t n, k;
    for (n = 0; n < {math.prod(shape[:-1])}; n++) {{
        int32_t top = x[n * {length}];
        uint64_t total = 0;
        int64_t r;
        for (k = 1; k < {length}; k++)
            top = x[n * {length} + k] > top ? x[n * {length} + k] : top;
        for (k = 0; k < {length}; k++) {{
            const int32_t below = top - x[n * {length} + k];
            total += below < {table.depth} ? {exp}[below] : 0;
        }}
        r = (int64_t)((UINT64_C(1) << {table.reciprocal_bits}) / total);
        for (k = 0; k < {length}; k++) {{
            const int32_t below = top - x[n * {length} + k];
            const int64_t e = below < {table.depth} ? {exp}[below] : 0;
            y[n * {length} + k] = {builder.cast(node, f"clip({rounding}(e * r, {shift}), 0, {most})")};
        }}
    }}
    """
