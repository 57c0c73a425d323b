"""Random packages drawn from the whole legal space for some hardware: one layer, or a network of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import dimension
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.cycles import total_cycles
from t2c.mapping.lower import lowered_kinds
from t2c.tb.random_models.draw_layer import REFUSED, LayerDraw, draw_samples
from t2c.tb.random_models.settle import Sketch, Spread

CYCLES = 60_000
"""What a random package may take, without stalls."""
SAMPLES = 4
LAYER = "layer"
"""Name of the node of a single layer."""
_ATTEMPTS, _PATIENCE = 500, 15
"""Draws before giving up a kind; before a package may be shorter than wanted."""
_NETWORKS = 2000
"""Draws of a network before giving up."""
_CYCLES = Dimension(owner="package", name="cycles", low=1, high=1 << 30)
_NODES = Dimension(owner="network", name="nodes", low=2, high=8)
_BUDGET = Dimension(owner="layer", name="budget", low=256, high=1 << 17)
_RANKS = (3, 3, 3, 1)
_VIEWS = 5
"""One node of a network in so many is a view."""


def _moving_and_views(hardware: Hardware) -> tuple[list[type[Node]], list[type[Node]]]:
    """The kinds that a core runs: those that move data, and those that read words in another way."""
    kinds = lowered_kinds(row_engine=hardware.row_lanes > 0)
    return [kind for kind in kinds if kind.moves_data], [kind for kind in kinds if not kind.moves_data]


def legal_layer(seed: int, hardware: Hardware, cycles: int = CYCLES) -> Package:
    """One layer of any kind that moves data; every layer that the core can run may come.

    Args:
        seed: the package follows from it and from the hardware; the kind is its own, or the next that the hardware has.
        hardware: what it runs on; it fits.
        cycles: the most that it takes.
    """
    rng = np.random.default_rng((3, seed))
    kinds, _ = _moving_and_views(hardware)
    least = _CYCLES.draw(rng, high=cycles) // 8
    for turn in range(len(kinds)):
        kind = kinds[(seed + turn) % len(kinds)]
        for attempt in range(_ATTEMPTS):
            growth = _Growth(LayerDraw(rng=rng, hardware=hardware, budget=_budget(rng, hardware, 8 * cycles)))
            try:
                window = kind.declares("kernel") or kind.declares("stride")
                growth.begin(3 if window else int(rng.choice(_RANKS)), square=attempt % 3 == 2)
                growth.grow(kind, LAYER)
                sketch = growth.sketch(f"legal-layer-{seed}")
                _check(sketch, hardware, least if attempt < _PATIENCE else 1, cycles)
            except REFUSED:
                continue
            return _settle(sketch, growth.draw, hardware)
    raise AssertionError(f"seed {seed}: no legal layer in {_ATTEMPTS} draws of each kind")


def legal_network(seed: int, hardware: Hardware, cycles: int = CYCLES) -> Package:
    """A network of two to eight layers of any kinds, branches and sums of tensors of one shape included.

    Args:
        seed, hardware, cycles: as `legal_layer`.
    """
    rng = np.random.default_rng((4, seed))
    least = _CYCLES.draw(rng, high=cycles) // 8
    for attempt in range(_NETWORKS):
        growth = _Growth(LayerDraw(rng=rng, hardware=hardware, budget=_budget(rng, hardware, 2 * cycles)))
        try:
            growth.begin(int(rng.choice(_RANKS)))
            for _ in range(_NODES.draw(rng)):
                growth.grow_any()
            sketch = growth.sketch(f"legal-network-{seed}")
            _check(sketch, hardware, least if attempt < _PATIENCE else 1, cycles)
        except REFUSED:
            continue
        return _settle(sketch, growth.draw, hardware)
    raise AssertionError(f"seed {seed}: no legal network in {_NETWORKS} draws")


def _budget(rng: np.random.Generator, hardware: Hardware, most: int) -> int:
    """Values and products of a layer; small memories would cut large ones into thousands of strips."""
    return _BUDGET.draw(rng, high=min(most, 16 * hardware.rows * hardware.act_depth))


def _check(sketch: Sketch, hardware: Hardware, least: int, most: int) -> None:
    """Refuse what the core cannot run, or not in that many cycles.

    Raises:
        UnsupportedError, RangeError: as `compile_program`, or another number of cycles.
    """
    program = compile_program(sketch.graph, ALL, hardware)
    check_int("cycles", total_cycles(program), least, most)


def _settle(sketch: Sketch, draw: LayerDraw, hardware: Hardware) -> Package:
    samples = draw_samples(draw.rng, sketch.edges[sketch.input], SAMPLES)
    return replace(sketch, samples=samples).settle({}, Spread(rng=draw.rng, widths=draw.widths))


@dataclass
class _Growth:
    """A network that grows at its last tensor."""

    draw: LayerDraw
    edges: dict[str, TensorSpec] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    last: str = "input"

    def begin(self, rank: int, *, square: bool = False) -> None:
        """Draw the input. square: a map is as wide as it is high, so that it multiplies itself."""
        shape = self.draw.shape(rank)
        if square and rank > 1:
            side = min(shape[-2:])
            shape = (*shape[:-2], side, side)
        self.edges[self.last] = self.draw.edge(self.last, shape)

    def grow(self, kind: type[Node], name: str = "") -> None:
        """Add a node of that kind; raises as `LayerDraw.node`."""
        source = self.edges[self.last]
        inputs = [source, *(self._partner(source) for _ in range(kind.arity - 1))]
        if self.draw.rng.integers(2):
            inputs.reverse()
        name = name or f"{kind.op}{len(self.nodes) + 1}"
        node, edge = self.draw.node(kind, name, inputs)
        self.nodes.append(node)
        self.edges[name] = edge
        self.last = name

    def grow_any(self) -> None:
        """Add a node of a kind that fits, as often a second one beside the last, so that there is something to add."""
        rng = self.draw.rng
        moving, views = _moving_and_views(self.draw.hardware)
        for attempt in range(20 * len(moving)):
            if attempt % 20 == 0:
                kinds = views if rng.integers(_VIEWS) == 0 else moving
                kind = kinds[int(rng.integers(len(kinds)))]
            try:
                if self.nodes and rng.integers(4) == 0:
                    self._twin()
                else:
                    self.grow(kind)
            except REFUSED:
                continue
            return
        raise REFUSED[0](f"nothing follows {self.edges[self.last]}")

    def _partner(self, source: TensorSpec) -> TensorSpec:
        """Another tensor of the shape if there is one, else the same."""
        others = [edge for name, edge in self.edges.items() if edge.shape == source.shape and name != source.name]
        return others[int(self.draw.rng.integers(len(others)))] if others else source

    def _twin(self) -> None:
        """A copy of the last node beside it, with an output format of its own where the kind requantises."""
        last = self.nodes[-1]
        name = f"{last.op}{len(self.nodes) + 1}"
        old = self.edges[last.output]
        edge = self.draw.edge(name, old.shape) if last.stage_field else replace(old, name=name)
        stage: dict[str, Any] = {}
        if last.stage:
            stage[last.stage_field] = replace(
                last.stage, zero_point=edge.zero_point, lo=edge.format.lo, hi=edge.format.hi
            )
        self.nodes.append(replace(last, name=name, output=name, **stage))
        self.edges[name] = edge
        self.last = name

    def sketch(self, name: str) -> Sketch:
        """The network as it stands, with an image of zero points."""
        edge = self.edges["input"]
        samples = np.full((1, *edge.shape), edge.zero_point, dtype=np.int64)
        return Sketch(name=name, widths=self.draw.widths, edges=self.edges, nodes=tuple(self.nodes), samples=samples)


@functools.cache
def hardware_pool(seed: int, count: int) -> tuple[Hardware, ...]:
    """Random hardware, for long campaigns: sizes, widths and depths from their ranges, arrays of at most 64 cells.

    Args:
        seed: of the first one.
        count: how many.
    """
    return tuple(_random_hardware(np.random.default_rng((5, seed + index))) for index in range(count))


def _random_hardware(rng: np.random.Generator) -> Hardware:
    while True:
        rows = dimension("hardware.ROWS").draw(rng, high=64)
        divisors = [cols for cols in range(1, rows + 1) if rows % cols == 0 and rows * cols <= 64]
        widths: dict[str, Any] = {
            name: dimension(f"hardware.{name.upper()}").draw(rng) for name in ("x_w", "w_w", "acc_w", "scale_w")
        }
        depths: dict[str, Any] = {
            name: dimension(f"hardware.{name.upper()}").draw(rng, high=1 << 17)
            for name in ("act_depth", "wgt_depth", "par_depth", "acc_depth")
        }
        try:
            return Hardware(
                rows=rows,
                cols=divisors[int(rng.integers(len(divisors)))],
                bias_w=dimension("hardware.BIAS_W").draw(rng),
                **widths,
                **{**depths, "acc_depth": depths["acc_depth"] // 2 * 2},
            )
        except REFUSED:
            continue
