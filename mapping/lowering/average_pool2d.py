"""average_pool2d on the engine."""

from __future__ import annotations

import numpy as np

from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.mapping.convolution import convolution
from t2c.mapping.layer import PoolPlan
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan


@lowers("average_pool2d", lanewise=True)
def lower_average_pool2d(node: AveragePool2d, site: Site) -> LayerPlan:
    """Plan an average pooling."""
    quant, hardware = node.mulquant, site.hardware
    if quant.channels > 1:
        # Constants of its own for every channel: a depthwise convolution with weights of 1.
        channels = site.target.channels
        ones = np.ones((channels, 1, node.window.taps), dtype=np.int64)
        return convolution(node, site, weight=ones, groups=channels, window=node.window, quant=quant)
    lane = encode_lanes(quant.multiplier, quant.bias, quant.shift, hardware)
    return PoolPlan(
        **site.lanewise_fields(node),
        window=node.window,
        params=np.broadcast_to(lane, (hardware.groups, hardware.cols)),
        combine=Combine.SUM,
        x_zero_point=site.inputs[0].zero_point,
        stage=quant,
    )
