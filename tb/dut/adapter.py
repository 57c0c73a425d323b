"""Generate the Verilog module that has our unit's ports and holds their module behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from t2c.contract.operations import ROUNDING_BITS
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.catalogue.interface import FIXED_LATENCY, VALID_READY
from t2c.tb.dut.ports import literal
from t2c.tb.dut.wiring import MadeWire, PortWire, Signal, Wiring

HEADER = """\
// {name}: {top} behind the ports of rtl/{unit}.v. Generated from {path}.
// The time scale is for what is read after their files.
`timescale 1ns / 1ps
`default_nettype none

module {name} #(
{parameters}
) (
{ports}
);

{body}
endmodule

`default_nettype wire
"""


def adapter_text(wiring: Wiring, name: str, late: int = 0) -> str:
    """The adapter's Verilog.

    Its widths are numbers: it is made for the parameters of one build, and another value stops the elaboration.

    Args:
        wiring: who is connected to whom.
        name: of the adapter.
        late: cycles by which all outputs are held back, without back-pressure.
    """
    ours = {key: value for key, value in wiring.ours.parameters.items() if value is not None}
    texts = [key for key, value in wiring.ours.parameters.items() if value is None]
    ports = [f"    {port.direction.ljust(6)} wire {_range(port.width)}{key}" for key, port in wiring.ours.ports.items()]
    return HEADER.format(
        name=name,
        top=wiring.theirs.name,
        unit=wiring.description.unit,
        path=wiring.description.path.name,
        parameters=",\n".join(
            [f"    parameter {key} = {value}" for key, value in ours.items()]
            + [f'    parameter {key} = ""' for key in texts]
        ),
        ports=",\n".join(ports),
        body="\n".join(_Body(wiring, name, ours, late).lines()),
    )


class _Body:
    """The adapter's inside, section by section."""

    def __init__(self, wiring: Wiring, name: str, parameters: Mapping[str, int], late: int) -> None:
        self.wiring, self.name, self.parameters, self.late = wiring, name, parameters, late
        self.d = wiring.description
        self.interface = self.d.interface
        self.connections: dict[str, str] = {}
        self.used: set[str] = set()

    def lines(self) -> list[str]:
        guard = " || ".join(f"{key} != {value}" for key, value in self.parameters.items())
        text = [
            "    generate",
            f"        if ({guard}) begin : g_other",
            f"            {self.name}_is_generated_for_other_parameters i_stop ();",
            "        end",
            "    endgenerate",
            "",
        ]
        if self.d.clock:
            self.connections[self.d.clock] = "clk_i"
        if self.d.reset:
            self.connections[self.d.reset.port] = "rst_ni" if self.d.reset.active == "low" else "~rst_ni"
        for port in sorted({name for made in self.wiring.outputs.values() for name in made.expression.names}):
            self.connections[port] = f"their_{port}"
            text.append(f"    wire {_range(self.wiring.theirs.ports[port].width)}their_{port};")
        for wire in self.wiring.wires:
            text += self._wire(wire)
        for made in self.wiring.inputs:
            text += self._made(made)
        text += self._rounding() + self._stream()
        for port, (width, value) in self.wiring.tied.items():
            self.connections[port] = f"{width}'d{value}"
        for port, found in self.wiring.theirs.ports.items():
            if found.direction == "output":
                self.connections.setdefault(port, "")
        return text + self._instance() + self._unused()

    def _bridged(self, signal: Signal) -> bool:
        """The bridge drives this output of ours, not their module."""
        sink = self.interface.sink
        return self._has_bridge() and signal.name in (sink.valid, *sink.data)

    def _has_bridge(self) -> bool:
        return bool(self.interface.sink.ready) and self.d.handshake != VALID_READY

    def _wire(self, wire: PortWire) -> list[str]:
        """A net `dut_<name>` at their ports, with the elements in their order, and `our_<name>` in ours, if another."""
        signal, bits = wire.signal, _range(wire.signal.width)
        inner, ours = f"dut_{signal.name}", self._net(signal.name)
        ports = self._ports(wire, inner)
        if signal.output:
            made = self.wiring.outputs.get(signal.name)
            text = [*made.expression.lines] if made else []
            text += [f"    wire {bits}{inner} = {made.expression.net};" if made else f"    wire {bits}{inner};", *ports]
            if ours != inner:
                text.append(f"    wire {bits}{ours} = {_turned(inner, signal.width, signal.elements)};")
            return text if self._bridged(signal) else text + _delay(ours, signal.verilog, signal.width, self.late)
        if signal.name == self.interface.source.valid and self._has_bridge():
            return [f"    wire {inner};"]
        self.used.add(signal.port)
        text = [f"    wire {bits}{ours} = {signal.verilog};"]
        if ours != inner:
            text.append(f"    wire {bits}{inner} = {_turned(ours, signal.width, signal.elements)};")
        return text + ports

    def _net(self, name: str) -> str:
        """The net that has a signal with its elements in our order."""
        wire = self.wiring.wire(name)
        return f"our_{name}" if wire and wire.turned and wire.signal.elements > 1 else f"dut_{name}"

    def _ports(self, wire: PortWire, net: str) -> list[str]:
        """Connect the ports of a wire to its net: one, one for each element, or an unpacked array of all of them."""
        array = self.wiring.theirs.ports[wire.theirs[0]].array if len(wire.theirs) == 1 else None
        step = wire.signal.width // max(len(wire.theirs), 1)
        for index, port in enumerate(wire.theirs):
            self.connections[port] = net if len(wire.theirs) == 1 else f"{net}[{index * step}+:{step}]"
        if array is None:
            return []
        self.connections[wire.theirs[0]] = words = f"{net}_words"
        slices = [(f"{words}[{at}]", f"{net}[{k * array.bits}+:{array.bits}]") for k, at in enumerate(array.indices)]
        pairs = [(flat, word) if wire.signal.output else (word, flat) for word, flat in slices]
        lines = [f"    assign {target} = {source};" for target, source in pairs]
        kind = "wire signed" if array.signed else "wire"
        return [f"    {kind} {_range(array.bits)}{words} [{array.first}:{array.last}];", *lines]

    def _made(self, made: MadeWire) -> list[str]:
        """A net `dut_in_<port>` with what an input of theirs is made of."""
        self.connections[made.port] = f"dut_in_{made.port}"
        self.used |= made.reads
        return [*made.expression.lines, f"    wire {_range(made.width)}dut_in_{made.port} = {made.expression.net};"]

    def _rounding(self) -> list[str]:
        modes = self.d.rounding
        if modes is None or not modes.port:
            return []
        width = self.wiring.theirs.ports[modes.port].width
        self.connections[modes.port] = "dut_rounding"
        port = f"{self.interface.rounding}_i"
        self.used.add(port)
        choice = f"{width}'d{next(iter(modes.codes.values()))}"
        for mode, code in modes.codes.items():
            choice = f"({port} == {ROUNDING_BITS}'d{Rounding(mode).code}) ? {width}'d{code} : {choice}"
        return [f"    wire {_range(width)}dut_rounding = {choice};"]

    def _stream(self) -> list[str]:
        if self._has_bridge():
            return ["", *self._bridge()]
        if self.d.handshake == FIXED_LATENCY:
            source, sink = f"{self.interface.source.valid}_i", f"{self.interface.sink.valid}_o"
            self.used.add(source)
            return ["", *_delay(source, sink, 1, (self.wiring.latency or 0) + self.late)]
        return []

    def _bridge(self) -> list[str]:
        source, sink = self.interface.source, self.interface.sink
        fixed, latency = self.d.handshake == FIXED_LATENCY, self.wiring.latency
        width = sum(self.wiring.ours.ports[f"{name}_o"].width for name in sink.data)
        silent = f"{self.interface.silent}_i" if self.wiring.wire(self.interface.silent) else "1'b0"
        depth = (latency if latency is not None else 32) + 2 + self.wiring.waiting
        self.used |= {f"{source.valid}_i", f"{sink.ready}_i", silent}
        ports = {
            "clk_i": "clk_i",
            "rst_ni": "rst_ni",
            "s_axis_tvalid_i": f"{source.valid}_i",
            "s_axis_tready_o": f"{source.ready}_o",
            "silent_i": silent,
            "taken_o": f"dut_{source.valid}" if self.wiring.wire(source.valid) else "",
            "done_i": "1'b0" if fixed else f"dut_{sink.valid}",
            "result_i": _joined(map(self._net, reversed(sink.data))),
            "m_axis_tvalid_o": f"{sink.valid}_o",
            "m_axis_tready_i": f"{sink.ready}_i",
            "m_axis_tdata_o": _joined(f"{name}_o" for name in reversed(sink.data)),
        }
        values = {"W": width, "DEPTH": depth, "LATENCY": latency or 0, "MARKED": int(not fixed)}
        return _instance("dut_bridge", "i_bridge", values, ports)

    def _instance(self) -> list[str]:
        return ["", *_instance(self.wiring.theirs.name, "i_dut", self.wiring.parameters, self.connections)]

    def _unused(self) -> list[str]:
        """Inputs of ours that their module has no use for; outputs that nobody drives are 0."""
        inputs, outputs = ["1'b0"], []
        driven = {wire.signal.port for wire in self.wiring.wires if wire.signal.output}
        sink, source = self.interface.sink, self.interface.source
        if self.d.handshake and self.d.handshake != VALID_READY:
            driven |= {f"{sink.valid}_o", f"{source.ready}_o"}
        for name, port in self.wiring.ours.ports.items():
            if port.direction == "input" and name not in self.used:
                inputs.append(name)
            elif port.direction == "output" and name not in driven:
                outputs.append(f"    assign {name} = {port.width}'d0;")
        return [*outputs, f"    wire unused = &{{{', '.join(inputs)}}};", ""]


def _range(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""


def _joined(names: Iterable[str]) -> str:
    return f"{{{', '.join(names)}}}"


def _instance(module: str, name: str, parameters: Mapping[str, int | str], ports: Mapping[str, str]) -> list[str]:
    values = [f".{key}({literal(value)})" for key, value in parameters.items()]
    nets = [f"        .{port}({net})" for port, net in ports.items()]
    chosen = f"#({', '.join(values)}) " if values else ""
    return [f"    {module} {chosen}{name} (", ",\n".join(nets), "    );"]


def _turned(source: str, width: int, elements: int) -> str:
    """The net with its elements in reverse order."""
    step = width // elements
    return _joined(f"{source}[{index * step}+:{step}]" for index in range(elements))


def _delay(source: str, sink: str, width: int, cycles: int) -> list[str]:
    """`sink` is `source` some cycles later; a reset clears what is on the way."""
    if cycles == 0:
        return [f"    assign {sink} = {source};"]
    bits, line = cycles * width, f"due_{sink}"
    shifted = f"{{{line}[{bits - width - 1}:0], {source}}}" if cycles > 1 else source
    return [
        f"    reg [{bits - 1}:0] {line};",
        f"    always @(posedge clk_i) {line} <= rst_ni ? {shifted} : {bits}'d0;",
        f"    assign {sink} = {line}[{bits - 1}:{bits - width}];",
    ]
