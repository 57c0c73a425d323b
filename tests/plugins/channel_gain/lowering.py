"""channel_gain on the core: a depthwise convolution over single pixels."""

from __future__ import annotations

from channel_gain.node import ChannelGain
from t2c.mapping.convolution import convolution
from t2c.mapping.layer import POINT
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan


@lowers("channel_gain")
def lower_channel_gain(node: ChannelGain, site: Site) -> LayerPlan:
    """Plan it."""
    weight = node.weight.reshape(-1, 1, 1)
    return convolution(node, site, weight=weight, groups=node.out_channels, window=POINT, quant=node.mulquant)
