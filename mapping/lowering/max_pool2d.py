"""max_pool2d on the engine."""

from __future__ import annotations

import numpy as np

from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.mapping.layer import PoolPlan
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan


@lowers("max_pool2d", lanewise=True)
def lower_max_pool2d(node: MaxPool2d, site: Site) -> LayerPlan:
    """Plan a max pooling; its MulQuant changes nothing."""
    fmt, hardware = site.inputs[0].format, site.hardware
    return PoolPlan(
        **site.lanewise_fields(node),
        window=node.window,
        params=np.broadcast_to(encode_lanes(1, 0, 0, hardware), (hardware.groups, hardware.cols)),
        combine=Combine.MAX,
        x_zero_point=0,
        stage=OutputStage(rounding=Rounding.FLOOR, zero_point=0, lo=fmt.lo, hi=fmt.hi),
    )
