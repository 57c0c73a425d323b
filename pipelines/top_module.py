"""The module around all stages, with the tensor of every edge on a wire of its own."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.pipelines.module import module_text
from t2c.pipelines.plan import PipelinePlan
from t2c.pipelines.value import span


@dataclass(frozen=True, kw_only=True)
class TensorProbe:
    """A tensor on wires of the top.

    tensor: as a description names it; valid, data: names of wires; ready: empty where each valid cycle is a transfer;
    bits, signed: of an element; shape: of the tensor.
    """

    tensor: str
    valid: str
    ready: str
    data: str
    bits: int
    signed: bool
    shape: tuple[int, ...]

    @property
    def wires(self) -> list[str]:
        """Names of all of them."""
        return [name for name in (self.valid, self.ready, self.data) if name]


def probes(plan: PipelinePlan) -> list[TensorProbe]:
    """Every tensor inside, and the sums of every stage that has them."""
    found = []
    for planned in plan.stages:
        stage, stream, edge = planned.stage, planned.stream, plan.chain.edges[planned.stage.output]
        if planned.sums:
            sums = _names(f"{stream}_sums", "valid", "data")
            name = f"{stage.name}.accumulators"
            found.append(
                TensorProbe(tensor=name, **sums, ready="", bits=planned.sums.bits, signed=True, shape=edge.shape)
            )
        if stage.output != plan.chain.output.name:
            names = _names(stream, "valid", "ready", "data")
            found.append(TensorProbe(tensor=edge.name, **names, bits=edge.bits, signed=edge.signed, shape=edge.shape))
    return found


def _names(stream: str, *pins: str) -> dict[str, str]:
    return {pin: f"{stream}_{pin}" for pin in pins}


def top_text(plan: PipelinePlan) -> str:
    """The Verilog of the top."""
    declared, instances = [], []
    for placed in plan.placed:
        module = placed.module
        pins = [".clk(clk)", ".rst(rst)"]
        for sides, streams in ((module.inputs, placed.inputs), (module.outputs, placed.outputs)):
            for side, stream in zip(sides, streams, strict=True):
                pins += [f".{side}_{pin}({stream}_{pin})" for pin in ("valid", "ready", "data")]
        for stream in placed.outputs:
            declared.append(f"    wire {stream}_valid, {stream}_ready;")
            declared.append(f"    wire {span(module.out_bits)} {stream}_data;")
        if module.sums:
            stream = placed.outputs[0]
            declared.append(f"    wire {stream}_sums_valid;")
            declared.append(f"    wire {span(module.sums.bits * module.sums.number)} {stream}_sums_data;")
            pins += [f".sums_{pin}({stream}_sums_{pin})" for pin in ("valid", "data")]
        instances.append(f"    {module.name} i_{placed.outputs[0]} (\n        {', '.join(pins)}\n    );")
    body = [
        *declared,
        f"    assign out_valid = {plan.sink}_valid;",
        f"    assign {plan.sink}_ready = out_ready;",
        f"    assign out_data = {plan.sink}_data;",
        *instances,
    ]
    first, last = plan.chain.input, plan.chain.output
    does = f"{plan.chain.name}, a transfer is all channels of a pixel"
    return module_text(plan.top, does, first.bits * first.channels, last.bits * last.channels, body)
