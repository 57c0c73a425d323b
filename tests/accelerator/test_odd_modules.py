"""Legal modules as strangers write them: each passes as it is described, and fails with a fault in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import refusal, simulated

STREAMS = """
ports:
  i: {kind: stream, valid: v, ready: r, data: d}
  o: {kind: stream, valid: ov, data: od}
in: [{port: i, file: x.npy, bits: 8}]
out: [{port: o, file: x.npy, bits: 8}]
"""
CLOCKED = "clock: clk\nreset: {port: rst, active: high}\n"
PINS = "input clk, rst, v, output r, input [7:0] d, output reg ov, output reg [7:0] od"
COUNTS = "if (go) {busy, a, ph} <= {1'b1, 5'd0, 2'd0}; else if (busy) begin ph <= ph + 1; if (ph == 1) wen <= 4'd0;"
MODULES = {
    "no clock": (
        "module m(input [23:0] a, output [23:0] y); assign y = a + 24'h010203; endmodule",
        "clock: none\nreset: none\nports:\n  i: {kind: wires, data: a}\n"
        "  o: {kind: wires, data: y, after: i, latency: 0}\n"
        "in: [{port: i, words: 0x102030}]\nout: [{port: o, words: 0x112233}]\n",
        ("24'h010203", "24'h010204"),
    ),
    "a footer that nobody knows": (
        f"module m({PINS}); reg [4:0] n; reg [7:0] t; assign r = n < 24;\n"
        "always @(posedge clk) begin t <= t + 1; ov <= 0; if (v & r) begin ov <= 1; od <= d; n <= n + 1; end\n"
        "else if (n >= 24 & n < 26) begin ov <= 1; od <= t; n <= (n == 25) ? 0 : n + 1; end\n"
        "if (rst) begin n <= 0; t <= 0; end end endmodule",
        CLOCKED
        + STREAMS.replace("bits: 8}]\n", "bits: 8}, {port: o, any: 2}]\n").replace(
            "in: [{port: i, file: x.npy, bits: 8}, {port: o, any: 2}]", "in: [{port: i, file: x.npy, bits: 8}]"
        ),
        ("od <= d", "od <= d ^ (n == 23)"),
    ),
    "a memory's pins are low": (
        "module m(input clk, rst_n, go, output reg done_n, csn, output reg [3:0] wen, output reg [4:0] a,\n"
        "output [31:0] d, input [31:0] q); reg [1:0] ph; reg busy; assign d = q;\n"
        f"always @(posedge clk) begin done_n <= 1; csn <= 0; wen <= 15; {COUNTS}\n"
        "if (ph == 3) begin a <= a + 1; if (a == 5) {busy, done_n} <= 2'd0; end end\n"
        "if (!rst_n) {busy, wen, csn} <= 6'b011111; end endmodule",
        "clock: clk\nreset: {port: rst_n, active: low}\nports:\n"
        "  mem: {kind: memory, addr: a, rdata: q, we: ~wen, en: ~csn, wdata: d, words: 24}\n"
        "run: [{pulse: go}, {wait: {done_n: 0}, limit: 200}]\n"
        "in: [{port: mem, file: x.npy, at: 0, bits: 8}]\nout: [{port: mem, file: x.npy, at: 0, bits: 8}]\n",
        ("assign d = q", "assign d = q ^ (a == 4)"),
    ),
    "a RAM with four write enables": (
        "module m(input clk, go, output reg done, input cen, input [3:0] wea, input [4:0] a, input [31:0] di,\n"
        "output reg [31:0] dq); reg [31:0] mm [0:31]; integer k; initial done = 0;\n"
        "always @(posedge clk) begin done <= go; if (!cen) begin dq <= mm[a];\n"
        "for (k = 0; k < 4; k = k + 1) if (!wea[k]) mm[a][8*k+:8] <= di[8*k+:8]; end\n"
        "if (go) mm[3] <= mm[3]; end endmodule",
        "clock: clk\nreset: none\nports:\n  r: {kind: ram, en: ~cen, we: ~wea, addr: a, wdata: di, rdata: dq}\n"
        "run: [{pulse: go}, {wait: done, limit: 20}]\n"
        "in: [{port: r, file: x.npy, at: 0, bits: 8}]\nout: [{port: r, file: x.npy, at: 0, bits: 8}]\n",
        ("mm[3] <= mm[3]", "mm[3] <= ~mm[3]"),
    ),
    "it must be told when all has come": (
        "module m(input clk, rst, v, input [7:0] d, input fin, output reg ov, output reg [15:0] od); reg [15:0] s;\n"
        "always @(posedge clk) begin ov <= fin; od <= s; if (v) s <= s + {8'd0, d};\n"
        "if (rst | fin) s <= 0; end endmodule",
        CLOCKED + "ports:\n  i: {kind: stream, valid: v, data: d}\n  o: {kind: stream, valid: ov, data: od}\n"
        "run: [{send: i}, {sent: i}, {pulse: fin}]\nin: [{port: i, words: [1, 2, 3, 250], repeat: 9}]\n"
        "out: [{port: o, words: 2304}]\n",
        ("s + {8'd0, d}", "s + {8'd0, d} + (s == 1)"),
    ),
    "dollars, and the harness's own names": (
        "module m(input clk, rst, v$in, input [7:0] d$in, output reg ov, output reg [7:0] door_fd);\n"
        "always @(posedge clk) begin ov <= v$in & ~rst; door_fd <= d$in; end endmodule",
        CLOCKED
        + "ports:\n  clk: {kind: stream, valid: v$in, data: d$in}\n  out: {kind: stream, valid: ov, data: door_fd}\n"
        "in: [{port: clk, file: x.npy, bits: 8}]\nout: [{port: out, file: x.npy, bits: 8}]\n",
        ("<= d$in", "<= d$in | 8'd1"),
    ),
    "structs, and a text for a parameter": (
        "typedef struct packed { logic [7:0] hi, lo; } pair_t;\n"
        'module m #(parameter MODE = "not") (input clk, rst, v, input pair_t p, input logic [1:0][7:0] a,\n'
        "output logic ov, output logic [3:0][7:0] y); always_ff @(posedge clk) begin ov <= v & ~rst;\n"
        'y <= MODE == "as_is" ? {p.hi, p.lo, a} : 32\'d0; end endmodule',
        CLOCKED + "parameters: {MODE: '\"as_is\"'}\nports:\n  i: {kind: stream, valid: v, data: [a, p]}\n"
        "  o: {kind: stream, valid: ov, data: y}\n"
        "in: [{port: i, file: x.npy, bits: 8}]\nout: [{port: o, file: x.npy, bits: 8}]\n",
        ("{p.hi, p.lo, a}", "{p.lo, p.hi, a}"),
    ),
    "one bit a word, the first the highest": (
        f"module m({PINS.replace('[7:0] ', '')}); assign r = 1;\n"
        "always @(posedge clk) begin ov <= v & ~rst; od <= d; end endmodule",
        CLOCKED + STREAMS.replace("bits: 8}", "bits: 8, order: msb_first}"),
        ("od <= d", "od <= d & ~ov"),
    ),
    "ready only to a valid, and Z between": (
        "module m(input clk, rst, v, output r, input [7:0] d, output reg ov, output [7:0] od);\n"
        "reg t; reg [7:0] q; assign r = v & t, od = ov ? q : 8'bz;\n"
        "always @(posedge clk) begin t <= ~t; ov <= r; q <= d; if (rst) {t, ov} <= 2'd0; end endmodule",
        CLOCKED + STREAMS,
        ("ov <= r", "ov <= v"),
    ),
}


def written(folder: Path, name: str, before: str = "", after: str = "") -> Path:
    verilog, yaml, _ = MODULES[name]
    assert not before or verilog.count(before) == 1
    (folder / "m.sv").write_text(verilog.replace(before, after) if before else verilog)
    (folder / "dut.yaml").write_text(f"unit: accelerator\nsources: m.sv\ntop: m\n{yaml.strip()}\n")
    np.save(folder / "x.npy", np.random.default_rng(7).integers(-128, 128, 24))
    return folder / "dut.yaml"


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_an_odd_module_is_right_and_a_fault_in_it_is_found(
    name: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, written(tmp_path, name), sim_output, images=2, stall="p50")
    assert run.status == 0, run.text
    assert run.record["scenarios"][0]["tensors"][0]["compared"] > 0
    run = simulated(capsys, written(tmp_path, name, *MODULES[name][2]), sim_output, stall="none,none")
    assert run.status == 1, run.text


REFUSED = {
    "numbers beyond 63 bits": (
        "no clock",
        "words: 0x102030",
        "file: big.npy",
        "big.npy: 18446744073709551615 is beyond 63 b",
    ),
    "any on the way in": ("no clock", "words: 0x102030", "any: 1", "any: words of any value are for out"),
    "any with a layout": (
        "no clock",
        "words: 0x112233",
        'any: 1, layout: "a -> a"',
        "layout: words of any value have none",
    ),
    "any of none": ("no clock", "words: 0x112233", "any: 0", "any: 0 is outside 1..16777216"),
    "sent of an output": (
        "it must be told when all has come",
        "sent: i",
        "sent: o",
        "sent: o is no stream that words go",
    ),
    "a clock for no clock": ("no clock", "clock: none", "clock: nothing", "clock: m has no port 'nothing'"),
    "low pins that are not there": ("a memory's pins are low", "~csn", "~cen", "en: m has no port 'cen'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_one_line(case: str, tmp_path: Path) -> None:
    name, before, after, text = REFUSED[case]
    dut = written(tmp_path, name)
    np.save(tmp_path / "big.npy", np.array([2**64 - 1], np.uint64))
    assert dut.read_text().count(before) == 1
    dut.write_text(dut.read_text().replace(before, after))
    assert text in refusal(dut, tmp_path)
