"""The Verilog around an accelerator: clocks, resets, one driver or monitor a port, and what is done in each run.

It depends on the description alone. Which data, how many runs, how ports stall: files (`t2c.tb.accelerator.run_files`)
and plusargs (`t2c.tb.accelerator.scenario`).
"""

from __future__ import annotations

from collections.abc import Iterable

from t2c.tb.accelerator.axi_port import AxiLitePort
from t2c.tb.accelerator.clocks import module_head
from t2c.tb.accelerator.description import AcceleratorDescription
from t2c.tb.accelerator.pins import net_name
from t2c.tb.accelerator.port import DoorPort
from t2c.tb.accelerator.ram_port import RamPort
from t2c.tb.accelerator.stream_port import ProbePort, StreamPort
from t2c.tb.dut.ports import literal

TOP = "accelerator_harness"
RUNS, EVENTS = "runs.txt", "events.log"
RESET_CYCLES = 16
_FORMATS = {
    **dict.fromkeys(("words", "count", "accesses", "writes"), "%0d"),
    **dict.fromkeys(("address", "read_address", "write_address"), "0x%0h"),
}
"""Of what a report shows of a port; all else is bits."""

_HEAD = """\
// accelerator_harness: made from {name} by t2c. Simulation only.
`default_nettype none
`timescale 1ns/1ps

{head}
    localparam [2:0] RESET = 3'd0, SETTLE = 3'd1, FILE = 3'd2, LOAD = 3'd3, STEPS = 3'd4, DRAIN = 3'd5, QUIET = 3'd6,
                     READ = 3'd7;

    reg [2:0]  door_state = RESET;
    reg [31:0] door_cycle = 0, door_run = 0, door_step = 0, door_waited = 0, door_time = 0, door_abort = 0;
    reg [31:0] door_idle = 0, door_moved_q = 0, door_scale = 1, door_first = 32'hffffffff, door_last = 32'hffffffff;
    reg [31:0] door_turn = 0;
    reg        door_rst_n = 1'b0, door_flush = 1'b0, door_refused = 1'b0, door_fresh = 1'b1;
    reg [8*200-1:0] door_path;
    integer    door_fd, door_runs, door_got;
"""

_CONTROL = """
    task door_stuck;
        begin
            $fwrite(door_fd, "stuck %0d %0d %0d %0d %0d %0d\\n", door_run, door_cycle, door_state, door_step,
                    door_idle, door_refused);
{states}
            $fflush(door_fd);
            $finish;
        end
    endtask

    wire [31:0] door_moved = {moved};
    wire        door_done  = {done};
    wire        door_ready = {loaded};
    wire        door_read  = {read};
    wire        door_late  = (door_idle >= {limit});

    initial begin
        door_fd   = $fopen("{events}", "w");
        door_runs = $fopen("{runs}", "r");
        door_got  = $value$plusargs("scale=%d", door_scale);
        door_got  = $value$plusargs("wave_first=%d", door_first);
        door_got  = $value$plusargs("wave_last=%d", door_last);
{plusargs}
    end

`ifdef T2C_WAVES
    always @(posedge {clock}) begin
        if (door_cycle == door_first) begin
            if ($value$plusargs("wave_file=%s", door_path)) begin
                $dumpfile(door_path);
                $dumpvars(0, accelerator_harness);
            end
        end
        if (door_cycle == door_last) $dumpoff;
    end
`endif

    always @(posedge {clock}) begin
        door_cycle   <= door_cycle + 1;
        door_time    <= door_time + 1;
        door_waited  <= door_waited + 1;
        door_moved_q <= door_moved;
        door_idle    <= (door_moved == door_moved_q) ? door_idle + 1 : 0;
        case (door_state)
            RESET: if (door_waited >= {reset_cycles}) begin
                door_rst_n  <= 1'b1;
                door_flush  <= 1'b0;
                door_waited <= 0;
                door_state  <= SETTLE;
            end
            SETTLE: if (door_waited >= {settle_cycles}) door_state <= FILE;
            FILE: begin
                door_got = $fscanf(door_runs, "%d %d", door_abort, door_turn);
                if (door_got != 2) begin
                    $fwrite(door_fd, "end %0d\\n", door_cycle);
                    $fflush(door_fd);
                    $finish;
                end
{wanted}
                door_run    <= door_run + 1;
                door_waited <= 0;
                door_idle   <= 0;
                door_step   <= 0;
                door_state  <= LOAD;
            end
            LOAD: begin
{load_parts}
                if (door_waited > {settle_cycles} & door_ready) begin
                    $fwrite(door_fd, "go %0d %0d\\n", door_run, door_cycle);
                    door_time   <= 0;
                    door_waited <= 0;
                    door_idle   <= 0;
                    door_state  <= STEPS;
{send_all}
                end else if (door_late) door_stuck;
            end
            STEPS: begin
                case (door_step)
{steps}
                    default: begin
                        door_state <= DRAIN;
                        door_idle  <= 0;
                    end
                endcase
                if (door_refused) door_stuck;
            end
            DRAIN: begin
                if (door_done) begin
                    door_state  <= QUIET;
                    door_waited <= 0;
                    $fwrite(door_fd, "done %0d %0d\\n", door_run, door_cycle);
                end else if (door_late) door_stuck;
            end
            QUIET: if (door_waited >= {quiet}) begin
                door_state  <= READ;
                door_waited <= 0;
                door_idle   <= 0;
            end
            READ: begin
{read_parts}
                if (door_waited > {settle_cycles} & door_read) begin
                    $fwrite(door_fd, "left %0d %0d\\n", door_run, door_cycle);
                    door_fresh <= 1'b0;
{unsend}
                    door_state <= FILE;
                end else if (door_late) door_stuck;
            end
        endcase
        if (door_state >= STEPS & door_abort != 0 & door_time + 1 >= door_abort) begin
            $fwrite(door_fd, "abort %0d %0d\\n", door_run, door_cycle);
            door_abort   <= 0;
            door_fresh   <= 1'b1;
            door_rst_n   <= 1'b0;
            door_flush   <= 1'b1;
            door_waited  <= 0;
            door_refused <= 1'b0;
            door_state   <= RESET;
{unsend}
{clear}
        end
    end
"""


def harness_text(description: AcceleratorDescription) -> str:
    """The harness of an accelerator in Verilog."""
    return _Harness(description).text()


class _Harness:
    def __init__(self, description: AcceleratorDescription) -> None:
        self.d = description
        self.ports = list(description.ports.values())
        self.streams = [port for port in self.ports if isinstance(port, StreamPort)]
        self.sources = [port for port in self.streams if port.loads]
        self.rams = [port for port in self.ports if isinstance(port, RamPort)]
        self.clock = f"clk_{next(iter(description.clocks))}"

    def text(self) -> str:
        head = _HEAD.format(name=self.d.path.name, head=module_head(TOP, self.d.clocks))
        parts = [head, self._declarations(), self._device()]
        parts += [self._also()]
        parts += [f"\n    // {port.name}: {port.kind}\n{port.instance()}" for port in self.ports]
        return "".join([*parts, self._control(), "\nendmodule\n\n`default_nettype wire\n"])

    def _declarations(self) -> str:
        lines: list[str] = []
        for port in self.ports:
            lines += port.declared
            lines += [f"    reg [7:0] {port.wire('profile')} = 0;", f"    reg [15:0] {port.wire('blocked')} = 0;"]
            lines += [f"    reg [31:0] {port.wire('seed')} = 1;"]
        for port in self.sources:
            lines += [f"    reg {port.wire('sent')} = 1'b0;"]
            lines += [f"    wire {port.wire('go')} = (door_state >= STEPS) & {port.wire('sent')};"]
        lines += [f"    reg [{width - 1}:0] pin_{net_name(pin)} = 0;" for pin, width in self.d.steps.pins.items()]
        for theirs, width in self.d.steps.watched.items():
            lines += [f"    wire [{width - 1}:0] out_{net_name(theirs)};"]
            lines += self._watched(theirs)
        return "\n" + "\n".join(lines) + "\n"

    def _watched(self, theirs: str) -> list[str]:
        """An output that a port has too is one wire for both."""
        owner = next((port for port in self.ports if theirs in port.wires), None)
        return [f"    assign out_{net_name(theirs)} = {owner.wires[theirs]};"] if owner else []

    def _device(self) -> str:
        pins: dict[str, str] = {name: f"clk_{name}" for name in self.d.clocks if name in self.d.module.ports}
        pins |= {reset.port: "door_rst_n" if reset.active == "low" else "~door_rst_n" for reset in self.d.resets}
        pins |= {name: f"{self.d.module.ports[name].width}'d{value}" for name, value in self.d.ties.items()}
        pins |= {name: f"pin_{net_name(name)}" for name in self.d.steps.pins}
        pins |= {name: f"out_{net_name(name)}" for name in self.d.steps.watched}
        pins |= self._pins_of_ports()
        connected, lines = self.d.pins.whole(pins)
        wires = ",\n        ".join(f".{theirs}({ours})" for theirs, ours in connected.items())
        sets = ", ".join(f".{name}({literal(value)})" for name, value in self.d.parameters.items())
        made = "".join(f"{line}\n" for line in lines)
        return f"\n{made}    {self.d.top} {f'#({sets}) ' if sets else ''}i_dut (\n        {wires}\n    );\n"

    def _pins_of_ports(self) -> dict[str, str]:
        """Their port -> wire of the first port of ours that has it."""
        found: dict[str, str] = {}
        for port in self.ports:
            found |= {theirs: wire for theirs, wire in port.wires.items() if theirs not in found}
        return found

    def _also(self) -> str:
        """An output that several ports of ours have is one wire for all."""
        first = self._pins_of_ports()
        wires = [(wire, first[theirs]) for port in self.ports for theirs, wire in port.wires.items()]
        return "".join(f"    assign {wire} = {source};\n" for wire, source in wires if wire != source)

    def _control(self) -> str:
        slowest = max(self.d.clocks.values()) // next(iter(self.d.clocks.values())) + 1
        sinks = [port for port in self.streams if port.gives]
        by_step = self.d.steps.by_step
        loaded = [port for port in self.rams if ("load", port.name) not in by_step]
        read = [port for port in self.rams if ("read", port.name) not in by_step]
        late = [port for port in self.sources if ("send", port.name) in by_step]
        at_once = [port for port in self.sources if port not in late]
        lite = [port for port in self.ports if isinstance(port, AxiLitePort)]
        return _CONTROL.format(
            states="\n".join(self._state(port) for port in self.ports),
            moved=" + ".join(port.wire("count") for port in self.ports) or "0",
            done=" & ".join(port.done for port in self.ports) or "1'b1",
            loaded=_all(port.loaded for port in self.ports if not isinstance(port, RamPort) or port in loaded),
            read=_all(port.loaded for port in read),
            limit=self.d.limit,
            events=EVENTS,
            runs=RUNS,
            plusargs="\n".join(self._plusargs(port) for port in self.ports),
            clock=self.clock,
            reset_cycles=RESET_CYCLES * slowest,
            settle_cycles=4 * slowest,
            wanted="\n".join(
                f'                door_got = $fscanf(door_runs, "%d", {port.wire("wanted")});' for port in sinks
            ),
            load_parts="\n".join(f"                {port.wire('part')} <= 2 * door_run - 1;" for port in loaded),
            read_parts="\n".join(f"                {port.wire('part')} <= 2 * door_run;" for port in read),
            send_all="\n".join(f"                    {port.wire('sent')} <= 1'b1;" for port in at_once),
            unsend="\n".join(f"                    {port.wire('sent')} <= 1'b0;" for port in self.sources),
            clear="\n".join(
                [f"            pin_{net_name(name)} <= 0;" for name in self.d.steps.pins]
                + [f"            {port.wire('go')} <= 1'b0;" for port in lite]
                + [f"            {port.wire('part')} <= 2 * door_run;" for port in self.rams]
            ),
            steps="\n".join(
                f"                    {number}: if (door_waited >= {step.limit} * door_scale) door_stuck;\n"
                f"                    else begin {step.verilog} end"
                for number, step in enumerate(self.d.steps.steps)
            ),
            quiet=self.d.quiet,
        )

    def _state(self, port: DoorPort) -> str:
        shown = list(port.state())
        labels = " ".join(f"{label}={_FORMATS.get(label, '%b')}" for label, _ in shown)
        values = "".join(f", {wire}" for _, wire in shown)
        return f'            $fwrite(door_fd, "state {port.name} {labels}\\n"{values});'

    def _plusargs(self, port: DoorPort) -> str:
        lines = []
        for part in ("profile", "blocked", "seed"):
            lines.append(f'        door_got  = $value$plusargs("{port.name}.{part}=%d", {port.wire(part)});')
        if isinstance(port, ProbePort):
            return ""
        return "\n".join(lines)


def _all(conditions: Iterable[str]) -> str:
    return " & ".join(conditions) or "1'b1"
