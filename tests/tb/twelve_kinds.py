"""The kinds of faults that an attack once planted all at once and nothing noticed, one fault each.

docs/faults.md has them as a table, which a test holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.tb.program_faults import ISSUE
from tests.tb.space_faults import FAULTS
from tests.tb.switched_faults import Fault

ARRAY = (8, 4)
"""The one array that the foreign engine can have: not square, and none of the regression's."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """name: as the attack told it; fault: what is planted; job: of the default `make regress`; says, signal: how its
    first reason begins, and what its diagnosis names as the first wrong signal, if it does; door: run of
    `make sim UNIT=layer_engine DUT=`, a foreign engine on `ARRAY`, or a program beside our own engine for what lies
    outside of every engine; door_says: in its report."""

    name: str
    fault: Fault
    job: str
    says: str
    signal: str = ""
    door: str
    door_says: str

    @property
    def inside(self) -> bool:
        """The fault can be in a foreign engine."""
        return not self.door.startswith("program-")

    @property
    def row(self) -> str:
        """Of the table."""
        placed = self.signal and f"; first wrong signal: {self.signal}"
        return f"| {self.name} | `{self.job}` | {self.says}{placed} | `{self.door}` | {self.door_says} |"


def _kind(name: str, fault: str, says: str, signal: str = "", door_says: str = "") -> Kind:
    """A fault inside of an engine, whose edge package both run."""
    planted = FAULTS[fault]
    edge, build = planted.by.split(".")
    return Kind(
        name=name,
        fault=planted,
        job=f"edge-{edge}.verilator.{build}",
        says=says,
        signal=signal,
        door=f"edge-{edge}",
        door_says=door_says or says,
    )


KINDS = (
    _kind("accumulator cut to 24 bits", "accumulator of 24 bits", "layer linear1: output", "accumulator"),
    _kind("heights of 128 and more", "heights of 128", "layer conv2d1: output", "window"),
    _kind("widths above 64", "widths above 64", "layer conv2d1: output", "window"),
    _kind(
        "maps above 1024 pixels", "maps above 1024 pixels", "layer conv2d1: run 0: result word", "address of a result"
    ),
    _kind("more than 128 K tiles", "more than 128 K tiles, sequencer", "layer linear1: output", "accumulator"),
    _kind(
        "more than 32 column tiles",
        "more than 32 column tiles, sequencer",
        "run 0: 30 result words came",
        door_says="run 0: 32 result words came",
    ),
    _kind("stride of 4 and more", "vertical strides of 4", "layer conv2d1: output", "pixel sequencer"),
    _kind("dilation of 4 and more", "vertical dilations of 4", "layer conv2d1: output", "tile loader"),
    _kind("padding of 4 and more", "vertical padding of 4", "layer conv2d1: output", "pixel sequencer"),
    _kind("weight address of 17 bits", "weight address of 17 bits", "layer linear1: output", "weight address"),
    Kind(
        name="second start accepted late in a run",
        fault=next(fault for fault in ISSUE if fault.name == "second start late"),
        job="program-random-small-1.verilator",
        says="run 0: cycle",
        door="program-random-small-1",
        door_says="a read of CYCLES_LO",
    ),
    Kind(
        name="cycle counter that wraps",
        fault=FAULTS["cycle count of 20 bits"],
        job="edge-cycles.verilator.deep",
        says="run 0: the CYCLES register says",
        door="program-million-deep-1",
        door_says="a read of CYCLES_LO",
    ),
    _kind(
        "parameter address of a residual add where ROWS > COLS",
        "parameters of a pair in several column tiles",
        "layer add2: output",
        "parameter memory",
    ),
)


def table() -> str:
    """The table of docs/faults.md."""
    head = "| kind | job of `make regress` | what it says | run of `make sim UNIT=layer_engine` | what it says |"
    return "\n".join([head, "|---|---|---|---|---|", *(kind.row for kind in KINDS)]) + "\n"
