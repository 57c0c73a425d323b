"""max_pool2d in C."""

from __future__ import annotations

from t2c.exports.c_builder import CBuilder, c_form
from t2c.exports.c_forms.pooling import pooled
from t2c.golden.nodes.max_pool2d import MaxPool2d


@c_form("max_pool2d")
def write_max_pool2d(node: MaxPool2d, builder: CBuilder) -> str:
    """The largest element of each window that lies inside the image; every window has one."""
    edge = builder.edge(node, 0)
    return pooled(
        edge,
        builder.output(node),
        node.window,
        start=f"int32_t most = {edge.format.lo};",
        step="most = value > most ? value : most;",
        result=builder.cast(node, "most"),
    )
