"""What all modules of a pipeline share: streams of lanes, ports, the text around a body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from t2c.pipelines.chain import ChainEdge
from t2c.pipelines.handshake import Handshake
from t2c.pipelines.logic import Logic
from t2c.pipelines.value import LogicValue, extended, span, width_of


@dataclass(frozen=True, slots=True)
class Lane:
    """An element of a transfer: the first of its bits, and the bounds of what it holds.

    live: something behind reads it.
    """

    at: int
    lo: int
    hi: int
    live: bool = True

    @property
    def width(self) -> int:
        """Bits that it needs, of those that it may have."""
        return width_of(self.lo, self.hi)


@dataclass(frozen=True, kw_only=True)
class SumsPort:
    """The port with the sums of a stage. bits: of each, signed; number: how many."""

    bits: int
    number: int


@dataclass(frozen=True, kw_only=True)
class PipelineModule:
    """A module of a pipeline.

    name, text: Verilog; out_bits: of each stream out; counts: what it takes; handshake: its behaviour in time;
    inputs, outputs: what the ports of its streams begin with; sums: the port with the sums before requantisation, which
    nothing but a bench reads.
    """

    name: str
    text: str
    out_bits: int
    handshake: Handshake
    counts: Counter[str] = field(default_factory=Counter)
    inputs: tuple[str, ...] = ("in",)
    outputs: tuple[str, ...] = ("out",)
    sums: SumsPort | None = None


def edge_lanes(edge: ChainEdge, bounds: Sequence[tuple[int, int]], live: Sequence[bool]) -> list[Lane]:
    """The lanes of a transfer of an edge: channel c is bits c * edge.bits and following."""
    return [
        Lane(number * edge.bits, lo, hi, bool(used))
        for number, ((lo, hi), used) in enumerate(zip(bounds, live, strict=True))
    ]


def lane_values(logic: Logic, lanes: Iterable[Lane], source: str) -> dict[Lane, LogicValue]:
    """A wire for each lane that holds more than one number, a constant for the others.

    Lanes of constants need not be in the transfer.
    """
    values = {}
    for lane in lanes:
        if lane.lo == lane.hi:
            values[lane] = LogicValue("", lane.lo, lane.hi)
        else:
            value = LogicValue(logic.name("x"), lane.lo, lane.hi)
            logic.lines.append(f"    wire {span(value.width)} {value.name} = {source}[{lane.at} +: {value.width}];")
            values[lane] = value
    return values


def packed(values: Sequence[LogicValue], bits: int) -> str:
    """Values side by side, so many bits each, the first the least significant."""
    return "{" + ", ".join(extended(value, bits) for value in reversed(values)) + "}"


def module_text(
    name: str,
    does: str,
    in_bits: int | Sequence[int],
    out_bits: int,
    body: Iterable[str],
    sums: SumsPort | None = None,
    inputs: Sequence[str] = ("in",),
    outputs: Sequence[str] = ("out",),
) -> str:
    """A module with streams in and out. does: what, in a line; the others as `PipelineModule` has them."""
    ports = ["input  wire clk", "input  wire rst"]
    for side, bits in zip(inputs, [in_bits] if isinstance(in_bits, int) else in_bits, strict=True):
        ports += [f"input  wire {side}_valid", f"output wire {side}_ready", f"input  wire {span(bits)} {side}_data"]
    for side in outputs:
        ports += [f"output wire {side}_valid", f"input  wire {side}_ready", f"output wire {span(out_bits)} {side}_data"]
    if sums:
        ports += ["output wire sums_valid", f"output wire {span(sums.bits * sums.number)} sums_data"]
    listed = ",\n".join(f"    {port}" for port in ports)
    lines = "\n".join(body)
    return (
        f"// {name}: {does}\n`default_nettype none\n\nmodule {name} (\n{listed}\n);\n\n{lines}\n\nendmodule\n\n"
        "`default_nettype wire\n"
    )
