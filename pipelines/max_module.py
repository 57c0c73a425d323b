"""The largest value of a window, of each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2c.pipelines.chain import ChainEdge, MaxStage
from t2c.pipelines.flow_module import flow_module
from t2c.pipelines.logic import Logic, signed
from t2c.pipelines.module import Lane, PipelineModule, lane_values
from t2c.pipelines.sum_module import Tap
from t2c.pipelines.value import LogicValue, extended, width_of


def max_module(
    name: str,
    stage: MaxStage,
    lanes: Mapping[Tap, Lane],
    in_bits: int,
    edges: tuple[ChainEdge, ChainEdge],
    live: Sequence[bool],
    logic: Logic,
) -> tuple[PipelineModule, list[tuple[int, int]]]:
    """The module and the bounds of each channel of its result; arguments as `sum_module` has them."""
    values = lane_values(logic, [lanes[tap] for tap in sorted(lanes)], "in_data")
    results = []
    for channel in range(edges[1].channels):
        logic.spare = not live[channel]
        waiting = [values[lane] for tap, lane in sorted(lanes.items()) if tap[0] == channel]
        while len(waiting) > 1:
            waiting.sort(key=lambda value: (value.time, value.depth))
            waiting = [*waiting[2:], _larger(logic, waiting[0], waiting[1])]
        results.append(waiting[0])
    logic.spare = False
    return flow_module(name, f"{stage.name}: maxima", in_bits, edges[1], results, live, logic), [
        (value.lo, value.hi) for value in results
    ]


def _larger(logic: Logic, one: LogicValue, other: LogicValue) -> LogicValue:
    if one.lo >= other.hi:
        return one
    if other.lo >= one.hi:
        return other
    (a, b), time, depth = logic.aligned([one, other])
    lo, hi = max(a.lo, b.lo), max(a.hi, b.hi)
    width = width_of(lo, hi)
    left, right = (
        signed(value) if not value.constant else f"$signed({extended(value, width + 1)})" for value in (a, b)
    )
    text = f"({left} > {right}) ? {extended(a, width)} : {extended(b, width)}"
    return logic.wire(text, lo, hi, time, depth + 1, {"compare_bits": width})
