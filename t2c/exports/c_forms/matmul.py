"""matmul in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, accumulator, c_form, centred
from t2c.golden.nodes.matmul import Matmul


@c_form("matmul")
def write_matmul(node: Matmul, builder: CBuilder) -> str:
    """Matrix by matrix, a row of accumulators at a time."""
    left, right = builder.edge(node, 0), builder.edge(node, 1)
    *batch, rows, depth = left.shape
    columns, matrices = right.shape[-1], math.prod(batch)
    a = centred(f"x0[(b * {rows} + r) * {depth} + k]", left.zero_point)
    c = centred(f"x1[(b * {depth} + k) * {columns} + o]", right.zero_point)
    return f"""\
    int32_t b, r, k, o;
    for (b = 0; b < {matrices}; b++)
        for (r = 0; r < {rows}; r++) {{
            {accumulator(node, builder)} acc[{columns}] = {{0}};
            for (k = 0; k < {depth}; k++) {{
                const int32_t factor = {a};
                for (o = 0; o < {columns}; o++)
                    acc[o] += factor * {c};
            }}
            for (o = 0; o < {columns}; o++)
                y[(b * {rows} + r) * {columns} + o] =
                    {builder.requantised(node, "acc[o]", "o")};
        }}
    """
