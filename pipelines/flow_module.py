"""The frame of a module that takes and gives a transfer in each cycle: its registers all wait while the result does."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.pipelines.chain import ChainEdge
from t2c.pipelines.handshake import FlowHandshake
from t2c.pipelines.logic import Logic
from t2c.pipelines.module import PipelineModule, SumsPort, module_text, packed
from t2c.pipelines.value import LogicValue, Summand, span, width_of


def flow_module(
    name: str,
    does: str,
    in_bits: int | Sequence[int],
    edge: ChainEdge,
    results: Sequence[LogicValue],
    live: Sequence[bool],
    logic: Logic,
    sums: Sequence[tuple[Summand | None, int]] = (),
    inputs: tuple[str, ...] = ("in",),
) -> PipelineModule:
    """A module around logic.

    Args:
        does: in a line; in_bits: of a transfer in; edge: behind it.
        results: a value a channel; live: which of them something reads.
        sums: before requantisation, as a term and a constant, if a bench is to see them.
        inputs: streams of which it takes one transfer each at once.
    """
    held, when, port = sum_port(logic, sums) if sums else ("", 0, None)
    last = finish(logic, results, live, when)
    given = " & ".join(f"{side}_valid" for side in inputs)
    shifted = f"{{valid{span(last - 1)}, {given}}}" if last > 1 else given
    body = [
        "    wire en = ~out_valid | out_ready;",
        *(f"    assign {side}_ready = {' & '.join(['en', *_others(side, inputs)])};" for side in inputs),
        f"    reg  {span(last)} valid;",
        f"    always @(posedge clk) if (rst) valid <= {last}'h0; else if (en) valid <= {shifted};",
        f"    assign out_valid = valid[{last - 1}];",
        *logic.lines,
        f"    assign out_data = {packed([logic.at(value, last) for value in results], edge.bits)};",
    ]
    if port:
        body.append(f"    assign sums_valid = en & {given if when == 0 else f'valid[{when - 1}]'};")
        body.append(f"    assign sums_data = {held};")
    logic.count("register_bits", last)
    out_bits = edge.bits * edge.channels
    return PipelineModule(
        name=name,
        text=module_text(name, does, in_bits, out_bits, body, port, inputs),
        out_bits=out_bits,
        handshake=FlowHandshake(last, len(inputs)),
        counts=logic.counts,
        inputs=inputs,
        sums=port,
    )


def _others(side: str, inputs: Sequence[str]) -> list[str]:
    return [f"{other}_valid" for other in inputs if other != side]


def finish(logic: Logic, values: Sequence[LogicValue], live: Sequence[bool], least: int) -> int:
    """Bring all results into registers of one time, which is returned; it is not before `least`."""
    last = max([1, least, *(value.time + bool(value.depth) for value in values if not value.constant)])
    for value, used in zip(values, live, strict=True):
        logic.spare = not used
        logic.at(value, last)
    logic.spare = False
    return last


def sum_port(logic: Logic, sums: Sequence[tuple[Summand | None, int]]) -> tuple[str, int, SumsPort]:
    """The sums side by side, when they are there, and their port: for benches, nothing else reads them."""
    logic.spare = True
    whole = [LogicValue("", c, c) if term is None else logic.offset(term, c, "tree") for term, c in sums]
    values, time, _ = logic.aligned(whole)
    logic.spare = False
    bits = max(width_of(min(value.lo, -1), max(value.hi, 0)) for value in values)
    return packed(values, bits), time, SumsPort(bits=bits, number=len(values))
