"""A residual add: two streams, a transfer of each at once."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.pipelines.chain import AddStage, ChainEdge
from t2c.pipelines.flow_module import flow_module
from t2c.pipelines.logic import Logic
from t2c.pipelines.module import Lane, PipelineModule, lane_values
from t2c.pipelines.requant_logic import KIND, summed
from t2c.pipelines.value import LogicValue

SIDES = ("a", "b")


def add_module(
    name: str,
    stage: AddStage,
    lanes: Sequence[Sequence[Lane]],
    edges: Sequence[ChainEdge],
    live: Sequence[bool],
    logic: Logic,
) -> tuple[PipelineModule, list[tuple[int, int]]]:
    """The module and the bounds of each channel of its result.

    Args:
        lanes: of both inputs; edges: both inputs and the result; live: which channels of the result something reads.
        logic: an empty one.
    """
    given = [lane_values(logic, side, f"{letter}_data") for side, letter in zip(lanes, SIDES, strict=True)]
    factors = stage.first, stage.second
    results = []
    for channel in range(edges[2].channels):
        logic.spare = not live[channel]
        constants = stage.requant.channel(channel)
        bias, terms = constants.bias, []
        for side, factor, edge, values in zip(lanes, factors, edges, given, strict=False):
            value = values[side[channel]]
            bias -= edge.zero_point * factor
            if value.constant or not factor:
                bias += factor * value.lo if value.constant else 0
            else:
                terms.append(logic.product(value, factor, KIND))
        if terms:
            results.append(summed(logic, logic.total(terms, KIND), bias, constants))
        else:
            fixed = constants.of(bias - constants.bias)
            results.append(LogicValue("", fixed, fixed))
    logic.spare = False
    made = flow_module(
        name, stage.name, [edge.bits * edge.channels for edge in edges[:2]], edges[2], results, live, logic, (), SIDES
    )
    return made, [(value.lo, value.hi) for value in results]
