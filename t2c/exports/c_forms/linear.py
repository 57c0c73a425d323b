"""linear in C."""

from __future__ import annotations

from t2c.exports.c_builder import CBuilder, accumulator, c_form, centred
from t2c.golden.nodes.linear import Linear


@c_form("linear")
def write_linear(node: Linear, builder: CBuilder) -> str:
    """A sum of products for each output."""
    outputs, features = node.weight.shape
    weight = builder.constant(node, "weight", node.weight)
    element = centred("x[k]", builder.edge(node, 0).zero_point)
    return f"""\
    int32_t o, k;
    for (o = 0; o < {outputs}; o++) {{
        {accumulator(node, builder)} acc = 0;
        for (k = 0; k < {features}; k++)
            acc += (int32_t){weight}[o * {features} + k] * {element};
        y[o] = {builder.requantised(node, "acc", "o")};
    }}
    """
