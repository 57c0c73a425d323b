"""What every kind of port has: how it is read from a description, wired to a module, and driven by Verilog of ours."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from t2c.common.strict_yaml import Value
from t2c.tb.dut.ports import Elaboration, Module, Port
from t2c.tb.dut.source_fields import bounded_integer

NAME = re.compile(r"[A-Za-z]\w*")


class DoorPort(ABC):
    """A port of a user's accelerator and what stands outside it.

    kind: of the description; loads: tensors may go in here; gives: tensors may come out here; addressed: at addresses
    of words (of bytes if byte_words), otherwise one word after the other; keeps: what goes in is kept by the module, so
    that it may go in once.
    name: of the description; wires: their port -> wire of the harness; fields: name -> bits of what one word holds,
    one without a name if there is only one; clock: of the harness; declared, assigned: Verilog of its wires.
    """

    kind: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]
    addressed: ClassVar[bool] = False
    loads: bool = False
    gives: bool = False
    stalls: bool = True
    keeps: ClassVar[bool] = False

    def __init__(self, name: str, value: Value, module: Module, elaboration: Elaboration, clock: str) -> None:
        self.name, self.value, self.module, self.elaboration = name, value, module, elaboration
        self.wires: dict[str, str] = {}
        self.fields: dict[str, int] = {}
        self.declared: list[str] = []
        self.assigned: list[str] = []
        self.entries = value.only("kind", "clock", *self.keys)
        self.clock = clock
        self.read()

    @abstractmethod
    def read(self) -> None:
        """Read the fields of this kind and hold them against the module; raise YamlError for what does not fit."""

    @abstractmethod
    def instance(self) -> str:
        """The Verilog that drives or watches it."""

    @property
    def done(self) -> str:
        """Verilog: it has done all that is expected of it in this run."""
        return "1'b1"

    @property
    def loaded(self) -> str:
        """Verilog: what it holds before a run is in place."""
        return "1'b1"

    @property
    def size(self) -> int | None:
        """Words that it has addresses for; None for a stream."""
        return None

    @property
    def memory(self) -> str:
        """The port whose memory it is: its own, or that of the one that it shares."""
        return self.name

    @property
    def base(self) -> int:
        """Address of the first word."""
        return 0

    def state(self) -> Sequence[tuple[str, str]]:
        """What a report of a wait without end shows of it: labels and Verilog expressions."""
        return [("count", self.wire("count"))]

    def wire(self, part: str) -> str:
        """A wire of the harness that belongs to this port."""
        return f"{self.name}__{part}"

    def declare(self, part: str, width: int = 1, *, variable: bool = False) -> str:
        """A new wire (or variable) of the harness; its name."""
        kind = "reg " if variable else "wire"
        self.declared.append(
            f"    {kind} {f'[{width - 1}:0] ' if width > 1 else ''}{self.wire(part)}{' = 0' * variable};"
        )
        return self.wire(part)

    def pin(self, part: str, direction: str, width: int | None = None, *, optional: bool = False) -> int:
        """Connect the pin that the description names for a part, `~PIN` if it is low where we say 1; its width, 0 if it
        is not named.

        Raises:
            YamlError: not named, no such port, or of another direction or width.
        """
        if part not in self.entries:
            if optional:
                return 0
            raise self.value.error(f"ports: {self.name}: {self.kind} needs {part}")
        text = self.entries[part].text()
        theirs, turned = text.removeprefix("~").strip(), text.startswith("~")
        wire = self.wire(part)
        if turned:
            wire = f"~{wire}" if direction == "input" else self.wire(f"{part}_low")
        found = self.connect(self.entries[part], theirs, direction, wire, width)
        self.declare(part, found)
        if turned and direction == "output":
            self.declare(f"{part}_low", found)
            self.declared.append(f"    assign {self.wire(part)} = ~{wire};")
        return found

    def connect(self, value: Value, theirs: str, direction: str, wire: str, width: int | None = None) -> int:
        """Connect one of their ports to a wire; its width."""
        found = their_port(self.module, value, theirs, direction)
        if width is not None and found != width:
            raise value.error(f"{value.name}: {self.module.name}'s {theirs!r} has {found} bits, {width} are wanted")
        if theirs in self.wires:
            raise value.error(f"{value.name}: {theirs!r} serves {self.name} twice")
        self.wires[theirs] = wire
        return found

    def number(self, key: str, usual: int, low: int, high: int) -> int:
        """An integer of the description."""
        return bounded_integer(self.entries, key, usual, low, high)

    def common_pins(self) -> dict[str, str]:
        """Pins that every driver of ours has: which clock, where events go, which run and cycle it is."""
        return {
            "clk_i": self.clock,
            "rst_ni": "door_rst_n",
            "fd_i": "door_fd",
            "run_i": "door_run",
            "cycle_i": "door_cycle",
        }

    def stall_generator(self) -> str:
        """A stall_gen for a port with one stream."""
        return (
            f"    stall_gen {self.wire('i_stall')} (\n"
            f"        .clk_i({self.clock}), .rst_ni(door_rst_n), .profile_i({self.wire('profile')}),\n"
            f"        .blocked_i({self.wire('blocked')}), .armed_i(1'b1), .seed_i({self.wire('seed')}),\n"
            f"        .stall_o({self.wire('stall')})\n    );\n"
        )


def found_port(module: Module, value: Value, theirs: str) -> Port:
    """One of their ports, or a part of one; raise YamlError if there is none such."""
    if theirs in module.ports:
        return module.ports[theirs]
    base = theirs.partition("[")[0]
    if base != theirs and base in module.ports:
        array = module.ports[base].array
        there = f"elements {array.first} to {array.last}" if array else f"bits {module.ports[base].width - 1} to 0"
        raise value.error(f"{value.name}: {module.name}'s {base!r} has {there}, and no {theirs!r}")
    raise value.error(f"{value.name}: {module.name} has no port {theirs!r}; it has {', '.join(module.ports)}")


def their_port(module: Module, value: Value, theirs: str, direction: str) -> int:
    """Width of one of their ports; raise YamlError if there is none such of that direction."""
    port = found_port(module, value, theirs)
    if port.direction != direction:
        article = {"input": "an input", "output": "an output"}
        raise value.error(
            f"{value.name}: {module.name}'s {theirs!r} is {article.get(port.direction, port.direction)}, "
            f"{article[direction]} is wanted"
        )
    if not port.width:
        raise value.error(f"{value.name}: {module.name}'s {theirs!r} is no packed vector; wrap the module")
    return port.width


def instance_text(module: str, name: str, parameters: Mapping[str, object], pins: Mapping[str, str]) -> str:
    """An instance in Verilog."""
    sets = ", ".join(f".{key}({value})" for key, value in parameters.items())
    wires = ",\n        ".join(f".{key}({value})" for key, value in pins.items())
    return f"    {module} #({sets}) {name} (\n        {wires}\n    );\n"
