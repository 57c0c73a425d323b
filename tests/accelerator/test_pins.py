"""Bits of a vector, elements of an unpacked array and such arrays are ports like any; files that a module reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import refusal, simulated

pytestmark = pytest.mark.slow

VERILOG = """
module tiny #(parameter LOW = "none") (
    input logic clk, input logic rst_n, input logic [7:0] ctl, input logic signed [7:0] x [0:2],
    input logic [3:0] y [1:0], output logic [7:0] status, output logic [9:0] sums [2:0]
);
    logic [7:0] low [0:2]; logic [7:0] high [0:2]; logic go, valid; reg [8*64-1:0] name;
    initial begin
        $readmemh(LOW, low);
        if ($value$plusargs("high=%s", name)) $readmemh(name, high);
    end
    assign status = {2'b0, valid, ctl[5], 3'b0, go};
    always_ff @(posedge clk) begin
        valid <= ctl[2] & go;
        if (ctl[7]) go <= 1;
        for (int k = 0; k < 3; k++)
            sums[k] <= 10'(x[k]) + 10'(low[k]) + 10'(high[k]) + (k < 2 ? 10'(y[k]) : 10'd0);
        if (!rst_n) begin go <= 0; valid <= 0; end
    end
endmodule
"""
DUT = """
unit: accelerator
sources: tiny.sv
top: tiny
parameters: {LOW: "{here}/low.hex"}
files: [tables/high.hex]
plusargs: {high: tables/high.hex}
clock: clk
reset: {port: rst_n, active: low}
tie: {"ctl[6]": 0, "ctl[5:3]": 4, "ctl[1:0]": 0}
ports:
  x: {kind: stream, valid: "ctl[2]", data: {x: x, upper: "y[1]", lower: "y[0]"}}
  y: {kind: stream, valid: "status[5]", data: [sums, "status[4]"]}
in:
  - {port: x.x, file: x.npy, bits: 8, layout: "n k -> n (k)"}
  - {port: x.upper, file: y.npy, bits: 4}
  - {port: x.lower, words: 3, repeat: 6}
run:
  - pulse: ctl[7]
  - wait: status[0]
  - send: x
out:
  - {port: y, file: z.npy, bits: 10, lanes: 3, layout: "n k -> n (k)"}
"""
X = np.arange(18).reshape(6, 3) * 13 % 256 - 128
Y = np.arange(6) + 7
LOW, HIGH = np.array([1, 2, 200]), np.array([90, 70, 5])


def described(folder: Path, *changes: tuple[str, str]) -> Path:
    """The module, its description with changes, its tables and tensors in a folder."""
    text = DUT
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / "tables").mkdir()
    for name, values in (("low.hex", LOW), ("tables/high.hex", HIGH)):
        (folder / name).write_text("".join(f"{value:02x}\n" for value in values))
    (folder / "tiny.sv").write_text(VERILOG)
    (folder / "dut.yaml").write_text(text)
    sums = X + LOW + HIGH + np.stack([np.full(6, 3), Y, np.zeros(6, int)], 1)
    for name, tensor in (("x", X), ("y", Y), ("z", sums)):
        np.save(folder / f"{name}.npy", tensor)
    return folder / "dut.yaml"


@pytest.mark.sample(3)
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_parts_of_ports_and_files_of_the_module(
    sim: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, described(tmp_path), sim_output, images=2, sim=sim)
    assert run.status == 0, run.text
    assert run.record["scenarios"][0]["tensors"][0]["compared"] == 36
    (tmp_path / "tables" / "high.hex").write_text("5a\n46\n06\n")
    run = simulated(capsys, tmp_path / "dut.yaml", sim_output, sim=sim, stall="none,none")
    assert "z.npy[0, 2]: expected 103 (0x067), actual 104 (0x068), difference +1; port y, word 0, lane 2" in run.text


REFUSED = {
    "beyond": ('"ctl[2]"', '"ctl[8]"', "dut.yaml:12: valid: tiny's 'ctl' has bits 7 to 0, and no 'ctl[8]'"),
    "no element": ('"y[1]"', '"y[2]"', "upper: tiny's 'y' has elements 1 to 0, and no 'y[2]'"),
    "backwards": ('"ctl[5:3]"', '"ctl[3:5]"', "dut.yaml:10: ctl[3:5]: tiny's 'ctl' has bits 7 to 0, and no 'ctl[3:5]'"),
    "twice": ('"ctl[6]": 0', '"ctl[6:5]": 0', "tie: 'ctl[5:3]' stands under tie too"),
    "one bit open": ('"ctl[6]": 0, ', "", "ports: bit 6 of input 'ctl' of tiny ("),
    "an element open": (', lower: "y[0]"', "", "ports: bit 3 of input 'y' of tiny ("),
    "no such file": ("files: [tables", "files: [table", "files: no file 'table/high.hex' beside this description"),
    "a file elsewhere": ("files: [tables", "files: [../tables", "leads out of the description's folder"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_part_is_one_line(case: str, tmp_path: Path) -> None:
    before, after, text = REFUSED[case]
    changes = [(before, after)]
    if case == "an element open":
        changes.append(("  - {port: x.lower, words: 3, repeat: 6}\n", ""))
    assert text in refusal(described(tmp_path, *changes), tmp_path)
