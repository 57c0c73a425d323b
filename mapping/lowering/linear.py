"""linear on the engine."""

from __future__ import annotations

from t2c.golden.arithmetic.window import Window
from t2c.golden.nodes.linear import Linear
from t2c.mapping.convolution import convolution
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan


@lowers("linear")
def lower_linear(node: Linear, site: Site) -> LayerPlan:
    """Plan a linear layer. A flattened map is still a map in memory: it is a convolution whose kernel covers it."""
    window = Window(kernel=(site.sources[0].height, site.sources[0].width))
    weight = node.weight.reshape(node.out_channels, -1, window.taps)
    return convolution(node, site, weight=weight, groups=1, window=window, quant=node.mulquant)
