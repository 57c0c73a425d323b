"""A layer unrolled: every product in logic, all outputs of a transfer in each cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from t2c.pipelines.chain import ChainEdge, SumStage
from t2c.pipelines.flow_module import flow_module
from t2c.pipelines.logic import Logic
from t2c.pipelines.module import Lane, PipelineModule, lane_values
from t2c.pipelines.requant_logic import requantised
from t2c.pipelines.value import LogicValue, Summand

PRODUCTS, TREE = "product", "tree"
Tap = tuple[int, int, int]
"""Channel, row and column of the window."""


def sum_module(
    name: str,
    stage: SumStage,
    lanes: Mapping[Tap, Lane],
    in_bits: int,
    edges: tuple[ChainEdge, ChainEdge],
    live: Sequence[bool],
    logic: Logic,
) -> tuple[PipelineModule, list[tuple[int, int]]]:
    """The module and the bounds of each channel of its result.

    Args:
        lanes: of the transfers in, by tap; in_bits: of such a transfer.
        edges: before and behind; live: which channels of the result something reads.
        logic: an empty one.
    """
    values = lane_values(logic, [lanes[tap] for tap in sorted(lanes)], "in_data")
    inputs = {tap: values[lane] for tap, lane in lanes.items()}
    weights = stage.matrix
    results = [LogicValue("", 0, 0)] * len(weights)
    sums: list[tuple[Summand | None, int]] = [(None, 0)] * len(weights)
    for out in sorted(range(len(weights)), key=lambda number: not live[number]):
        logic.spare = not live[out]
        terms, offset = products(logic, weights[out], inputs, edges[0].zero_point)
        total = logic.total(terms, TREE) if terms else None
        sums[out] = total, offset
        results[out] = requantised(logic, total, offset, stage.requant.channel(out))
    module = flow_module(name, f"{stage.name}, unrolled", in_bits, edges[1], results, live, logic, sums)
    return module, [(value.lo, value.hi) for value in results]


def products(
    logic: Logic, weights: npt.NDArray[np.int64], inputs: Mapping[Tap, LogicValue], zero_point: int
) -> tuple[list[Summand], int]:
    """The terms of one sum, and what is constant in it.

    Args:
        weights: (C, KH, KW) of one output.
    """
    terms, offset = [], -zero_point * int(weights.sum())
    for tap in zip(*(axis.tolist() for axis in np.nonzero(weights)), strict=True):
        weight, value = int(weights[tap]), inputs[tap]
        if value.constant:
            offset += weight * value.lo
        else:
            terms.append(logic.product(value, weight, PRODUCTS))
    return terms, offset
