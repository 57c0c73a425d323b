"""The modules of one stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from t2c.pipelines.add_module import add_module
from t2c.pipelines.chain import AddStage, Chain, ChainEdge, ChainStage, MaxStage, SumStage
from t2c.pipelines.folded_module import folded_module
from t2c.pipelines.gather_module import gather_module
from t2c.pipelines.liveness import Mask
from t2c.pipelines.logic import Logic
from t2c.pipelines.max_module import max_module
from t2c.pipelines.module import Lane, PipelineModule, edge_lanes
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.sum_module import Tap, sum_module
from t2c.pipelines.window_module import needs_window, window_module

Bounds = list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class StageMaker:
    """Makes the modules of stages.

    chain, options: of the pipeline; live: by edge, what anything reads; bounds: by edge, of each channel, of all edges
    that are there so far.
    """

    chain: Chain
    options: PipelineOptions
    live: Mapping[str, Mask]
    bounds: Mapping[str, Bounds]

    def made(self, name: str, stage: ChainStage, reuse: int) -> tuple[list[PipelineModule], Bounds]:
        """The modules of a stage, in the order of the data, and the bounds of each channel behind them.

        The first takes what the stage takes. None: the bits stay as they are.
        """
        before, behind = self.chain.around(stage)
        edges, live = (before, behind), self._live(behind)
        logic = Logic(digits=self.options.digits, every=self.options.every)
        if isinstance(stage, SumStage):
            wanted = (stage.matrix != 0).any(axis=(0, 2, 3)).tolist()
            windows, taps, bits = self._window(name, stage, wanted, before.zero_point)
            if reuse > 1:
                made, after = folded_module(name, stage, taps, bits, edges, live, logic, reuse)
            else:
                made, after = sum_module(name, stage, taps, bits, edges, live, logic)
            return [*windows, made], after
        if isinstance(stage, MaxStage):
            windows, taps, bits = self._window(name, stage, [True] * before.channels, before.lo)
            made, after = max_module(name, stage, taps, bits, edges, live, logic)
            return [*windows, made], after
        if isinstance(stage, AddStage):
            both = [self.chain.edges[edge] for edge in stage.inputs]
            made, after = add_module(name, stage, [self._lanes(edge) for edge in both], [*both, behind], live, logic)
            return [made], after
        if before.pixels == 1:
            return [], self.bounds[before.name]
        after = [bound for bound in self.bounds[before.name] for _ in range(before.pixels)]
        return [gather_module(name, before, self._live(before))], after

    def _live(self, edge: ChainEdge) -> list[bool]:
        return [bool(used) for used in self.live[edge.name]]

    def _lanes(self, edge: ChainEdge) -> list[Lane]:
        return edge_lanes(edge, self.bounds[edge.name], self._live(edge))

    def _window(
        self, name: str, stage: SumStage | MaxStage, wanted: Sequence[bool], padding: int
    ) -> tuple[list[PipelineModule], dict[Tap, Lane], int]:
        """The module of the window if one is needed, where each tap lies, and the bits of a transfer of them."""
        before = self.chain.edges[stage.inputs[0]]
        lanes = self._lanes(before)
        if not needs_window(stage.window):
            return [], {(c, 0, 0): lane for c, lane in enumerate(lanes)}, before.bits * before.channels
        module, taps = window_module(f"{name}_window", stage.window, before, lanes, wanted, padding)
        return [module], taps, module.out_bits
