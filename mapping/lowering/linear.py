"""linear on the engine."""

from __future__ import annotations

from dataclasses import replace

from t2c.golden.arithmetic.window import Window
from t2c.golden.nodes.linear import Linear
from t2c.mapping.convolution import convolution
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan
from t2c.mapping.views import as_flattened_map


@lowers("linear")
def lower_linear(node: Linear, site: Site) -> LayerPlan:
    """Plan a linear layer. A flattened map is still a map in memory: it is a convolution whose kernel covers it.

    Where the elements come in another order than C, H, W, the weights take that of the memory.
    """
    source, order = site.sources[0], None
    if not source.is_map:
        source, order = as_flattened_map(source)
    window = Window(kernel=(source.height, source.width))
    weight = (node.weight if order is None else node.weight[:, order]).reshape(node.out_channels, -1, window.taps)
    site = replace(site, sources=(source,))
    return convolution(node, site, weight=weight, groups=1, window=window, quant=node.mulquant)
