"""Where weights and parameters lie: in their memories from the start, or brought by the program piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import Lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import UnsupportedError
from t2c.mapping.layer import LanewisePlan, LayerPlan, WeightedPlan
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Constants that all fit.

    weights, params: the memories; weight_base: by (node, first tile); param_base: by node.
    """

    weights: IntArray
    params: Lanes
    weight_base: Mapping[tuple[str, int], int]
    param_base: Mapping[str, int]


def resident(plans: Mapping[str, LayerPlan], hardware: Hardware) -> Constants | None:
    """Lay all constants into the memories, one layer after the other, or return None if they do not fit.

    The identity tile comes first and is shared by all lanewise layers.
    """
    rows = sum(p.weight_rows(run) for p in plans.values() if isinstance(p, WeightedPlan) for run in p.runs)
    shared = next((plan for plan in plans.values() if isinstance(plan, LanewisePlan)), None)
    rows += hardware.rows * hardware.groups if shared else 0
    if rows > hardware.wgt_depth or sum(len(p.params) for p in plans.values()) > hardware.par_depth:
        return None
    weights = [shared.weights(shared.runs[0])] if shared else []
    params: list[Lanes] = []
    weight_base: dict[tuple[str, int], int] = {}
    param_base: dict[str, int] = {}
    weight_end, param_end = sum(map(len, weights)), 0
    for name, plan in plans.items():
        param_base[name] = param_end
        params.append(plan.params)
        param_end += len(plan.params)
        for run in plan.runs:
            if isinstance(plan, LanewisePlan):
                weight_base[name, run.first_tile] = 0
                continue
            weight_base[name, run.first_tile] = weight_end
            weights.append(plan.weights(run))
            weight_end += len(weights[-1])
    return Constants(
        weights=np.concatenate(weights) if weights else np.zeros((0, hardware.cols), dtype=np.int64),
        params=np.concatenate(params) if params else np.zeros((0, hardware.cols), dtype=np.uint64),
        weight_base=weight_base,
        param_base=param_base,
    )


def pieces(name: str, plan: LayerPlan, hardware: Hardware) -> tuple[tuple[ColumnRun, ...], ...]:
    """Cut a layer's column runs so that the constants of each piece fit the memories.

    Returns:
        groups of runs; the runs of a group belong to the same outputs and add up in the accumulators (keep, hold).

    Raises:
        UnsupportedError: a single tile does not fit; the message names the memory.
    """
    per_word = hardware.groups
    if per_word * plan.param_step > hardware.par_depth:
        raise UnsupportedError(f"layer {name!r}: PAR_DEPTH = {hardware.par_depth} holds not one word of constants")
    result: list[tuple[ColumnRun, ...]] = []
    for run in plan.runs:
        one = ColumnRun(first_tile=0, tiles=per_word, first_word=run.first_word, words=run.words)
        rows = plan.weight_rows(one)
        count = min(hardware.wgt_depth // rows, hardware.par_depth // (per_word * plan.param_step))
        if count >= 1:
            for first in range(0, run.tiles, count * per_word):
                tiles = min(count * per_word, run.tiles - first)
                result.append((_part(run, first, tiles, run.first_word, run.words),))
            continue
        # A sum over several runs stays in the accumulators, so nothing else may run between them: one tile at a time.
        split = isinstance(plan, WeightedPlan) and per_word == 1
        words = hardware.wgt_depth // (rows // run.words) if split else 0
        if words < 1:
            raise UnsupportedError(
                f"layer {name!r}: WGT_DEPTH = {hardware.wgt_depth} rows do not hold the "
                f"{rows // run.words if split else rows} of one {'channel word' if split else 'memory word of results'}"
            )
        starts = range(0, run.words, words)
        for first in range(0, run.tiles, per_word):
            result.append(
                tuple(
                    _part(
                        run, first, per_word, run.first_word + start, min(words, run.words - start),
                        keep=start > 0, hold=start + words < run.words,
                    )
                    for start in starts
                )
            )  # fmt: skip
    return tuple(result)


def _part(
    run: ColumnRun, first: int, tiles: int, first_word: int, words: int, *, keep: bool = False, hold: bool = False
) -> ColumnRun:
    return ColumnRun(
        first_tile=run.first_tile + first, tiles=tiles, first_word=first_word, words=words, keep=keep, hold=hold
    )
