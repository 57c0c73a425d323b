"""Simpler constants: multipliers of 1, no bias, no shift, no zero point, clipped nowhere; and no back-pressure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.tb.shrink.case import ShrinkCase
from t2c.tb.shrink.edit import rebuilt, with_node, with_stage
from t2c.tb.shrink.search import Search, Trying

Simpler = Callable[[OutputStage, TensorSpec], OutputStage]


def stall(search: Search) -> Trying:
    """Run without back-pressure."""
    yield lambda: replace(search.case, request=replace(search.case.request, stall="none"))


def constants(search: Search) -> Trying:
    """Simplify each output stage, at once or constant by constant."""
    for name in [node.name for node in search.case.package.graph.nodes if node.stage is not None]:
        for simpler in (_plain, _shared, _multiplier, _bias, _shift, _rounding, _range):
            yield partial(_with_stage, search.case, name, simpler)


def zero_points(search: Search) -> Trying:
    """Bring the zero point of each tensor to 0, and with it whatever reads the tensor."""
    for name in list(search.case.package.graph.edges):
        if name in search.case.package.graph.edges:
            yield partial(_without_zero_point, search.case, name)


def _with_stage(case: ShrinkCase, name: str, simpler: Simpler) -> ShrinkCase:
    graph = case.package.graph
    node = graph.node(name)
    assert node.stage is not None
    return case.running(
        with_node(case.package, name, **{node.stage_field: simpler(node.stage, graph.edges[node.output])})
    )


def _set(stage: OutputStage, vectors: dict[str, int], **others: Any) -> OutputStage:
    """The stage with constants, by the names that MulQuant has for them."""
    if isinstance(stage, MulQuant):
        spread: dict[str, Any] = {name: np.full(stage.channels, value) for name, value in vectors.items()}
        return replace(stage, **spread, **others)
    if isinstance(stage, AddQuant):
        plain: dict[str, Any] = dict(vectors)
        if "multiplier" in plain:
            plain["multiplier_a"] = plain["multiplier_b"] = plain.pop("multiplier")
        return replace(stage, **plain, **others)
    raise NotImplementedError(f"no such stage is known: {type(stage).__name__}")


def _plain(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    return _range(_set(stage, {"multiplier": 1, "bias": 0, "shift": 0}), edge)


def _shared(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    del edge
    if not isinstance(stage, MulQuant):
        raise NotImplementedError("one set of constants already")
    return replace(stage, **{name: getattr(stage, name)[:1] for name in ("multiplier", "bias", "shift")})


def _multiplier(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    del edge
    return _set(stage, {"multiplier": 1})


def _bias(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    del edge
    return _set(stage, {"bias": 0})


def _shift(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    del edge
    return _set(stage, {"shift": 0})


def _rounding(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    del edge
    return _set(stage, {}, rounding=Rounding.HALF_UP)


def _range(stage: OutputStage, edge: TensorSpec) -> OutputStage:
    return _set(stage, {}, lo=edge.format.lo, hi=edge.format.hi)


def _without_zero_point(case: ShrinkCase, name: str) -> ShrinkCase:
    graph = case.package.graph
    specs = {edge.name: replace(edge, zero_point=0) for edge in graph.edges.values() if edge.name == name}
    nodes = [
        with_stage(node, replace(node.stage, zero_point=0)) if node.output == name and node.stage is not None else node
        for node in graph.nodes
    ]
    return case.running(rebuilt(case.package, nodes=nodes, edges=specs, source=specs.get(graph.input)))
