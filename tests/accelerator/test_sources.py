"""Whether sources are Verilog is for the simulator to say; what no simulator takes is one line with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import refusal, simulated

pytestmark = pytest.mark.slow

VERILOG = """
module tiny(input logic clk, input logic v, input logic [7:0] d, output logic ov, output logic [7:0] q);
    wire take = v & free;
    logic free = 1;
    always_ff @(posedge clk) begin
        LINE
        ov <= take;
    end
endmodule
"""
PLAIN = "q <= d + 8'd1;"
INFERRED = "automatic type(q) next = d + 8'd1; q <= next;"
"""Verilator takes it, Icarus and the standard do not."""
DUT = """
unit: accelerator
sources: tiny.sv
top: tiny
clock: clk
reset: none
ports:
  x: {kind: stream, valid: v, data: d}
  y: {kind: stream, valid: ov, data: {low: q}}
in:
  - {port: x, file: a.npy, bits: 8}
out:
  - {port: y.low, file: y.npy, bits: 8}
"""
A = np.arange(-5, 5)


def described(folder: Path, line: str) -> Path:
    """The module with a line, and its description, in a folder."""
    (folder / "tiny.sv").write_text(VERILOG.replace("LINE", line))
    (folder / "dut.yaml").write_text(DUT)
    np.save(folder / "a.npy", A)
    np.save(folder / "y.npy", A + 1)
    return folder / "dut.yaml"


@pytest.mark.sample(3)
@pytest.mark.parametrize(("sim", "line"), [("icarus", PLAIN), ("verilator", INFERRED)])
def test_what_a_simulator_takes_is_run(
    sim: str, line: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, described(tmp_path, line), sim_output, stall="none,none", sim=sim)
    assert run.status == 0, run.text
    assert ["y.npy", "y.low", "10", "0", "0"] in [line.split() for line in run.text.splitlines()]


def test_what_no_simulator_takes_has_its_place(tmp_path: Path, sim_output: Path) -> None:
    text = refusal(described(tmp_path, "q <= d + 8'd1"), sim_output, sim="verilator")
    assert "tiny.sv:6: expected ';'; verilator does not take it either" in text


def test_what_icarus_does_not_take(tmp_path: Path, sim_output: Path) -> None:
    text = refusal(described(tmp_path, INFERRED), sim_output)
    assert "tiny.sv:6: a type reference" in text
    assert text.endswith("; icarus does not take it either; SIM=verilator takes more of SystemVerilog")


@pytest.mark.parametrize(("line", "where"), [("output logic ov", "output nothing ov"), ("logic clk", "logic clk clk")])
def test_ports_must_be_known(line: str, where: str, tmp_path: Path) -> None:
    dut = described(tmp_path, PLAIN)
    text = (tmp_path / "tiny.sv").read_text()
    (tmp_path / "tiny.sv").write_text(text.replace(line, where))
    assert "tiny.sv:2: " in refusal(dut, tmp_path)


@pytest.mark.sample(3)
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_what_a_module_says_when_it_stops(
    sim: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = "q <= d + 8'd1; if (v & d == 8'hff) begin $display(\"Error: 255 is too much\"); $finish; end"
    run = simulated(capsys, described(tmp_path, stop), sim_output, stall="none,none", sim=sim)
    assert run.status == 1
    assert "before the harness ended it ($finish?); it printed: Error: 255 is too much" in run.text
