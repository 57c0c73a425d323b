"""conv2d on the engine."""

from __future__ import annotations

from t2c.golden.nodes.conv2d import Conv2d
from t2c.mapping.convolution import convolution
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan


@lowers("conv2d")
def lower_conv2d(node: Conv2d, site: Site) -> LayerPlan:
    """Plan a convolution."""
    window = node.window
    weight = node.weight.reshape(node.out_channels, -1, window.taps)
    return convolution(node, site, weight=weight, groups=node.groups, window=window, quant=node.mulquant)
