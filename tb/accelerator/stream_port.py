"""Ports that words go through one after the other: a stream, wires that hold a whole tensor, a probe inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from t2c.common.strict_yaml import Value
from t2c.tb.accelerator.port import DoorPort, found_port, instance_text, their_port

LAST = "last"


class StreamPort(DoorPort):
    """Valid, ready and last with any names; data is one port, a list side by side (first: least significant), or
    fields with names."""

    kind: ClassVar[str] = "stream"
    keys: ClassVar[tuple[str, ...]] = ("valid", "ready", "last", "data", "endless")
    needs_valid: ClassVar[bool] = True
    keeps: ClassVar[bool] = True
    drives_ready: ClassVar[bool] = True

    def read(self) -> None:
        if "data" not in self.entries:
            raise self.value.error(f"ports: {self.name}: {self.kind} needs data")
        data = self.entries["data"]
        self.has_last = "last" in self.entries
        self.offsets: dict[str, int] = {}
        first = self.entries["valid"] if "valid" in self.entries else self._parts(data)[0][1][0]
        self.into = self.direction(first) == "input"
        self.loads, self.gives = self.into, not self.into
        self.payload, width = self.wire("payload"), 0
        for field, ports in self._parts(data):
            if field == LAST:
                raise data.error("data: a field cannot be called last; last has a place of its own")
            self.offsets[field], start = width, width
            for port in ports:
                bits = self.width_of(port)
                self.attach(port, f"{self.payload}[{width + bits - 1}:{width}]")
                width += bits
            self.fields[field] = width - start
        if self.has_last:
            self.attach(self.entries["last"], f"{self.payload}[{width}]", 1)
        self.width = width + self.has_last
        self.declare("payload", max(self.width, 2))
        self._handshake()
        for part, bits, variable in (("stall", 1, False), ("count", 32, False), ("ok", 1, False)):
            self.declare(part, bits, variable=variable)
        if self.gives:
            self.declare("wanted", 32, variable=True)

    def _handshake(self) -> None:
        self.has_valid, self.has_ready = "valid" in self.entries, "ready" in self.entries
        if self.needs_valid and not self.has_valid:
            raise self.value.error(f"ports: {self.name}: {self.kind} needs valid")
        self.stalls = self.has_valid if self.into else self.has_ready and self.drives_ready
        self.endless = "endless" in self.entries and self.entries["endless"].choice("true", "false") == "true"
        if self.endless and not (self.gives and self.has_ready and self.drives_ready):
            raise self.entries["endless"].error(f"endless: {self.name} is no stream out of the module with a ready")
        self.declare("valid")
        self.declare("ready")
        if self.has_valid:
            self.attach(self.entries["valid"], self.wire("valid"), 1)
        if self.has_ready:
            self.attach(self.entries["ready"], self.wire("ready"), 1, against=True)

    def _parts(self, data: Value) -> list[tuple[str, list[Value]]]:
        if not data.is_mapping:
            return [("", data.items())]
        return [(field, value.items()) for field, value in data.fields().items()]

    def direction(self, value: Value) -> str:
        """Of the module's port that a value names."""
        return found_port(self.module, value, value.text()).direction

    def width_of(self, value: Value) -> int:
        return their_port(self.module, value, value.text(), "input" if self.into else "output")

    def attach(self, value: Value, wire: str, width: int | None = None, *, against: bool = False) -> None:
        """Connect a port of the stream; against: it goes the other way."""
        self.connect(value, value.text(), "input" if self.into != against else "output", wire, width)

    @property
    def done(self) -> str:
        return self.wire("ok")

    def state(self) -> Sequence[tuple[str, str]]:
        return [("valid", self.wire("valid")), ("ready", self.wire("ready")), ("words", self.wire("count"))]

    def instance(self) -> str:
        count = {"count_o": self.wire("count"), "done_o": self.wire("ok")}
        payload = f"{self.payload}[{self.width - 1}:0]"
        if self.into:
            parameters = {
                "NAME": f'"{self.name}"',
                "FILE": f'"{self.name}.in"',
                "WIDTH": self.width,
                "HOLD": int(not self.has_valid),
            }
            pins = self.common_pins() | {
                "go_i": self.wire("go"),
                "flush_i": "door_flush",
                "stall_i": self.wire("stall"),
                "valid_o": self.wire("valid"),
                "ready_i": self.wire("ready"),
                "data_o": payload,
                **count,
            }
            tied = "" if self.has_ready else f"    assign {self.wire('ready')} = 1'b1;\n"
            return tied + self.stall_generator() + instance_text("door_source", self.wire("i"), parameters, pins)
        return self._sink(payload, count)

    def _sink(self, payload: str, count: dict[str, str]) -> str:
        parameters = {"NAME": f'"{self.name}"', "WIDTH": self.width, "RULES": int(self.has_valid)}
        parameters |= {"ENDLESS": int(self.endless)}
        pins = self.common_pins() | {
            "wanted_i": self.wire("wanted"),
            "live_i": "(door_state >= STEPS)",
            "stall_i": self.wire("stall"),
            "valid_i": self.wire("valid"),
            "ready_o": self.wire("ready") if self.has_ready and self.drives_ready else "",
            "taken_i": self.wire("ready"),
            "data_i": payload,
            **count,
        }
        tied = "" if self.has_ready else f"    assign {self.wire('ready')} = 1'b1;\n"
        tied += "".join(self.assigned)
        return tied + self.stall_generator() + instance_text("door_sink", self.wire("i"), parameters, pins)


class WiresPort(StreamPort):
    """A whole tensor side by side. Without a valid an input holds still for the run, and an output is read `latency`
    cycles after the word of the input `after`."""

    kind: ClassVar[str] = "wires"
    keys: ClassVar[tuple[str, ...]] = (*StreamPort.keys, "after", "latency")
    needs_valid: ClassVar[bool] = False
    keeps: ClassVar[bool] = False

    def read(self) -> None:
        super().read()
        if not self.into and not self.has_valid and "after" not in self.entries:
            raise self.value.error(f"ports: {self.name}: an output without valid needs after: PORT and latency: CYCLES")
        self.latency = self.number("latency", 1, 0, 1 << 16)
        self.after = self.entries["after"].text() if "after" in self.entries else ""

    def instance(self) -> str:
        if self.into or self.has_valid:
            return super().instance()
        sent, stages, shift = f"{self.after}__valid & {self.after}__ready", max(self.latency, 1), self.wire("shift")
        valid = f"{shift}[{self.latency - 1}]" if self.latency else sent
        return (
            f"    reg [{stages}:0] {shift} = {stages + 1}'d0;\n"
            f"    always @(posedge {self.clock}) {shift} <= door_rst_n ? {{{shift}[{stages - 1}:0], {sent}}} : 0;\n"
            f"    assign {self.wire('valid')} = {valid};\n"
        ) + super().instance()


class ProbePort(StreamPort):
    """A signal inside the module, by its path below the top, and the valid (and ready) that go with it."""

    kind: ClassVar[str] = "probe"
    drives_ready: ClassVar[bool] = False

    def direction(self, value: Value) -> str:
        return "output"

    def width_of(self, value: Value) -> int:
        width = self.elaboration.signal_width(value.text())
        if width is None:
            raise value.error(f"{value.name}: {self.module.name} has no signal {value.text()!r} of bits inside")
        return width

    def attach(self, value: Value, wire: str, width: int | None = None, *, against: bool = False) -> None:
        found = self.width_of(value)
        if width is not None and found != width:
            raise value.error(f"{value.name}: {value.text()!r} has {found} bits, {width} are wanted")
        self.assigned.append(f"    assign {wire} = i_dut.{value.text()};\n")
