"""Several ports on one memory of ours: what one writes the other reads, and tensors are placed once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.accelerator.door import refusal, simulated

DUTS = Path(__file__).parent / "duts"


def twins(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """A module with two ports on one memory, in another folder, changed: file, what stands there once, what comes."""
    for name in ("twin_ports.v", "twin_ports.yaml"):
        shutil.copy(DUTS / name, folder)
    for name, before, after in changes:
        text = (folder / name).read_text()
        assert text.count(before) == 1, before
        (folder / name).write_text(text.replace(before, after))
    return folder / "twin_ports.yaml"


@pytest.mark.sample(9)
@pytest.mark.slow
@pytest.mark.parametrize("case", [f"{d} {s}" for s in ("icarus", "verilator") for d in ("twin_ports", "burst_twins")])
def test_what_one_port_writes_the_other_reads(case: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, sim = case.split()
    run = simulated(capsys, DUTS / f"{name}.yaml", sim_output, images=2, sim=sim, stall="p50")
    assert run.status == 0, run.text


FAULTS = {
    "it reads its neighbour": ("second ? 8'd127 - at", "second ? 8'd127 - (at ^ 7'd1)", "input[0, 7, 6]: expected "),
    "it writes over its input": (
        "late_second ? 8'd128 : 8'd64",
        "late_second ? 8'd128 : 8'd32",
        "port q: 32 writes where it",
    ),
    "outside": (
        "late_second ? 8'd128",
        "late_second ? 8'd192",
        "port q: write outside the memory, address 0xc0; cycle",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_behind_two_ports_is_named(
    fault: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, text = FAULTS[fault]
    dut = twins(tmp_path, ("twin_ports.v", before, after))
    run = simulated(capsys, dut, sim_output, stall="none,none")
    assert run.status == 1
    assert text in run.text, run.text
    assert "over input" in run.text or "input to" not in fault


BOTH = """\
module both(input clk, input rst, input go, output reg done, output reg [7:0] a, output reg we, output [7:0] d, e);
    assign d = a ^ 8'd1, e = {1};
    always @(posedge clk) begin
        done <= we & a == 8'd63;
        if (go) {{a, we}} <= {{8'd0, 1'b1}}; else if (we) a <= a + 8'd1;
        if (a == 8'd63 | rst) we <= 1'b0;
    end
endmodule
"""


@pytest.mark.slow
@pytest.mark.parametrize("same", [True, False])
def test_two_ports_may_not_write_one_word_differently_at_once(
    same: bool, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "both.v").write_text(
        BOTH.replace("{1}", "d" if same else "8'd9 ^ d").replace("{{", "{").replace("}}", "}")
    )
    np.save(tmp_path / "x.npy", np.arange(64) ^ 1)
    (tmp_path / "dut.yaml").write_text(
        "unit: accelerator\nsources: both.v\ntop: both\nclock: clk\nreset: {port: rst, active: high}\n"
        "ports:\n  p: {kind: memory, waddr: a, we: we, wdata: d, words: 64}\n"
        "  q: {kind: memory, waddr: a, we: we, wdata: e, shares: p}\n"
        "run: [{pulse: go}, {wait: done, limit: 100}]\nout: [{port: q, file: x.npy, at: 0, bits: 8}]\n"
    )
    run = simulated(capsys, tmp_path / "dut.yaml", sim_output, stall="none,none")
    assert (run.status == 0) == same, run.text
    assert ("two ports write different data into word 0x0; cycle" in run.text) != same


YAML = "twin_ports.yaml"
REFUSED = {
    "nothing": ("shares: p", "shares: x", "shares: x is no port on a memory of ours"),
    "itself by another": (
        "rdata: p_rdata, words: 192",
        "rdata: p_rdata, shares: q",
        "shares: q shares the memory of p; name",
    ),
    "its size": ("shares: p", "shares: p, words: 64", "words: that of p, which it shares; leave it out"),
    "two places": ("at: 128", "at: 100", "at: input in 0x64..0xa3 overlaps input in 0x40..0x7f"),
    "outside": ("at: 128", "at: 129", "at: input lies in 0x81..0xc0; p has 0x0..0xbf"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shared_is_one_line(case: str, tmp_path: Path) -> None:
    before, after, text = REFUSED[case]
    assert text in refusal(twins(tmp_path, (YAML, before, after)), tmp_path)


def test_ports_of_unlike_width_share_nothing(tmp_path: Path) -> None:
    dut = twins(
        tmp_path,
        ("twin_ports.v", "output reg [7:0]  q_wdata", "output reg [15:0] q_wdata"),
    )
    wanted = "shares: q is memory of 16 bits in 1 strobes, p is memory of 8 bits in 1 strobes; they have to be alike"
    assert wanted in refusal(dut, tmp_path)
