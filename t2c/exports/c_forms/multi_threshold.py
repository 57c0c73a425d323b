"""multi_threshold in C."""

from __future__ import annotations

import math

from t2c.exports.c_builder import CBuilder, c_form
from t2c.golden.nodes.multi_threshold import MultiThreshold


@c_form("multi_threshold")
def write_multi_threshold(node: MultiThreshold, builder: CBuilder) -> str:
    """The number of thresholds that are reached, by bisection: none lies below the one before it."""
    shape, stairs = builder.edge(node, 0).shape, node.multi_threshold
    thresholds = builder.constant(node, "thresholds", stairs.thresholds)
    inner = math.prod(shape[1:])
    row = f"n / {inner} * {stairs.steps} + " if stairs.channels > 1 else ""
    return f"""\
    int32_t n;
    for (n = 0; n < {math.prod(shape)}; n++) {{
        int32_t reached = 0, beyond = {stairs.steps};
        while (reached < beyond) {{
            const int32_t middle = (reached + beyond) / 2;
            if (x[n] >= {thresholds}[{row}middle])
                reached = middle + 1;
            else
                beyond = middle;
        }}
        y[n] = {builder.cast(node, f"reached + ({stairs.base})")};
    }}
    """
