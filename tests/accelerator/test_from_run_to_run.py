"""What differs from run to run: buffers and registers that take turns, what goes in once, layouts of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accelerator.door import copied, refusal, simulated

DUTS = Path(__file__).parent / "duts"
TURNS = (
    ("dut.yaml", "tensor: conv3, at: 0x80000100", "tensor: conv3, at: [0x80000100, 0x80000900]"),
    ("dut.yaml", "tensor: max_pool, at: 0x80001002", "tensor: max_pool, at: [0x80001002, 0x80001802, 0x80001c02]"),
    (
        "dut.yaml",
        "  - write: {0x10: 0x80000100, 0x14: 0x80001002, 0x18: 32}\n",
        "  - {write: {0x18: 32}, once: true}\n"
        "  - write: {0x10: [0x80000100, 0x80000900], 0x14: [0x80001002, 0x80001802, 0x80001c02]}\n",
    ),
)


@pytest.mark.slow
def test_buffers_that_take_turns(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, copied("axi_pool", tmp_path, *TURNS), sim_output, images=7, stall="p50")
    assert run.status == 0, run.text
    run = simulated(capsys, tmp_path / "axi_pool" / "dut.yaml", sim_output, images=3, reset_at=200)
    assert run.status == 0, run.text


@pytest.mark.slow
def test_a_turn_that_is_not_taken_is_found(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = ("axi_pool.v", "6'h14: target <= s_ctl_wdata;", "6'h14: if (target === 32'bx) target <= s_ctl_wdata;")
    run = simulated(capsys, copied("axi_pool", tmp_path, *TURNS, late), sim_output, images=2, stall="none,none")
    assert run.status == 1
    assert "image 1: 128 of 128 elements of max_pool were never written" in run.text
    assert "image 1: port mem: 64 writes where it may not write" in run.text


def once(folder: Path, *more: tuple[str, str, str]) -> Path:
    """The CNN with its weights sent before the first image only."""
    dut = copied("stream_cnn", folder, *more)
    lines = dut.read_text().splitlines(keepends=True)
    first = next(k for k, line in enumerate(lines) if "0x01000024" in line)
    end = next(k for k, line in enumerate(lines) if "0x05000010" in line)
    for k in range(first, end):
        lines[k] = lines[k].replace("}\n", ", once: true}\n")
    dut.write_text("".join(lines))
    return dut


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_weights_that_go_in_once(
    sim: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = once(tmp_path)
    run = simulated(capsys, dut, sim_output, images=3, stall="p10", sim=sim)
    assert run.status == 0, run.text
    alone = simulated(capsys, dut, sim_output, images=1, stall="p10", sim=sim)
    each, first = (found.record["scenarios"][0]["cycles"] for found in (run, alone))
    assert each < 3 * first - 700, "weights went in again"
    run = simulated(capsys, dut, sim_output, images=2, reset_at=900, sim=sim)
    assert run.status == 0, run.text


@pytest.mark.slow
def test_weights_that_are_lost_between_runs_are_found(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = once(tmp_path)
    source = dut.parent / "line_conv.v"
    text = source.read_text()
    assert text.count("endmodule") == 1
    loses = "    reg [7:0] outs = 0;\n    always @(posedge clk) if (out_valid & out_ready) begin\n"
    loses += "        outs <= outs + 1;\n        if (outs == 8'd63) weight[4] <= 8'sd77;\n    end\nendmodule"
    source.write_text(text.replace("endmodule", loses))
    run = simulated(capsys, dut, sim_output, images=2, stall="none,none")
    assert run.status == 1
    assert "image 0: conv" not in run.text
    assert "image 1: conv1[" in run.text


LAYOUT = '''\
import numpy as np


def blocks(shape):
    """(mt r=4) k -> mt k r, of rows that pairs are exchanged in."""
    m, k = shape
    numbers = np.arange(m * k).reshape(m // 4, 4, k)
    return numbers.transpose(0, 2, 1)
'''


def layout(folder: Path, text: str = LAYOUT) -> Path:
    pattern = '"(mt r=4) k -> mt k r"'
    dut = copied("os_gemm", folder, ("dut.yaml", f"layout: {pattern}", "layout: tiles.py:blocks"))
    (dut.parent / "tiles.py").write_text(text)
    return dut


@pytest.mark.slow
def test_a_layout_of_a_users_own(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, layout(tmp_path), sim_output, stall="none,none")
    assert run.status == 0, run.text
    layout(tmp_path / "turned", LAYOUT.replace("transpose(0, 2, 1)", "transpose(0, 2, 1)[:, ::-1]"))
    run = simulated(capsys, tmp_path / "turned" / "os_gemm" / "dut.yaml", sim_output, stall="none,none")
    assert run.status == 1


def test_a_layout_that_is_none_is_one_line(tmp_path: Path) -> None:
    text = refusal(layout(tmp_path, LAYOUT.replace("numbers.transpose(0, 2, 1)", "numbers[:, :3]")), tmp_path)
    wanted = (
        "dut.yaml:15: flatten: layout tiles.py:blocks: line 4: element 96, (3, 0), lies nowhere: the layout does not"
    )
    assert wanted in text
    text = refusal(layout(tmp_path / "b", LAYOUT.replace("transpose", "transposed")), tmp_path)
    assert "dut.yaml:15: flatten: layout tiles.py:blocks: line 8: AttributeError: " in text


REFUSED = {
    "no address": (
        "axi_pool",
        "at: 0x80000100",
        "at: []",
        "dut.yaml:12: at: an address, or a list of addresses that take",
    ),
    "one turn outside": (
        "axi_pool",
        "at: 0x80000100",
        "at: [0x80000100, 0x8000]",
        "dut.yaml:12: at: conv3 lies in 0x8000..0x81ff; mem has",
    ),
    "one turn over another": (
        "axi_pool",
        "  - {port: mem, tensor: conv3, at: 0x80000100}\n",
        "  - {port: mem, tensor: conv3, at: [0x80000100, 0x80000300]}\n"
        "  - {port: mem, tensor: input, at: [0x80000800, 0x80000900, 0x80000a00, 0x80000320]}\n",
        "dut.yaml:13: at: input in 0x80000320..0x8000035f overlaps conv3 in 0x80000300..0x800004ff",
    ),
    "no value": ("axi_pool", "0x18: 32", "0x18: []", "dut.yaml:14: 0x18: the list is empty"),
    "a value too wide": (
        "axi_pool",
        "0x18: 32",
        "0x18: [32, 0x100000000]",
        "dut.yaml:14: 0x18: 4294967296 does not fit",
    ),
    "no number": ("axi_pool", "0x18: 32", "0x18: [32, x]", "dut.yaml:14: 24: 'x' is no integer"),
    "once in a memory of ours": (
        "axi_pool",
        "at: 0x80000100}",
        "at: 0x80000100, once: true}",
        "dut.yaml:12: once: mem (axi4) is filled anew for every run",
    ),
    "once of a result": (
        "os_gemm",
        "at: 0, bits: 32,",
        "at: 0, once: true, bits: 32,",
        "once: c (ram) is filled anew for every run",
    ),
    "perhaps": (
        "os_gemm",
        "fc.weight, at: 0,",
        "fc.weight, at: 0, once: perhaps,",
        "once: 'perhaps' is not one of true",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_take_turns_is_one_line(case: str, tmp_path: Path) -> None:
    example, before, after, text = REFUSED[case]
    assert text in refusal(copied(example, tmp_path, ("dut.yaml", before, after)), tmp_path)


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_bursts_of_every_kind(sim: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = simulated(capsys, DUTS / "burst_copy.yaml", sim_output, images=2, stall="p50", sim=sim)
    assert run.status == 0, run.text


BURSTS = {
    "WRAP taken for INCR": (
        "m_arburst <= fixed ? 2'b00 : 2'b10",
        "m_arburst <= fixed ? 2'b00 : 2'b01",
        "conv3[1, 0, 1]: exp",
    ),
    "FIXED taken for INCR": ("m_awburst <= fixed ? 2'b00", "m_awburst <= fixed ? 2'b01", "conv3[0, 0, 1]"),
    "WRAP of three": (
        "m_arlen   <= fixed ? 8'd1 : 8'd3",
        "m_arlen   <= fixed ? 8'd1 : 8'd2",
        "WRAP of other than 2, 4, 8 or 1",
    ),
    "WRAP unaligned": ("4 * from;", "4 * from + 1;", "port mem: WRAP from unaligned address 0x00001005; cycle"),
    "FIXED too long": (
        "m_arlen   <= fixed ? 8'd1",
        "m_arlen   <= fixed ? 8'd16",
        "FIXED of more than 16 beats 0x00000100",
    ),
    "a strobe beside": (
        "m_awsize  = 3'd2",
        "m_awsize  = 3'd1",
        "strobe beside the bytes of its beat 0x00001004; cycle",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("fault", BURSTS)
def test_bursts_that_are_wrong(
    fault: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, text = BURSTS[fault]
    source = (DUTS / "burst_copy.v").read_text()
    assert source.count(before) == 1
    (tmp_path / "burst_copy.v").write_text(source.replace(before, after))
    (tmp_path / "dut.yaml").write_text((DUTS / "burst_copy.yaml").read_text())
    run = simulated(capsys, tmp_path / "dut.yaml", sim_output, stall="none,none")
    assert run.status == 1
    assert text in run.text, run.text
