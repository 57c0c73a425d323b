"""The example behind AXI-Streams: right on both simulators behind every stall; planted faults are found and named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.accelerator.door import EXAMPLES, copied, simulated

pytestmark = pytest.mark.slow
DUT = EXAMPLES / "stream_cnn" / "dut.yaml"


@pytest.mark.campaign
@pytest.mark.parametrize("sim", ["icarus", "verilator"])
def test_the_example_is_right_behind_every_stall(
    sim: str, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = simulated(capsys, DUT, sim_output, images=2, sim=sim)
    assert run.status == 0, run.text
    names = [scenario["name"] for scenario in run.record["scenarios"]]
    assert {"no stalls", "stall p50", "stall rx:p90", "stall tx:p90"} <= set(names)
    assert len([name for name in names if name.startswith("reset at cycle")]) == 3
    for scenario in run.record["scenarios"]:
        assert [(t["name"], t["compared"], t["wrong"]) for t in scenario["tensors"]] == [
            ("conv1", 2048, 0),
            ("words", 2, 0),
            ("conv2", 2048, 0),
        ]
        assert scenario["findings"] == []


LINE, TOP = "line_conv.v", "stream_cnn.v"
CLIP = "if (scaled < LO) scaled = LO;"
FAULTS = {
    "one value of the first layer": (
        (LINE, "if (scaled < LO) scaled = LO;", f"{CLIP} if (IN == 1 & at == 17 & channel == 5) scaled = scaled ^ 1;"),
        ["conv1[5, 2, 1]: expected 26 (0x1a), actual 27 (0x1b), difference +1; port inner, word 17, lane 5; cycle "],
    ),
    "rounding of the second layer": (
        (
            LINE,
            "(scaled + (56'sd1 <<< (shift[channel] - 1)))",
            "(scaled + (IN == 1 ? 56'sd1 <<< (shift[channel] - 1) : 0))",
        ),
        ["conv2[", "difference -1; port tx, word "],
    ),
    "a word is lost": (
        (TOP, "else sent <= sent + 1;", "else sent <= sent + (sent == 9 ? 2 : 1);"),
        ["word 11 is lost: from there on all is right one word earlier", "too few: 256 of 257 words came"],
    ),
    "a word comes twice": (
        (TOP, "else sent <= sent + 1;", "else if (!again) sent <= sent + 1;\n            again <= sent == 9 & !again;"),
        ["a word comes twice or from nowhere at word ", "1 words are left over after 257"],
    ),
    "last comes early": (
        (TOP, "(sent == WORDS - 1);", "(sent == WORDS - 1 | sent == 7);"),
        ["last is early at word 8 of 257; it belongs to word 256"],
    ),
    "last never comes": (
        (TOP, "assign tx_eop     = header_sent & (sent == WORDS - 1);", "assign tx_eop     = 1'b0;"),
        ["last is missing at word 256 of 257"],
    ),
    "the payload moves while it waits": (
        (TOP, "result[32*sent[1:0] +: 32] :", "(result[32*sent[1:0] +: 32] ^ {31'd0, tx_val & ~tx_rdy}) :"),
        ["port tx: payload changed while it waited for ready: 0x"],
    ),
    "valid falls while it waits": (
        (TOP, "assign tx_val     = last_valid;", "assign tx_val     = last_valid & ~moody;"),
        ["port tx: valid fell before ready took the word"],
    ),
    "it stops taking": (
        (TOP, "assign rx_rdy = ~image | (left == 0);", "assign rx_rdy = ~image | (left == 0 & index < 12);"),
        [
            "waiting for all ports to end does not end: given up at cycle ",
            "rx valid=1 ready=0 words=",
            "tx valid=0 ready=",
        ],
    ),
    "it ends the simulation": (
        (TOP, "if (tx_val & tx_rdy) begin", "if (sent == 20) $finish;\n        if (tx_val & tx_rdy) begin"),
        ["the simulation ended by itself, before the harness ended it ($finish?)", "too few: "],
    ),
}
FAULTS["a word before the run"] = (
    (TOP, "assign tx_val     = last_valid;", "assign tx_val     = last_valid | ghost;"),
    ["port tx: 1 words come before a run begins; cycle "],
)
DECLARED = {
    "a word before the run": "reg ghost = 0, was = 1;",
    "a word comes twice": "reg again = 0;",
    "valid falls while it waits": "reg moody = 0;",
}
GHOST = "    always @(posedge core_clk) begin was <= core_rst; ghost <= (was & ~core_rst) | (ghost & ~tx_rdy); end\n"
MOODY = "    always @(posedge core_clk) moody <= ~moody;\n"


MORE = {"a word before the run": GHOST, "valid falls while it waits": MOODY}
ON_VERILATOR = ("one value of the first layer", "it stops taking")
CASES = [*FAULTS, *(f"verilator: {name}" for name in ON_VERILATOR)]


@pytest.mark.sample(24)
@pytest.mark.parametrize("case", CASES)
def test_a_planted_fault_is_named(
    case: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = case.removeprefix("verilator: ")
    sim = "icarus" if name == case else "verilator"
    change, wanted = FAULTS[name]
    dut = copied("stream_cnn", tmp_path, change)
    if name in DECLARED:
        source = dut.parent / TOP
        more = f"    {DECLARED[name]}\n" + MORE.get(name, "")
        source.write_text(source.read_text().replace("    reg        payload;\n", f"{more}    reg        payload;\n"))
    run = simulated(capsys, dut, sim_output, sim=sim, stall="tx:p50")
    assert run.status == 1
    for text in wanted:
        assert text in run.text, run.text
    assert "waveform around it: " in run.text
    assert "replay with waveform: t2c sim " in run.text


def test_an_unknown_bit_is_found(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Icarus alone knows unknown values."""
    change = (
        LINE,
        "if (channel == OUT - 1) out_valid <= 1'b1;",
        "if (at == 9) out_data[11] <= 1'bx;" + " if (channel == OUT - 1) out_valid <= 1'b1;",
    )
    run = simulated(capsys, copied("stream_cnn", tmp_path, change), sim_output, stall="none,none")
    assert run.status == 1
    line = next(line for line in run.text.splitlines() if "conv1[1, 1, 1]: expected " in line)
    assert re.search(r"actual 8'b[01]*x[01]*; port inner, word 9, lane 1; cycle \d+$", line)


def test_wrong_only_behind_stalls(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module that ignores one ready is right without stalls; the campaign finds it."""
    change = (TOP, "(sent[1:0] == 2'd3) & tx_rdy;", "(sent[1:0] == 2'd3);")
    dut = copied("stream_cnn", tmp_path, change)
    assert simulated(capsys, dut, sim_output, stall="none,none").status == 0
    run = simulated(capsys, dut, sim_output)
    assert run.status == 1
    found = {scenario["name"]: bool(scenario["findings"]) for scenario in run.record["scenarios"]}
    chosen = [found[name] for name in ("no stalls", "stall rx:p90", "stall tx:p90", "stall p50")]
    assert chosen == [False, False, True, True]
    assert "\n  stall p50:\n" in run.text


def test_wrong_only_after_a_reset(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a reset leaves behind is seen in the runs after it."""
    change = (LINE, "            channel   <= 0;\n            out_valid <= 1'b0;\n", "            out_valid <= 1'b0;\n")
    dut = copied("stream_cnn", tmp_path, change, (LINE, "got, at, channel;", "got, at, channel = 0;"))
    run = simulated(capsys, dut, sim_output)
    found = {scenario["name"]: bool(scenario["findings"]) for scenario in run.record["scenarios"]}
    assert run.status == 1
    resets = [name for name in found if name.startswith("reset")]
    assert any(found[name] for name in resets)
    assert not any(found[name] for name in found if name not in resets)
    replay = next(line for line in run.text.splitlines() if "replay" in line)
    assert "--reset-at " in replay
