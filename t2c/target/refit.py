"""A package made anew for a chip: tensors and constants within its limits, proven by the check of any package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import BIAS_BITS, MulQuant, Widths
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import SCALE_ERROR, STEP_ERROR, Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.target.check import refuse_misfits
from t2c.golden.target.constants import scaling_constants
from t2c.golden.target.limits import ChipLimits, MultiplierLimits
from t2c.golden.target.own_node import stands_for
from t2c.target.form import LayerCost, LayerJob, form_of
from t2c.target.readings import chip_readings

OWN = MultiplierLimits(bits=Widths().scale)
"""Of a layer that a function of the user's own stands for: its constants follow the tensors and nothing else."""
KEPT = ("accuracy_float", "accuracy_fake_quantised")
"""Metrics that are of the model and not of its constants."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Refitted:
    """A graph within a chip's limits, and what it costs, layer by layer."""

    graph: Graph
    costs: Mapping[str, LayerCost]

    def metrics(self) -> dict[str, float]:
        """Figures of a package."""
        figures: dict[str, float] = {}
        for prefix in (SCALE_ERROR, STEP_ERROR):
            part = prefix.removesuffix(".")
            errors = {name: getattr(cost, part) for name, cost in self.costs.items()}
            known = {name: error for name, error in errors.items() if error is not None}
            figures[f"max_{part}"] = max(known.values(), default=0.0)
            figures |= {f"{prefix}{name}": error for name, error in known.items()}
        return figures


def refit(graph: Graph, chip: ChipLimits) -> Refitted:
    """Make a graph anew for a chip.

    Raises:
        UnsupportedError: a layer, tensor or operation that the chip cannot have; the message names it and the limit.
    """
    edges, chooses = chip_readings(graph, chip), as_wide_as_said(chip, graph.widths)
    nodes: list[Node] = []
    costs: dict[str, LayerCost] = {}
    for node in graph.nodes:
        names = (*node.inputs, node.output)
        before, after = (tuple(held[name] for name in names) for held in (graph.edges, edges))
        limits = ChipLimits(multiplier=OWN) if stands_for(node, chip.references) else chooses
        job, form = LayerJob(node=node, before=before, after=after, chip=limits), form_of(node.op)
        _same_epsilon(job)
        try:
            kept = job.kept() if form.scales else None
            made, costs[node.name] = (kept, LayerCost()) if kept else form.refit(job)
        except RangeError as error:
            raise UnsupportedError(f"layer {node.name!r}: {error}") from error
        nodes.append(made)
    widths = common_widths(nodes, chip, graph.widths)
    try:
        made_graph = replace(graph, widths=widths, edges=edges, nodes=tuple(_with_widths(n, widths) for n in nodes))
    except PackageError as error:
        raise UnsupportedError(str(error)) from error
    refuse_misfits(made_graph, chip)
    return Refitted(graph=made_graph, costs=costs)


def follow(graph: Graph, chip: ChipLimits) -> Refitted:
    """The graph with its weights and constants as they are, and results as of a chip that computes in its own order.

    Raises:
        UnsupportedError: what the chip cannot have; the message names the layer and the limit.
    """
    nodes: list[Node] = []
    for node in graph.nodes:
        names = (*node.inputs, node.output)
        edges = tuple(graph.edges[name] for name in names)
        job = LayerJob(node=node, before=edges, after=edges, chip=chip)
        quant, held = node.stage, scaling_constants(node.stage)
        if held is not None and isinstance(quant, MulQuant) and not stands_for(node, chip.references):
            try:
                bounded = job.saturated(node, quant)
            except RangeError as error:
                raise UnsupportedError(f"layer {node.name!r}: {error}") from error
            changes: dict[str, Any] = {node.stage_field: bounded}
            node = replace(node, **changes)
        nodes.append(node)
    made = replace(graph, nodes=tuple(nodes))
    refuse_misfits(made, chip)
    return Refitted(graph=made, costs={node.name: LayerCost() for node in graph.nodes})


def refit_package(package: Package, chip: ChipLimits, name: str, *, keep: bool = False) -> tuple[Package, Refitted]:
    """A package made anew; its samples are read as the chip reads them.

    Args:
        package: of anywhere; chip: its limits; name: of the new package; keep: weights and constants, as `follow` does.

    Raises:
        UnsupportedError: as `refit` and `follow`.
    """
    made = (follow if keep else refit)(replace(package.graph, name=name), chip)
    old, new = (graph.edges[graph.input] for graph in (package.graph, made.graph))
    kept = {name: value for name, value in package.metrics.items() if name in KEPT}
    return replace(
        package,
        graph=made.graph,
        samples=reread(package.samples, old, new),
        description=f"{package.description}; constants for {chip.name}".removeprefix("; "),
        metrics=kept | made.metrics(),
    ), made


def reread(values: IntArray, old: TensorSpec, new: TensorSpec) -> IntArray:
    """Integers of one reading in another: the nearest, half to even, clipped to its format. int64, of the shape."""
    moved = np.rint((values - old.zero_point) * (old.scale / new.scale)).astype(np.int64) + new.zero_point
    clipped: IntArray = np.clip(moved, new.format.lo, new.format.hi)
    return clipped


def as_wide_as_said(chip: ChipLimits, widths: Widths) -> ChipLimits:
    """The chip for choosing constants: where it does not say how wide they may be, those of the package are it."""
    multiplier, bias = chip.multiplier, chip.bias
    if multiplier == MultiplierLimits():
        multiplier = MultiplierLimits(bits=widths.scale)
    if bias == BIAS_BITS[1]:
        bias = widths.bias
    return replace(chip, multiplier=multiplier, bias=bias)


def common_widths(nodes: list[Node], chip: ChipLimits, own: Widths) -> Widths:
    """The usual widths, wider where constants are, and the package's accumulator or the chip's if that is narrower."""
    usual = Widths()
    scale, bias = usual.scale, usual.bias
    for node in nodes:
        held = scaling_constants(node.stage)
        if held is not None:
            scale = max(scale, _signed_bits(held.multiplier))
            bias = max(bias, _signed_bits(held.bias))
    return Widths(acc=min(own.acc, chip.accumulator), scale=scale, bias=bias)


def _signed_bits(values: IntArray) -> int:
    numbers: list[int] = values.tolist()
    return max((v if v >= 0 else ~v).bit_length() + 1 for v in numbers)


def _with_widths(node: Node, widths: Widths) -> Node:
    stage: Any = node.stage
    if node.widths is None:
        return node
    return replace(node, **{node.stage_field: replace(stage, widths=widths)})


def _same_epsilon(job: LayerJob) -> None:
    if form_of(job.node.op).free_inputs and job.rescaled(0) != 1.0:
        raise UnsupportedError(
            f"layer {job.node.name!r}: its input's step changes, and {job.node.op} has an epsilon for it; quantise the "
            "model for the chip"
        )
