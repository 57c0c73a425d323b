"""A chain as modules: which, how wide, how they are connected, how many cycles; everything but the files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from t2c.pipelines.chain import Chain, ChainStage
from t2c.pipelines.handshake import Times, run
from t2c.pipelines.liveness import live_channels
from t2c.pipelines.module import SumsPort
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.placed import PlacedModule
from t2c.pipelines.queues import with_queues
from t2c.pipelines.stage_modules import Bounds, StageMaker
from t2c.pipelines.stream_modules import split_module


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    """A stage in hardware. stream: wires of its result; reuse: cycles a transfer; sums: the port with its sums."""

    stage: ChainStage
    stream: str
    reuse: int
    sums: SumsPort | None


@dataclass(frozen=True, kw_only=True)
class PipelinePlan:
    """A chain in hardware.

    top: name of the module around all others; stages: in their order; placed: modules, each after those that it takes
    from; source, sink: streams of the whole.
    """

    chain: Chain
    options: PipelineOptions
    top: str
    stages: tuple[PlannedStage, ...]
    placed: tuple[PlacedModule, ...]
    source: str
    sink: str

    @property
    def features(self) -> dict[str, dict[str, int]]:
        """What each stage takes, as it was counted when its modules were written: bits and blocks, by name."""
        return {
            planned.stage.name: dict(
                sorted(
                    sum(
                        (placed.module.counts for placed in self.placed if placed.stage == planned.stage.name),
                        Counter[str](),
                    ).items()
                )
            )
            for planned in self.stages
        }

    @cached_property
    def times(self) -> Times:
        """Cycles from image to image, and through an empty pipeline."""
        modules = [placed.connected for placed in self.placed]
        return run(modules, self.source, self.sink, self.chain.input.pixels, self.chain.output.pixels)[0]


def plan_pipeline(chain: Chain, options: PipelineOptions) -> PipelinePlan:
    """Make every module of a chain.

    Raises:
        SettingError: a reuse that a layer cannot have.
    """
    reuse, first = options.reuse_of(chain), chain.input
    bounds: dict[str, Bounds] = {first.name: [(first.lo, first.hi)] * first.channels}
    maker = StageMaker(chain=chain, options=options, live=live_channels(chain), bounds=bounds)
    top = f"{identifier(chain.name)}_pipeline"
    joints = _Joints(chain, top)
    placed, stages = joints.split(first.name, "in", chain.stages[0].name), []
    for number, stage in enumerate(chain.stages):
        folded = reuse.get(stage.name, 1)
        modules, bounds[stage.output] = maker.made(f"{top}_s{number}_{identifier(stage.name)}", stage, folded)
        stream = f"t{number}_{identifier(stage.output)}"
        given = tuple(joints.take(edge) for edge in stage.inputs)
        if not modules:
            stream = given[0]
        for place, module in enumerate(modules):
            ends = stream if place == len(modules) - 1 else f"{stream}_{place}"
            placed.append(PlacedModule(module=module, stage=stage.name, inputs=given, outputs=(ends,)))
            given = (ends,)
        sums = modules[-1].sums if modules else None
        stages.append(PlannedStage(stage=stage, stream=stream, reuse=folded, sums=sums))
        placed += joints.split(stage.output, stream, stage.name)
    sink, transfers = stages[-1].stream, (chain.input.pixels, chain.output.pixels)
    queued = with_queues(placed, top, joints.widths, sink, transfers)
    return PipelinePlan(
        chain=chain,
        options=options,
        top=top,
        stages=tuple(stages),
        placed=tuple(queued),
        source="in",
        sink=sink,
    )


class _Joints:
    """Where tensors go that several stages take. widths: bits of each stream that was taken."""

    def __init__(self, chain: Chain, top: str) -> None:
        self.chain, self.top = chain, top
        self._waiting: dict[str, list[str]] = {}
        self.widths: dict[str, int] = {}

    def split(self, edge: str, stream: str, stage: str) -> list[PlacedModule]:
        """The module that gives a tensor to all that take it, if there are several."""
        ways = sum(stage.inputs.count(edge) for stage in self.chain.stages)
        if ways < 2:
            self._waiting[edge] = [stream]
            return []
        held = self.chain.edges[edge]
        module = split_module(f"{self.top}_split_{stream}", held.bits * held.channels, ways)
        streams = tuple(f"{stream}_to{way}" for way in range(ways))
        self._waiting[edge] = list(streams)
        return [PlacedModule(module=module, stage=stage, inputs=(stream,), outputs=streams)]

    def take(self, edge: str) -> str:
        """The next stream with a tensor."""
        stream, held = self._waiting[edge].pop(0), self.chain.edges[edge]
        self.widths[stream] = held.bits * held.channels
        return stream


def identifier(name: str) -> str:
    """A name as Verilog takes one.

    >>> identifier("layer1.0-conv"), identifier("3x3")
    ('layer1_0_conv', 'n3x3')
    """
    text = re.sub(r"\W", "_", name, flags=re.ASCII)
    return text if text[0].isalpha() else f"n{text}"
