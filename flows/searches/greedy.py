"""Greedy narrowing: one whole number after the other, the least sensitive first, as long as all of it still fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Point = Mapping[str, int]
Measure = Callable[[Sequence[Point]], Sequence[float]]
"""Of some points, each by itself; larger is better."""


def greedy(start: Point, least: int, floor: float, measure: Measure) -> dict[str, int]:
    """Lower each coordinate of a point as far as the measure stays at or above a floor.

    First each coordinate is lowered by 1 alone, all of these at once: how little that costs is the order. Then, in
    this order, a coordinate is lowered step by step until it no longer fits, together with all that was lowered before.
    What comes out fits, if the start does; another order may go lower.

    Args:
        start: by name; known to fit.
        least: no coordinate goes below.
        floor: of the measure.
        measure: of points.
    """
    point = dict(start)
    free = [name for name, value in point.items() if value > least]
    alone = [{**point, name: point[name] - 1} for name in free]
    found = dict(zip(free, measure(alone), strict=True)) if alone else {}
    order = sorted((name for name in free if found[name] >= floor), key=lambda name: -found[name])
    for name in order:
        while point[name] > least:
            lower = {**point, name: point[name] - 1}
            if measure([lower])[0] < floor:
                break
            point = lower
    return point
