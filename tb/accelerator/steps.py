"""What is done in every run, step by step: pins, registers, waits, each with a limit; and its Verilog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from t2c.common.strict_yaml import Value
from t2c.tb.accelerator.axi_port import AxiLitePort
from t2c.tb.accelerator.pins import net_name
from t2c.tb.accelerator.port import DoorPort, their_port
from t2c.tb.accelerator.ram_port import RamPort
from t2c.tb.accelerator.stream_port import StreamPort
from t2c.tb.dut.ports import Module
from t2c.tb.dut.source_fields import read_integer

LIMIT = 100_000
"""Cycles that a wait may take if nobody says."""
WHAT = ("set", "pulse", "wait", "delay", "write", "poll", "send", "sent", "load", "read")
_NEXT = "begin door_step <= door_step + 1; door_waited <= 0; end"


@dataclass(frozen=True, kw_only=True)
class RunStep:
    """text: as a report names it; verilog: of the step's branch; limit: cycles, times door_scale."""

    text: str
    verilog: str
    limit: int = LIMIT


@dataclass(kw_only=True)
class RunSteps:
    """All steps. pins: their input -> width, which steps drive; watched: their output -> width; by_step: ports whose
    transfers begin at a step instead of with the run."""

    steps: list[RunStep] = field(default_factory=list)
    pins: dict[str, int] = field(default_factory=dict)
    watched: dict[str, int] = field(default_factory=dict)
    by_step: set[tuple[str, str]] = field(default_factory=set)


def read_steps(value: Value | None, module: Module, ports: Mapping[str, DoorPort]) -> RunSteps:
    """Read `run`.

    Raises:
        YamlError: an unknown step, pin or port.
    """
    found = RunSteps()
    for item in value.items() if value else ():
        entries = item.only(*WHAT, "limit", "mask", "to", "once")
        kinds = [kind for kind in WHAT if kind in entries]
        if len(kinds) != 1:
            raise item.error(f"run: a step is one of {', '.join(WHAT)}")
        _StepReader(found, module, ports, entries).add(kinds[0])
    return found


class _StepReader:
    def __init__(
        self, found: RunSteps, module: Module, ports: Mapping[str, DoorPort], entries: Mapping[str, Value]
    ) -> None:
        self.found, self.module, self.ports, self.entries = found, module, ports, entries
        for key, fits in (("mask", ("poll",)), ("to", ("write", "poll"))):
            if key in entries and not any(kind in entries for kind in fits):
                raise entries[key].error(f"{key}: only for {' and '.join(fits)}")
        self.limit = LIMIT
        if "limit" in entries:
            self.limit = read_integer(entries["limit"])
            if not 1 <= self.limit < 1 << 31:
                raise entries["limit"].error(f"limit: {self.limit} is outside 1..{(1 << 31) - 1}")

    def add(self, kind: str) -> None:
        value = self.entries[kind]
        getattr(self, f"_{kind}")(value)

    def _step(self, text: str, verilog: str) -> None:
        if "once" in self.entries and self.entries["once"].choice("true", "false") == "true":
            text, verilog = f"{text}, once", f"if (!door_fresh) {_NEXT} else begin {verilog} end"
        self.found.steps.append(RunStep(text=text, verilog=verilog, limit=self.limit))

    def _turns(self, name: str, value: Value, width: int, *, signed: bool = True) -> tuple[str, str]:
        """A number, or several that runs take in turn: as a report names it, and its Verilog.

        name: of what takes it, of `width` bits; signed: it may be negative.
        """
        numbers = [read_integer(item) for item in value.items()]
        if not numbers:
            raise value.error(f"{name}: the list is empty")
        for number in numbers:
            if not -(1 << width - 1) * signed <= number < 1 << width or abs(number) >= 1 << 63:
                raise value.error(f"{name}: {number} does not fit its {width} bits")
        words = [f"{width}'d{number % (1 << width)}" for number in numbers]
        chosen = words[-1]
        for turn in range(len(words) - 2, -1, -1):
            chosen = f"(door_turn % {len(words)} == {turn}) ? {words[turn]} : {chosen}"
        text = ", ".join(map(str, numbers))
        return (text, chosen) if len(words) == 1 else (f"{text} in turn", f"({chosen})")

    def _drive(self, value: Value, theirs: str) -> int:
        width = their_port(self.module, value, theirs, "input")
        self.found.pins[theirs] = width
        return width

    def _set(self, value: Value) -> None:
        for theirs, entry in value.fields().items():
            text, driven = self._turns(theirs, entry, self._drive(entry, theirs))
            self._step(f"set {theirs} = {text}", f"begin pin_{net_name(theirs)} <= {driven}; {_NEXT} end")

    def _pulse(self, value: Value) -> None:
        for entry in value.items():
            theirs = entry.text()
            self._drive(entry, theirs)
            up, down = f"pin_{net_name(theirs)} <= 1;", f"begin pin_{net_name(theirs)} <= 0; {_NEXT} end"
            self._step(f"pulse {theirs}", f"if (door_waited == 0) {up} else {down}")

    def _wait(self, value: Value) -> None:
        wanted = value.fields() if value.is_mapping else {value.text(): None}
        for theirs, entry in wanted.items():
            width = their_port(self.module, entry or value, theirs, "output")
            text, wanted_word = self._turns(theirs, entry, width, signed=False) if entry else ("1", f"{width}'d1")
            self.found.watched[theirs] = width
            self._step(f"wait {theirs} = {text}", f"if (out_{net_name(theirs)} === {wanted_word}) {_NEXT}")

    def _delay(self, value: Value) -> None:
        cycles = read_integer(value)
        if not 1 <= cycles < 1 << 31:
            raise value.error(f"delay: {cycles} is outside 1..{(1 << 31) - 1}")
        self.limit = cycles + 1
        self._step(f"delay {cycles}", f"if (door_waited + 1 >= {cycles}) {_NEXT}")

    def _lite(self, value: Value) -> AxiLitePort:
        there = [port for port in self.ports.values() if isinstance(port, AxiLitePort)]
        if "to" in self.entries:
            there = [port for port in there if port.name == self.entries["to"].text()]
        if len(there) != 1:
            names = ", ".join(port.name for port in self.ports.values() if isinstance(port, AxiLitePort)) or "none"
            raise value.error(f"{value.name}: to: which port of kind axi_lite? There are: {names}")
        return there[0]

    def _register(self, port: AxiLitePort, value: Value, address: str) -> int:
        try:
            at = int(address, 0)
        except ValueError as error:
            raise value.error(f"{address!r} is no address of a register") from error
        if not 0 <= at < 1 << port.addr_w:
            raise value.error(f"address {address} is beyond the {port.addr_w} address bits of {port.name}")
        return at

    def _write(self, value: Value) -> None:
        port = self._lite(value)
        for address, entry in value.pairs():
            at = self._register(port, entry, address)
            text, word = self._turns(address, entry, port.width)
            self._step(f"write {address} = {text}", _access(port, at, word, _NEXT))

    def _poll(self, value: Value) -> None:
        port = self._lite(value)
        for address, entry in value.pairs():
            at = self._register(port, entry, address)
            text, word = self._turns(address, entry, port.width)
            mask = read_integer(self.entries["mask"]) if "mask" in self.entries else (1 << port.width) - 1
            got = port.wire("got")
            then = f"if (({got} & {port.width}'d{mask % (1 << port.width)}) === {word}) {_NEXT}"
            self._step(f"poll {address} = {text}", _access(port, at, "", then))

    def _begin(self, value: Value, kind: str, fits: type[DoorPort], verilog: str) -> None:
        for entry in value.items():
            name = entry.text()
            port = self.ports.get(name)
            if not isinstance(port, fits) or not (port.gives if kind == "read" else port.loads):
                raise entry.error(f"{kind}: {name} is no port to {kind}")
            if (kind, name) in self.found.by_step:
                raise entry.error(f"{kind}: {name} stands there twice")
            self.found.by_step.add((kind, name))
            self._step(f"{kind} {name}", verilog.format(name=name, next=_NEXT))

    def _send(self, value: Value) -> None:
        self._begin(value, "send", StreamPort, "begin {name}__sent <= 1'b1; {next} end")

    def _sent(self, value: Value) -> None:
        """Wait until a stream's words have all been taken."""
        for entry in value.items():
            port = self.ports.get(entry.text())
            if not isinstance(port, StreamPort) or not port.loads:
                raise entry.error(f"sent: {entry.text()} is no stream that words go in by")
            self._step(f"sent {port.name}", f"if ({port.wire('ok')}) {_NEXT}")

    def _load(self, value: Value) -> None:
        part = "if (door_waited == 0) {name}__part <= 2 * door_run - 1; else if (door_waited > 2 & {name}__ok) {next}"
        self._begin(value, "load", RamPort, part)

    def _read(self, value: Value) -> None:
        part = "if (door_waited == 0) {name}__part <= 2 * door_run; else if (door_waited > 2 & {name}__ok) {next}"
        self._begin(value, "read", RamPort, part)


def _access(port: AxiLitePort, at: int, data: str, then: str) -> str:
    go, did, addr = port.wire("go"), port.wire("did"), f"{port.wire('addr')} <= {port.addr_w}'d{at};"
    word = f" {port.wire('data')} <= {data};" if data else ""
    start = f"{go} <= 1'b1; {addr}{word} {port.wire('write')} <= 1'b{int(bool(data))};"
    ended = f"if ({port.wire('resp')} !== 2'b00) door_refused <= 1'b1; else {then}"
    return f"if ({did}) begin {go} <= 1'b0; {ended} end else begin {start} end"
