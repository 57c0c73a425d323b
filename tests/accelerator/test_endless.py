"""A stream that never ends gives what is wanted in each run; kinds that have other names elsewhere are explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import copied, refusal, simulated

pytestmark = pytest.mark.slow

VERILOG = """
module tiny(input clk, input rst_n, output v, input r, output [7:0] q);
    reg [2:0] at; reg [7:0] held [0:4];
    initial begin held[0] = 8'd7; held[1] = 8'd250; held[2] = 8'd0; held[3] = 8'd99; held[4] = 8'd1; end
    assign v = rst_n;
    assign q = held[at];
    always @(posedge clk) if (!rst_n) at <= 0; else if (v & r) at <= (at == 4) ? 0 : at + 1;
endmodule
"""
DUT = """
unit: accelerator
sources: tiny.v
top: tiny
clock: clk
reset: {port: rst_n, active: low}
ports:
  y: {kind: stream, valid: v, ready: r, data: q, endless: true}
out:
  - {port: y, file: y.npy, bits: 8, repeat: 2}
"""


def described(folder: Path, verilog: str = VERILOG, dut: str = DUT) -> Path:
    """The module, its description and its tensor in a folder."""
    (folder / "tiny.v").write_text(verilog)
    (folder / "dut.yaml").write_text(dut)
    np.save(folder / "y.npy", np.array([7, 250, 0, 99, 1]))
    return folder / "dut.yaml"


@pytest.mark.sample(3)
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_an_endless_stream(sim: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, described(tmp_path), sim_output, images=3, sim=sim)
    assert run.status == 0, run.text
    assert {s["tensors"][0]["compared"] for s in run.record["scenarios"]} == {30}


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("verilog", "dut", "text"),
    [
        (VERILOG, DUT.replace(", endless: true", ""), "words come before a run begins"),
        (
            VERILOG.replace("at == 4", "at == 3"),
            DUT,
            "y.npy[4]: expected 1 (0x01), actual 7 (0x07), difference +6; port",
        ),
        (VERILOG.replace("v = rst_n", "v = rst_n & ~(at == 3 & r)"), DUT, "port y: too few: 3 of 10 words came"),
    ],
)
def test_an_endless_stream_is_compared(
    verilog: str, dut: str, text: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, described(tmp_path, verilog, dut), sim_output, stall="none,none")
    assert run.status == 1
    assert text in run.text, run.text


@pytest.mark.parametrize(
    ("example", "before", "after", "text"),
    [
        (
            "axi_pool",
            "kind: axi_lite",
            "kind: apb",
            "dut.yaml:9: kind: 'apb' is not one of stream, wires, ram, memory, ",
        ),
        ("axi_pool", "kind: axi_lite", "kind: wishbone", ", probe: wrap the module, with a bridge to AXI4-Lite, or "),
        ("stream_cnn", "rx: {kind: stream", "rx: {kind: AXIS", ", probe: say stream, with valid, ready and data"),
        (
            "axi_pool",
            "axi4, prefix: m_axi_",
            "axi4, prefix: s_ctl_",
            "'s_ctl_awaddr' is an input; axi4 is a memory of o",
        ),
        (
            "axi_pool",
            "prefix: s_ctl_",
            "prefix: m_axi_",
            "is an output; axi_lite is for registers of the module: where",
        ),
        ("stream_cnn", "data: rx_word}", "data: rx_word, endless: true}", "endless: rx is no stream out of the module"),
        ("os_gemm", "package: digits_w8a8", "package: digit", "dut.yaml: package: 'digit' is not a package directory"),
    ],
)
def test_what_is_called_otherwise(example: str, before: str, after: str, text: str, tmp_path: Path) -> None:
    assert text in refusal(copied(example, tmp_path, ("dut.yaml", before, after)), tmp_path)
