"""Where weights and parameters lie: in their memories from the start, or brought by the program piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import Lanes, no_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.plan import LayerPlan
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Constants that all fit.

    weights, params: the memories; weight_base: by (node, run); param_base: by node; moved: rows of the weight
    memory behind them, which take the activations that are moved there.
    """

    weights: IntArray
    params: Lanes
    weight_base: Mapping[tuple[str, ColumnRun], int]
    param_base: Mapping[str, int]
    moved: range


def resident(plans: Mapping[str, LayerPlan], hardware: Hardware) -> Constants | None:
    """Lay all constants into the memories, one layer after the other, or return None if they do not fit.

    Weights that layers share come first: the identity tile of all lanewise ones.
    """
    rows = sum(p.weight_rows(run) for p in plans.values() if not p.shares_weights for run in p.runs)
    shared = next((plan for plan in plans.values() if plan.shares_weights and plan.runs), None)
    rows += shared.weight_rows(shared.runs[0]) if shared else 0
    rows += max(plan.least_moved for plan in plans.values())
    if rows > hardware.wgt_depth or sum(len(p.params) for p in plans.values()) > hardware.par_depth:
        return None
    weights = [shared.weights(shared.runs[0])] if shared else []
    params: list[Lanes] = []
    weight_base: dict[tuple[str, ColumnRun], int] = {}
    param_base: dict[str, int] = {}
    weight_end, param_end = sum(map(len, weights)), 0
    for name, plan in plans.items():
        param_base[name] = param_end
        params.append(plan.params)
        param_end += len(plan.params)
        for run in plan.runs:
            if plan.shares_weights:
                weight_base[name, run] = 0
                continue
            weight_base[name, run] = weight_end
            weights.append(plan.weights(run))
            weight_end += len(weights[-1])
    return Constants(
        weights=np.concatenate(weights) if weights else np.zeros((0, hardware.cols), dtype=np.int64),
        params=np.concatenate(params) if params else no_lanes(hardware),
        weight_base=weight_base,
        param_base=param_base,
        moved=range(weight_end, hardware.wgt_depth),
    )
