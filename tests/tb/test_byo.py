"""Modules that are not ours under our benches: the examples, every kind of handshake, and descriptions that lie."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tb import __main__ as command
from tb.dut.description import load_description
from tb.dut.latency import true_latency
from tb.runner import RTL
from tb.simulators import SIMULATORS, find_simulator
from tb.unit_job import UnitRun, run_description
from tb.unit_report import read_report
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "byo_rtl"
DUTS = Path(__file__).parent / "duts"
SMALL = {"ACC_W": 10, "SCALE_W": 5, "BIAS_W": 12, "SHIFT_W": 3, "OUT_W": 4}
"""Widths with which our own requantiser is quickly done."""


def sim(*arguments: object) -> int:
    return command.main([str(argument) for argument in arguments])


def copy(folder: Path, source: Path, *changes: tuple[str, str]) -> Path:
    """A description of a folder, with its sources, in another folder; changes of the description."""
    for path in source.parent.glob("*.*v"):
        shutil.copy(path, folder)
    text = source.read_text()
    for original, changed in changes:
        assert text.count(original) == 1, original
        text = text.replace(original, changed)
    (folder / source.name).write_text(text)
    return folder / source.name


def run(path: Path, output: Path, simulator: str = "icarus", **options: object) -> UnitRun:
    return run_description(load_description(path), find_simulator(simulator), output, **options)  # type: ignore[arg-type]


def errors(found: UnitRun) -> str:
    report = read_report(found.folder)
    return "\n".join([*(test.error for test in report.tests.values()), *report.explanation])


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_the_example_passes(simulator: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("--unit", "mulquant", "--dut", EXAMPLE / "dut.yaml", "--sim", simulator, "--out", sim_output) == 0
    out = capsys.readouterr().out
    assert "module    requant of " in out
    assert "tests     4 ran, 0 failed" in out
    assert "pairs is not applicable: pairs is absent" in out
    assert "reset_in_mid_stream is not applicable: it has no reset" in out
    assert re.search(r"compared  7,550 results, 0 mismatches", out)
    assert "not hit" not in out
    assert out.endswith("verdict   PASS\n")


def test_the_wrong_example_fails_and_its_inputs_are_named(sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("--unit", "mulquant", "--dut", EXAMPLE / "dut_wrong.yaml", "--out", sim_output) == 1
    out = capsys.readouterr().out
    found = re.search(
        r"all ([\d,]+) mismatches are in \[tie, negative\].*: \1 of \1 such are wrong, 0 of ([\d,]+) oth", out
    )
    assert found, out
    assert "vector 226: acc 0, multiplier 1, bias -3, shift 1 (half_up, zero point 0, -128..127): expected 0xff" in out
    assert "replay with waveform: make sim UNIT=mulquant DUT=examples/byo_rtl/dut_wrong.yaml SIM=icarus SEED=1" in out


def test_a_wrong_latency_is_told_from_wrong_values(tmp_path: Path, sim_output: Path) -> None:
    folder = tmp_path / "some one's rtl"
    folder.mkdir()
    narrow = ("{ACC_W: 24, SCALE_W: 12, BIAS_W: 32, SHIFT_W: 5}", "{ACC_W: 10, SCALE_W: 5, BIAS_W: 12, SHIFT_W: 3}")
    path = copy(folder, EXAMPLE / "dut.yaml", ("latency: 4", "latency: 6"), narrow)
    found = run(path, sim_output)
    assert not found.outcome.passed
    assert "results come 4 cycles after their inputs, the description says latency: 6" in errors(found)


@pytest.mark.parametrize(("stated", "true"), [(4, 6), (6, 4), (0, 1), (40, 3)])
def test_the_true_latency_shows_in_results_taken_too_late_or_too_early(stated: int, true: int) -> None:
    results = [(7 * k * k) % 101 for k in range(100)]
    # result k is what the module shows at cycle k + stated: the result of the input of cycle k + stated - true
    pairs = [(results[k], results[k + stated - true] if 0 <= k + stated - true < 100 else 0) for k in range(100)]
    assert true_latency(pairs, stated) == true
    assert true_latency([(result, result) for result in results], stated) is None
    assert true_latency([(result, result ^ 1) for result in results], stated) is None
    assert true_latency([(5, 6)] * 100, stated) is None


OURS = f"""
unit: mulquant
sources: {RTL / "mulquant.v"}
top: mulquant
clock: clk_i
reset: {{port: rst_ni, active: low}}
handshake: valid_only
latency: 3
rounding: {{port: rounding_i, floor: 0, half_up: 1, half_even: 2, half_away: 3}}
tie: {{m_axis_tready_i: 1}}
"""


@pytest.mark.parametrize(
    ("changes", "passes", "report"),
    [
        ([], True, ""),
        ([("valid_only", "valid_ready"), ("tie: {m_axis_tready_i: 1}\n", "")], True, ""),
        (
            [("latency: 3", "latency: 5")],
            False,
            r"results come \[3\] cycles after their inputs, the description says 5",
        ),
        ([("half_even: 2, half_away: 3", "half_even: 3, half_away: 2")], False, r"\[(half_away|half_even|tie)"),
        (
            [("tie: {m_axis_tready_i: 1}", "tie: {m_axis_tready_i: 0}")],
            False,
            "no result for 2000 cycles|without tready",
        ),
        ([("active: low", "active: high")], False, "unknown|no result for|without tready"),
    ],
    ids=["valid only", "valid and ready", "latency", "codes of rounding", "stuck", "reset the wrong way"],
)
def test_our_requantiser_as_a_foreign_one(
    changes: list[tuple[str, str]], passes: bool, report: str, tmp_path: Path, sim_output: Path
) -> None:
    """Pairs and resets included, behind the bridge; and a description that says what is not so."""
    text = OURS
    for original, changed in changes:
        assert text.count(original) == 1
        text = text.replace(original, changed)
    (tmp_path / "ours.yaml").write_text(text)
    found = run(tmp_path / "ours.yaml", sim_output, parameters=SMALL)
    assert found.missing == {}
    assert found.outcome.passed == passes, found.outcome.log.read_text()[-2000:]
    assert re.search(report, errors(found)), errors(found)


@pytest.mark.parametrize(
    ("changes", "passes", "report"),
    [
        ([], True, ""),
        ([("lane_order: msb_first\n", "")], False, r"mismatches|wrong"),
        ([("weight_rows: last_first\n", "")], False, r"mismatches|wrong"),
        ([("latency: 2", "latency: 3")], False, "results come 2 cycles after their inputs, the description says"),
        ([("absent: double_buffer", "tie: {}")], False, ""),
    ],
    ids=["as described", "lanes", "rows", "latency", "double buffering"],
)
def test_an_array_of_another_kind(
    changes: list[tuple[str, str]], passes: bool, report: str, tmp_path: Path, sim_output: Path
) -> None:
    path = copy(tmp_path, DUTS / "plain_array.yaml", *changes)
    if "tie: {}" in path.read_text():
        text = (
            (tmp_path / "plain_array.sv").read_text().replace("logic            clk,", "logic            clk, first,")
        )
        (tmp_path / "plain_array.sv").write_text(text)
        path.write_text(path.read_text().replace("tie: {}", "").replace("w_data: w\n", "w_data: w\n  a_first: first\n"))
    found = run(path, sim_output)
    assert found.missing == {"reset_in_mid_stream": "it has no reset"}
    assert found.outcome.passed == passes, found.outcome.log.read_text()[-2000:]
    assert re.search(report, errors(found)), errors(found)


@pytest.mark.parametrize("entry", ["", "^ (distance == 3)"], ids=["right", "an entry wrong"])
def test_a_softmax_with_its_table_in_a_parameter(entry: str, tmp_path: Path, sim_output: Path) -> None:
    path = copy(tmp_path, DUTS / "row_softmax.yaml")
    source = tmp_path / "row_softmax.sv"
    source.write_text(source.read_text().replace("entries[distance])", f"entries[distance] {entry})"))
    found = run(path, sim_output, parameters={"LEN_W": 3})
    assert set(found.missing) == {"overlong_rows", "timing"}
    assert found.outcome.passed == (not entry), found.outcome.log.read_text()[-2000:]
