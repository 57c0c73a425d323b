"""layer_norm in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.nodes.layer_norm import LayerNorm


@c_form("layer_norm")
def write_layer_norm(node: LayerNorm, builder: CBuilder) -> str:
    """Exact sums along axis 0, the root digit by digit, the reciprocal, then MulQuant of t."""
    (length, *rest), norm = builder.edge(node, 0).shape, node.norm
    rows, bits = math.prod(rest), norm.root_bits
    rounding = builder.use("round_half_up")
    return f"""\
    int32_t n, c;
    for (n = 0; n < {rows}; n++) {{
        int64_t total = 0, squares = 0, r;
        uint64_t v, normal, root = 0;
        unsigned half = 0, digit;
        for (c = 0; c < {length}; c++) {{
            const int64_t value = x[c * {rows} + n];
            total += value;
            squares += value * value;
        }}
        v = (uint64_t)({length} * squares - total * total + INT64_C({norm.epsilon}));
        while (half < 32 && v >> (2 * half))
            half++;
        normal = half < {bits} ? v << (2 * ({bits} - half)) : v >> (2 * (half - {bits}));
        for (digit = {bits}; digit-- > 0;) {{
            const uint64_t tried = root | UINT64_C(1) << digit;
            if (tried * tried <= normal)
                root = tried;
        }}
        r = (int64_t)((UINT64_C(1) << {2 * bits}) / root);
        for (c = 0; c < {length}; c++) {{
            const int64_t centred = (int64_t){length} * x[c * {rows} + n] - total;
            const int64_t t = {rounding}(centred * r, {bits - norm.fraction_bits} + half);
            y[c * {rows} + n] =
                {builder.requantised(node, "t", "c")};
        }}
    }}
    """
