"""channel_gain in C."""

from __future__ import annotations

from channel_gain.node import ChannelGain
from t2c.exports.c_builder import CBuilder, accumulator, c_form, centred


@c_form("channel_gain")
def write_channel_gain(node: ChannelGain, builder: CBuilder) -> str:
    """Every pixel times the gain of its channel, then MulQuant."""
    edge = builder.edge(node, 0)
    channels, height, width = edge.shape
    gain = builder.constant(node, "weight", node.weight)
    return f"""\
    int32_t c, n;
    for (c = 0; c < {channels}; c++)
        for (n = c * {height * width}; n < (c + 1) * {height * width}; n++) {{
            const {accumulator(node, builder)} acc = (int32_t){gain}[c] * {centred("x[n]", edge.zero_point)};
            y[n] = {builder.requantised(node, "acc", "c")};
        }}
    """
