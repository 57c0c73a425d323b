"""Plan of whatever is a convolution to the engine: K on the rows, N on the columns."""

from __future__ import annotations

from t2c.contract.parameter_lanes import channel_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.node import Node
from t2c.mapping.elements import check_products, check_rows
from t2c.mapping.layer import WeightedPlan
from t2c.mapping.lower import Site
from t2c.mapping.tiles import RowPlan, column_channels, column_runs
from t2c.mapping.views import as_map_of_lanes


def convolution(
    node: Node, site: Site, *, weight: IntArray, groups: int, window: Window, quant: MulQuant
) -> WeightedPlan:
    """Plan a node of one input that is a convolution followed by MulQuant.

    Args:
        node, site: what runs, and where.
        weight: (O, C / groups, taps), which the elements hold.
        groups, window: of the convolution; taps are in the window's order, row by row.
        quant: constants per tensor or per output channel.
    """
    hardware, target, laid = site.hardware, site.target, None
    check_products(node, hardware.columns)
    plan, cols = RowPlan.of(site.sources[0], window.taps, hardware.columns.span), hardware.cols
    if target.is_map:
        channels = column_channels(target, cols)
    else:
        laid = target
        target, lanes = as_map_of_lanes(laid)
        channels = lanes.reshape(-1, cols)
    runs = column_runs(plan, channels, groups, weight.shape[0], hardware.groups)
    check_rows(node, hardware, plan, runs)
    return WeightedPlan(
        **{**site.plan_fields(node), "target": target},
        window=window,
        params=channel_lanes(quant, channels, hardware),
        weight=weight,
        groups=groups,
        plan=plan,
        channels=channels,
        column_runs=runs,
        laid=laid,
        stage=quant,
    )
