"""The slowest path of a routed design, in the names of the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_MADE = re.compile(r"_(TRELLIS_|LUT4_|CCU2C_|PFUMX_|L6MUX21_|MULT18X18D_|DP16KD_|PDPW16KD_|ALU54B_).*$")
"""What tools append to a name for the cells that they make."""


def source_signal(name: str) -> str:
    """The register or net of the sources that a mapped cell or net goes back to.

    >>> source_signal("i_engine.i_lane.rounded_q_TRELLIS_FF_Q_46_DI_CCU2C_S0"), source_signal("shift_q[3]")
    ('i_engine.i_lane.rounded_q', 'shift_q[3]')
    """
    return _MADE.sub("", name)


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A part of a path. signal: as the sources call it; ns: delay of all cells and wires there."""

    signal: str
    ns: float


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """From a register to a register.

    ns: the whole delay; logic_ns, routing_ns: of the cells and of the wires between them; levels: cells passed;
    legs: the signals in order; lines: of the sources, that the path touches.
    """

    ns: float
    logic_ns: float
    routing_ns: float
    levels: int
    legs: tuple[Leg, ...]
    lines: tuple[str, ...]

    @property
    def ends(self) -> tuple[str, str]:
        """Where it begins and where it ends."""
        return self.legs[0].signal, self.legs[-1].signal

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def slowest(report: Mapping[str, Any]) -> CriticalPath:
    """The slowest path of nextpnr's report: from register to register, if there is one.

    Args:
        report: what nextpnr wrote for `--report`.
    """
    paths = report["critical_paths"]
    inside = [path for path in paths if path["from"] == path["to"]] or paths
    hops = max((path["path"] for path in inside), key=lambda hops: sum(hop["delay"] for hop in hops))
    legs: list[Leg] = []
    for hop in hops:
        cell = hop["from" if hop["type"] == "clk-to-q" else "to"]["cell"]
        signal = source_signal(cell)
        if legs and legs[-1].signal == signal:
            legs[-1] = Leg(signal=signal, ns=round(legs[-1].ns + hop["delay"], 3))
        else:
            legs.append(Leg(signal=signal, ns=round(hop["delay"], 3)))
    routing = sum(hop["delay"] for hop in hops if hop["type"] == "routing")
    whole = sum(hop["delay"] for hop in hops)
    lines = dict.fromkeys(line for hop in hops for source in hop.get("sources", []) if (line := _line(source)))
    return CriticalPath(
        ns=round(whole, 3),
        logic_ns=round(whole - routing, 3),
        routing_ns=round(routing, 3),
        levels=sum(hop["type"] == "logic" for hop in hops),
        legs=tuple(legs),
        lines=tuple(lines),
    )


def _line(source: str) -> str:
    """file.v:line of one of our own files; empty for a tool's."""
    found = re.fullmatch(r"([^/:]+\.s?v):(\d+)\..*", source)
    return f"{found[1]}:{found[2]}" if found else ""
