"""add on the engine."""

from __future__ import annotations

import numpy as np

from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.errors import UnsupportedError
from t2c.golden.nodes.add import Add
from t2c.mapping.layer import POINT, AddPlan, LayerPlan
from t2c.mapping.lower import Site, lowers


@lowers("add")
def lower_add(node: Add, site: Site) -> LayerPlan:
    """Plan a residual add; raise UnsupportedError if an operand does not lie as the others do."""
    a, b = site.sources
    if len({(layout.channels, layout.height, layout.width) for layout in (a, b, site.target)}) > 1:
        raise UnsupportedError(f"layer {node.name!r}: an operand is flattened from a map")
    quant, hardware = node.addquant, site.hardware
    pair = encode_lanes([quant.multiplier_a, quant.multiplier_b], [quant.bias, 0], [quant.shift, quant.shift], hardware)
    return AddPlan(
        **site.plan_fields(node),
        window=POINT,
        params=np.broadcast_to(np.tile(pair, hardware.groups)[:, np.newaxis], (2 * hardware.groups, hardware.cols)),
        param_step=2,
        stage=quant,
    )
