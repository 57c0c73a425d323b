"""Hold a description against the module's real ports, before anything is simulated, and say who is wired to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from t2c.common.errors import UserError
from t2c.tb.catalogue.interface import FIXED_LATENCY, MSB_FIRST, VALID_READY
from t2c.tb.dut.description import Description
from t2c.tb.dut.expressions import evaluate
from t2c.tb.dut.made_wires import made_inputs, made_outputs
from t2c.tb.dut.ports import Elaboration, Module, NoModule, Port
from t2c.tb.dut.rule_check import rules_of
from t2c.tb.dut.signals import signals_of, with_lanes
from t2c.tb.dut.wiring import PortWire, Signal, Wiring, stem


def check(description: Description, ours: Module, table: Path | None = None) -> Wiring:
    """Elaborate their module and wire it up.

    Args:
        description: of the module.
        ours: our unit, elaborated with the parameters of the run.
        table: file that `{table}` in a parameter's text stands for.

    Raises:
        YamlError: the first thing that does not fit, with its line.
        SourceError: their sources do not elaborate.
    """
    return _Check(description, ours, table).wiring()


class _Check:
    def __init__(self, description: Description, ours: Module, table: Path | None) -> None:
        self.d, self.ours, self.table = description, with_lanes(ours, description), table
        self.known = {name: value for name, value in ours.parameters.items() if value is not None}
        given = {name: self._value("parameters", name, value) for name, value in description.parameters.items()}
        self.constants = {name: int(self._value("constants", name, v)) for name, v in description.constants.items()}
        try:
            elaboration = Elaboration(
                description.sources,
                description.top,
                {**self.known, **given},
                includes=description.includes,
                defines=description.defines,
            )
            elaboration.refuse_delays()
            self.theirs = elaboration.top()
        except NoModule as error:
            raise description.error("top", f"top: {error}") from error
        same = {name: value for name, value in self.known.items() if name in self.theirs.parameters}
        self.parameters: dict[str, int | str] = {**same, **given}
        self.signals = signals_of(description, self.ours, self.known)

    def _value(self, section: str, name: str, value: str | int) -> int | str:
        """A number; or a text, if it stands in quotes within YAML's own, or holds {table} or {here}."""
        if isinstance(value, str) and "{here}" in value:
            value = f'"{value.strip(chr(34))}"'.replace("{here}", str(self.d.path.resolve().parent))
        if isinstance(value, str) and "{table}" in value:
            if self.table is None:
                raise self.d.error(f"{section}.{name}", f"{section}: {name}: {self.d.unit} has no table")
            value = value.replace("{table}", str(self.table))
            return value[1:-1] if value[:1] == value[-1:] == '"' else value
        if isinstance(value, str) and value[:1] == value[-1:] == '"' and len(value) > 1:
            return value[1:-1]
        try:
            return evaluate(value, self.known)
        except ValueError as error:
            raise self.d.error(f"{section}.{name}", f"{section}: {name}: {error}") from error

    def wiring(self) -> Wiring:
        self._check_names()
        self._check_constants()
        rules = rules_of(self.d, self.ours, self.constants)
        for name in self.d.inputs:
            self._port(f"inputs.{name}", "inputs", name, 0, "input")
        inputs = made_inputs(self.d, self.ours, self.theirs, self.signals, rules)
        self.used = {name for made in inputs for name in made.expression.names}
        self.outputs = made_outputs(self.d, self.ours, self.theirs, self.signals)
        wires = tuple(wire for signal in self.signals.values() if (wire := self._wire(signal)))
        tied = self._tied()
        self._check_inputs(wires, [made.port for made in inputs], tied)
        return Wiring(
            description=self.d,
            ours=self.ours,
            theirs=self.theirs,
            wires=wires,
            inputs=inputs,
            outputs=self.outputs,
            parameters=self.parameters,
            tied=tied,
            constants=self.constants,
            rules=rules,
            latency=self._latency(),
            waiting=evaluate(self.d.interface.waiting, self.known),
        )

    def _check_names(self) -> None:
        d, top = self.d, self.theirs.name
        fields = [field for fields in d.interface.fields.values() for field, _ in fields]
        names = list(dict.fromkeys([*self.signals, *fields, *d.interface.extras]))
        for name in d.ports:
            if name not in names:
                raise d.error(f"ports.{name}", f"ports: {d.unit} has no {name!r}; it has {', '.join(names)}")
        for name in self.parameters:
            if name not in self.theirs.parameters:
                there = ", ".join(self.theirs.parameters) or "none"
                raise d.error(f"parameters.{name}", f"parameters: {top} has no parameter {name!r}; it has {there}")
        for name in d.unit_parameters:
            if name not in self.ours.parameters:
                there = ", ".join(self.known)
                raise d.error(f"unit_parameters.{name}", f"unit_parameters: {d.unit} has no {name!r}; it has {there}")

    def _check_constants(self) -> None:
        for name, value in self.constants.items():
            width = self.signals[name].width
            if not -(1 << (width - 1)) <= value < 1 << width:
                raise self.d.error(f"constants.{name}", f"constants: {name} = {value} does not fit {width} bits")
        for name in set(self.d.interface.narrow) & set(self.constants):
            bits = self.known["OUT_W"]
            least = 0 if self.d.output == "unsigned" else -(1 << (bits - 1))
            largest = (1 << (bits - 1 if self.d.output == "signed" else bits)) - 1
            if not least <= self.constants[name] <= largest:
                text = f"constants: {name} = {self.constants[name]} is outside {least}..{largest}, the output's range"
                raise self.d.error(f"constants.{name}", text)
        if self.constants.get("lo", 0) > self.constants.get("hi", self.constants.get("lo", 0)):
            raise self.d.error("constants.lo", "constants: lo is above hi")

    def _port(self, place: str, what: str, name: str, width: int, direction: str) -> Port:
        """Their port of that name, of that direction and width."""
        d, top = self.d, self.theirs.name
        port = self.theirs.ports.get(name)
        if port is None:
            there = ", ".join(self.theirs.ports)
            raise d.error(place, f"{what}: {top} has no port {name!r}; it has {there}")
        if port.direction != direction:
            raise d.error(place, f"{what}: {top}'s {name!r} is an {port.direction}, an {direction} is wanted")
        if port.width == 0:
            way = "name it under ports, alone" if port.array else "wrap the module"
            raise d.error(place, f"{what}: {top}'s {name!r} is no packed vector; {way}")
        if width and port.width != width:
            bits = "1 bit" if port.width == 1 else f"{port.width} bits"
            raise d.error(place, f"{what}: {top}'s {name!r} has {bits}, {d.unit}'s {stem(what)} has {width}")
        return port

    def _wire(self, signal: Signal) -> PortWire | None:
        d, name = self.d, signal.name
        place, mapped = f"ports.{name}", d.ports.get(name)
        reason = self._not_wanted(name)
        if reason:
            if mapped is not None:
                raise d.error(place, f"ports: {name} {reason}; it cannot be mapped as well")
            return None
        if name in self.outputs:
            return PortWire(signal=signal, theirs=(), turned=False)
        if mapped is None and name in self.used:
            return None
        if mapped is None and signal.verilog not in self.theirs.ports:
            if self._may_be_missing(name):
                return None
            there = ", ".join(self.theirs.ports)
            raise d.error(
                "ports",
                f"ports: {d.unit}'s {name} is mapped to nothing{self._way_out(name)}; {self.theirs.name} has {there}",
            )
        theirs = (signal.verilog,) if mapped is None else mapped
        if len(theirs) not in (1, signal.elements):
            counted = f"{len(theirs)} ports for {signal.elements} element{'s' if signal.elements > 1 else ''}"
            raise d.error(place, f"ports: {name}: {counted}")
        if len(theirs) == 1 and self._is_array(signal, theirs[0]):
            return PortWire(signal=signal, theirs=theirs, turned=d.lane_order.get(name) == MSB_FIRST)
        for port in theirs:
            self._port(place, name, port, signal.width // len(theirs), "output" if signal.output else "input")
        return PortWire(signal=signal, theirs=theirs, turned=d.lane_order.get(name) == MSB_FIRST)

    def _is_array(self, signal: Signal, name: str) -> bool:
        """Whether their port is an unpacked array; if so, it has our elements."""
        found = self.theirs.ports.get(name)
        if found is None or found.array is None or found.direction != ("output" if signal.output else "input"):
            return False
        ours, theirs = (signal.elements, signal.width // signal.elements), (len(found.array.indices), found.array.bits)
        if ours != theirs:
            place = f"ports.{signal.name}"
            text = f"{self.theirs.name}'s {name!r} has {theirs[0]} elements of {theirs[1]} bits"
            raise self.d.error(
                place, f"{signal.name}: {text}, {self.d.unit}'s {signal.name} has {ours[0]} of {ours[1]}"
            )
        return True

    def _not_wanted(self, name: str) -> str:
        """Why a signal of ours is not connected to their module, or empty."""
        d = self.d
        interface = d.interface
        if name in d.constants:
            return "is among the constants"
        if name == interface.rounding:
            return "is described under rounding"
        for feature in d.absent:
            if name in interface.features[feature]:
                return f"belongs to {feature}, which is absent"
        if d.handshake != VALID_READY and name and name in (interface.source.ready, interface.sink.ready):
            return f"does not exist with handshake {d.handshake}"
        if d.handshake == FIXED_LATENCY and name == interface.sink.valid:
            return f"does not exist with handshake {d.handshake}"
        return ""

    def _way_out(self, name: str) -> str:
        """What else a description can say of a signal that the module does not have."""
        features = [feature for feature, names in self.d.interface.features.items() if name in names]
        if features:
            return f" (a module without it says absent: {features[0]})"
        return " (a module that fixes it says so under constants)" if name in self.d.interface.constants else ""

    def _may_be_missing(self, name: str) -> bool:
        if name in self.d.interface.spare:
            return True
        if name in self.d.interface.optional:
            return not any(self._is_there(other) for other in self.d.interface.optional)
        return self.d.handshake == FIXED_LATENCY and name == self.d.interface.source.valid

    def _is_there(self, name: str) -> bool:
        return name in self.d.ports or name in self.d.outputs or self.signals[name].verilog in self.theirs.ports

    def _tied(self) -> dict[str, tuple[int, int]]:
        tied = {}
        for name, value in self.d.tie.items():
            width = self._port(f"tie.{name}", "tie", name, 0, "input").width
            if not -(1 << (width - 1)) <= value < 1 << width:
                raise self.d.error(f"tie.{name}", f"tie: {value} does not fit the {width} bits of {name!r}")
            tied[name] = (width, value % (1 << width))
        return tied

    def _check_inputs(
        self, wires: tuple[PortWire, ...], made: Sequence[str], tied: Mapping[str, tuple[int, int]]
    ) -> None:
        d, top = self.d, self.theirs.name
        used: dict[str, str] = {}
        if d.clock:
            self._port("clock", "clock", d.clock, 1, "input")
            used[d.clock] = "clock"

        def use(name: str, place: str) -> None:
            if name in used:
                raise d.error(place, f"{top}'s {name!r} serves both {used[name]} and {place}")
            used[name] = place

        if d.reset:
            self._port("reset", "reset", d.reset.port, 1, "input")
            use(d.reset.port, "reset")
        if d.rounding and d.rounding.port:
            port = self._port("rounding", "rounding", d.rounding.port, 0, "input")
            for mode, code in d.rounding.codes.items():
                if not 0 <= code < 1 << port.width:
                    raise d.error("rounding", f"rounding: code {code} of {mode} does not fit {port.width} bits")
            use(d.rounding.port, "rounding")
        for wire in wires:
            for name in wire.theirs:
                use(name, f"ports.{wire.signal.name}")
        for name in made:
            use(name, f"inputs.{name}")
        for name in tied:
            use(name, f"tie.{name}")
        for name, port in self.theirs.ports.items():
            if name not in used and port.direction != "output":
                raise d.error(
                    "ports", f"ports: {port.direction} {name!r} of {top} ({port.line}) is connected to nothing"
                )

    def _latency(self) -> int | None:
        d = self.d
        if d.latency is None:
            if d.handshake == FIXED_LATENCY:
                raise UserError(f"{d.path}: latency is missing; handshake {FIXED_LATENCY} needs it")
            return None
        try:
            cycles = evaluate(d.latency, self.known)
        except ValueError as error:
            raise d.error("latency", f"latency: {error}") from error
        if not 0 <= cycles <= 4096:
            raise d.error("latency", f"latency: {cycles} is outside 0..4096")
        return cycles
