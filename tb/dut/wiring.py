"""What a checked description comes to: which signal of ours is wired to which port of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from t2c.contract.operations import ROUNDINGS
from t2c.tb.dut.description import Description
from t2c.tb.dut.ports import Module
from t2c.tb.dut.rules import Rules
from t2c.tb.dut.wire_expressions import BitExpression

OUR_CODES = {mode.value: code for code, mode in ROUNDINGS.items()}


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A port of ours, or a field of one.

    name: in descriptions; port: the whole port; verilog: how the adapter calls it; output: of the unit; elements: that
    it packs, the first in the lowest bits.
    """

    name: str
    port: str
    verilog: str
    width: int
    output: bool
    elements: int = 1


@dataclass(frozen=True, kw_only=True)
class PortWire:
    """A signal of ours and their port, or one for each element, or none of an output that is made; turned: the elements
    change places."""

    signal: Signal
    theirs: tuple[str, ...]
    turned: bool


@dataclass(frozen=True, kw_only=True)
class MadeWire:
    """A port that is wired to an expression: one of theirs, or a signal of ours. width: its bits; reads: ports of ours
    that are in it."""

    port: str
    width: int
    expression: BitExpression
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """A description that fits. ours, theirs: the elaborated modules; parameters: theirs, evaluated; inputs: of theirs,
    outputs: signals of ours that are made by expressions; tied: input of theirs -> (width, value); rules: of values;
    latency: in cycles, None if unknown; waiting: see Interface."""

    description: Description
    ours: Module
    theirs: Module
    wires: tuple[PortWire, ...]
    inputs: tuple[MadeWire, ...]
    outputs: Mapping[str, MadeWire]
    parameters: Mapping[str, int | str]
    tied: Mapping[str, tuple[int, int]]
    constants: Mapping[str, int]
    rules: Rules
    latency: int | None
    waiting: int

    def wire(self, name: str) -> PortWire | None:
        return next((wire for wire in self.wires if wire.signal.name == name), None)

    @property
    def direct(self) -> bool:
        """Nothing is to be translated: the module has our name, our ports and our handshake."""
        description = self.description
        interface = description.interface
        rounding = description.rounding
        return (
            self.theirs.name == description.unit
            and set(self.theirs.ports) == set(self.ours.ports)
            and all(wire.theirs == (wire.signal.verilog,) and not wire.turned for wire in self.wires)
            and not (self.tied or self.inputs or self.outputs or self.constants or self.rules.stated)
            and not (description.absent or description.parameters)
            and (rounding is None or (rounding.port == f"{interface.rounding}_i" and rounding.codes == OUR_CODES))
            and description.handshake == (interface.handshakes or ("",))[0]
        )


def stem(port: str) -> str:
    """The name of a port of ours without its direction."""
    return port.removesuffix("_i").removesuffix("_o")
