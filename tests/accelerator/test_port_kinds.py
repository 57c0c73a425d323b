"""Every kind of port and step on small modules, with tensors of files: right as described, wrong where one is off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import refusal, simulated
from tests.campaign import crossed

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Small:
    """A module in Verilog, the rest of its description, and its tensors by file."""

    verilog: str
    ports: str
    tensors: dict[str, np.ndarray]


A = np.arange(-60, 60, 5).reshape(4, 6)
B = np.arange(24)[::-1].reshape(4, 6) - 7

MEMORY = Small(
    verilog="""
module tiny(input clk, input rst_n, input go, output reg done, output reg [5:0] addr, output reg we,
             output reg [3:0] strb, output reg [31:0] wdata, input [31:0] rdata);
    reg [3:0] word; reg [1:0] phase; reg busy; reg [31:0] held;
    integer k;
    always @(posedge clk) begin
        we <= 0;
        if (go) begin busy <= 1; word <= 0; phase <= 0; done <= 0; end
        else if (busy) begin
            phase <= phase + 1;
            case (phase)
                0: addr <= word;
                2: begin
                    for (k = 0; k < 4; k = k + 1) wdata[8*k +: 8] <= rdata[8*k+7] ? 8'd0 : rdata[8*k +: 8];
                    addr <= 32 + word; we <= 1; strb <= 4'b0101; held <= rdata;
                end
                3: begin
                    we <= 1; strb <= 4'b1010;
                    word <= word + 1; phase <= 0;
                    if (word == 5) begin busy <= 0; done <= 1; end
                end
            endcase
        end
        if (!rst_n) begin busy <= 0; done <= 0; we <= 0; word <= 0; end
    end
endmodule""",
    ports="""
clock: clk
reset: {port: rst_n, active: low}
ports:
  m: {kind: memory, addr: addr, we: we, strb: strb, wdata: wdata, rdata: rdata, latency: 1, words: 48}
in:
  - {port: m, file: a.npy, bits: 8, at: 0}
run:
  - pulse: go
  - wait: {done: 1}
out:
  - {port: m, file: y.npy, bits: 8, at: 32}
""",
    tensors={"a": A, "y": np.maximum(A, 0)},
)
WIRES = Small(
    verilog="""
module tiny(input clk, input [31:0] a0, input [15:0] a1, input [47:0] b, output reg [53:0] y);
    reg [53:0] first; integer k; wire [47:0] a = {a1, a0};
    always @(posedge clk) begin
        for (k = 0; k < 6; k = k + 1)
            first[9*k +: 9] <= {a[8*k+7], a[8*k +: 8]} + {b[8*k+7], b[8*k +: 8]};
        y <= first;
    end
endmodule""",
    ports="""
clock: clk
reset: none
ports:
  a: {kind: wires, data: [a0, a1]}
  b: {kind: wires, data: b}
  y: {kind: wires, data: y, after: a, latency: 2}
in:
  - {port: a, file: a.npy, bits: 8}
  - {port: b, file: b.npy, bits: 8}
out:
  - {port: y, file: y.npy, bits: 9}
""",
    tensors={"a": A[1], "b": B[1], "y": A[1] + B[1]},
)
FIELDS = Small(
    verilog="""
module tiny(input clk, input rst, input v, output r, input [7:0] x, input [15:0] w, output reg ov, input ordy,
             output reg [7:0] high, output reg [15:0] sum, input [1:0] mode);
    assign r = ~ov | ordy;
    wire signed [15:0] product = $signed(x) * $signed(w[7:0]);
    always @(posedge clk) begin
        if (v & r) begin
            ov <= 1; sum <= product + $signed(w[15:8]) + $signed({1'b0, mode}); high <= x;
        end else if (ordy) ov <= 0;
        if (rst) ov <= 0;
    end
endmodule""",
    ports="""
clock: clk
resets: {rst: high}
ports:
  x: {kind: stream, valid: v, ready: r, data: {left: x, right: w}}
  y: {kind: stream, valid: ov, ready: ordy, data: {high: high, sum: sum}}
in:
  - {port: x.left, file: a.npy, bits: 8, layout: "a b -> b a"}
  - {port: x.right, file: b.npy, bits: 8, slot: 16, repeat: 1, layout: "a b -> b a"}
run:
  - set: {mode: 2}
  - delay: 5
  - send: x
out:
  - {port: y.high, file: a.npy, bits: 8, layout: "a b -> b a"}
  - {port: y.sum, file: y.npy, bits: 16, layout: "a b -> b a"}
""",
    tensors={"a": A, "b": B, "y": A * B + np.where(B < 0, -1, 0) + 2},
)
SERIAL = Small(
    verilog="""
module tiny(input clk, input rst, input v, output r, input l, input [7:0] d, output reg ov, input ordy,
             output reg ol, output reg [7:0] q);
    assign r = ~ov | ordy;
    always @(posedge clk) begin
        if (v & r) begin ov <= 1; ol <= l; q <= d; end
        else if (ordy) ov <= 0;
        if (rst) ov <= 0;
    end
endmodule""",
    ports="""
clock: clk
reset: {port: rst, active: high}
ports:
  x: {kind: stream, valid: v, ready: r, last: l, data: d}
  y: {kind: stream, valid: ov, ready: ordy, last: ol, data: q}
in:
  - {port: x, file: a.npy, bits: 24, order: msb_first, last: 18}
  - {port: x, file: b.npy, bits: 4, order: msb_first, repeat: 2, last: end}
out:
  - {port: y, file: a.npy, bits: 24, order: msb_first, last: 18}
  - {port: y, file: b.npy, bits: 4, order: msb_first, repeat: 2, last: end}
""",
    tensors={"a": A * 1000, "b": A % 8},
)
CLOCKS = Small(
    verilog="""
`timescale 100ps/10fs
module tiny(input fast, input slow, input rst_n, input v, output r, input [7:0] d, output reg ov, input ordy,
             output reg [7:0] q);
    reg ask = 0, answer = 0; reg [1:0] ask_s = 0, answer_s = 0; reg [7:0] held;
    assign r = (ask == answer_s[1]);
    always @(posedge fast) begin
        answer_s <= {answer_s[0], answer};
        if (v & r) begin held <= d; ask <= ~ask; end
        if (!rst_n) begin ask <= 0; answer_s <= 0; end
    end
    always @(posedge slow) begin
        ask_s <= {ask_s[0], ask};
        if (ov & ordy) begin ov <= 0; answer <= ask_s[1]; end
        else if (!ov & ask_s[1] != answer) begin ov <= #15 1; q <= #15 held; end
        if (!rst_n) begin ov <= 0; answer <= 0; ask_s <= 0; end
    end
endmodule""",
    ports="""
clocks: {fast: 4, slow: 7}
reset: {port: rst_n, active: low}
ports:
  x: {kind: stream, valid: v, ready: r, data: d}
  y: {kind: stream, valid: ov, ready: ordy, data: q, clock: slow}
in:
  - {port: x, file: a.npy, bits: 8}
out:
  - {port: y, file: a.npy, bits: 8}
""",
    tensors={"a": A},
)
BANKS = Small(
    verilog="""
module tiny(input clk, input rst_n, input [4:0] addr, input en, input we, input [7:0] wdata, output reg [7:0] rdata,
             input bank, output busy);
    reg [7:0] lower [0:31]; reg [7:0] upper [0:31];
    assign busy = 0;
    always @(posedge clk) if (en) begin
        if (we & bank) upper[addr] <= wdata;
        if (we & ~bank) lower[addr] <= wdata;
        rdata <= bank ? upper[addr] : lower[addr];
    end
endmodule""",
    ports="""
clock: clk
reset: {port: rst_n, active: low}
ports:
  m: {kind: ram, addr: addr, en: en, we: we, wdata: wdata, rdata: rdata, latency: 1}
in:
  - {port: m, file: a.npy, bits: 8, at: 3}
run:
  - set: {bank: 1}
  - load: m
  - {wait: {busy: 0}, limit: 20}
  - read: m
out:
  - {port: m, file: a.npy, bits: 8, at: 3}
""",
    tensors={"a": A},
)
MODULES = {"memory": MEMORY, "wires": WIRES, "fields": FIELDS, "serial": SERIAL, "clocks": CLOCKS, "banks": BANKS}


def written(folder: Path, small: Small, *changes: tuple[str, str]) -> Path:
    """The module and its description in a folder."""
    verilog, ports = small.verilog, small.ports
    for before, after in changes:
        assert (verilog + ports).count(before) == 1, before
        verilog, ports = verilog.replace(before, after), ports.replace(before, after)
    (folder / "tiny.v").write_text(verilog + "\n")
    (folder / "dut.yaml").write_text(f"unit: accelerator\nsources: tiny.v\ntop: tiny{ports}")
    for name, values in small.tensors.items():
        np.save(folder / f"{name}.npy", values)
    return folder / "dut.yaml"


@pytest.mark.parametrize(("name", "sim"), crossed(MODULES, ["icarus", "verilator"], every=6))
def test_a_module_is_right(
    name: str, sim: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, written(tmp_path, MODULES[name]), sim_output, images=3, sim=sim)
    assert run.status == 0, run.text
    assert "model " not in run.text
    for scenario in run.record["scenarios"]:
        assert all(count["compared"] and not count["wrong"] + count["missing"] for count in scenario["tensors"])


WRONG = {
    "memory: a strobe too few": (
        MEMORY,
        ("strb <= 4'b1010", "strb <= 4'b1000"),
        "6 of 24 elements of y.npy were never ",
    ),
    "memory: out of it": (
        MEMORY,
        ("addr <= 32 + word", "addr <= 48 + word"),
        "port m: write outside the memory, address 0x30",
    ),
    "memory: over its input": (
        MEMORY,
        ("addr <= 32 + word", "addr <= word"),
        "the first to address 0x0, over a.npy; cycle ",
    ),
    "memory: content that is none": (
        MEMORY,
        ("0: addr <= word", "0: addr <= word + 20"),
        "actual 8'bxxxxxxxx; port m, ",
    ),
    "wires: one cycle early": (WIRES, ("latency: 2", "latency: 1"), "y.npy[0]: expected "),
    "wires: one element": (WIRES, ("y <= first;", "y <= first ^ (54'd1 << 40);"), "y.npy[4]: expected "),
    "fields: one of them": (FIELDS, ("high <= x;", "high <= x ^ (x == 8'd5);"), "port y, word "),
    "fields: a pin that is not set": (FIELDS, ("  - set: {mode: 2}\n", ""), None),
    "serial: bytes the other way": (
        SERIAL,
        (
            "  - {port: y, file: a.npy, bits: 24, order: msb_first, last: 18}",
            "  - {port: y, file: a.npy, bits: 24, last: 18}",
        ),
        "a.npy[0, 0]: expected -60000 (0xff15a0), actual ",
    ),
    "serial: packets of another size": (
        SERIAL,
        (
            "  - {port: y, file: a.npy, bits: 24, order: msb_first, last: 18}",
            "  - {port: y, file: a.npy, bits: 24, order: msb_first, last: 24}",
        ),
        "last is early at word 17 of 96; it belongs to word 23",
    ),
    "clocks: a word at the wrong clock": (CLOCKS, ("data: q, clock: slow}", "data: q}"), "port y: "),
    "banks: the other bank": (BANKS, ("we & ~bank", "we"), ""),
    "banks: an address off": (BANKS, ("upper[addr] : lower", "upper[addr ^ 1] : lower"), "port m, address 0x3; cycle "),
    "banks: read too early": (BANKS, ("latency: 1}", "latency: 0}"), "port m, address 0x"),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", WRONG)
def test_a_module_is_wrong(name: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, change, text = WRONG[name]
    if text is None:
        assert "input 'mode' of tiny (" in refusal(written(tmp_path, small, change), tmp_path)
        return
    run = simulated(capsys, written(tmp_path, small, change), sim_output, stall="none,none")
    if not text:
        assert run.status == 0, "what no one reads may be anything"
        return
    assert run.status == 1, run.text
    assert text in run.text, run.text


def test_fields_of_one_word_have_as_many_words(tmp_path: Path) -> None:
    dut = written(tmp_path, FIELDS, ("slot: 16, repeat: 1", "slot: 16, repeat: 2"))
    assert "ports: x: fields of one word differ in how many words they have: left 24, right 48" in refusal(
        dut, tmp_path
    )
