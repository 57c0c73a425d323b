"""average_pool2d in C."""

from __future__ import annotations

from t2c.exports.c_builder import CBuilder, accumulator, c_form, centred
from t2c.exports.c_forms.pooling import pooled
from t2c.golden.nodes.average_pool2d import AveragePool2d


@c_form("average_pool2d")
def write_average_pool2d(node: AveragePool2d, builder: CBuilder) -> str:
    """A sum over each window; what lies outside the image is the zero point, and adds nothing."""
    return pooled(
        builder.edge(node, 0),
        builder.output(node),
        node.window,
        start=f"{accumulator(node, builder)} acc = 0;",
        step=f"acc += {centred('value', builder.edge(node, 0).zero_point)};",
        result=builder.requantised(node, "acc", "c"),
    )
