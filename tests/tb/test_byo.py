"""Modules that are not ours under our benches: the examples, every kind of handshake, and descriptions that lie."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.contract.pipeline import MULQUANT
from t2c.tb import __main__ as command
from t2c.tb.components.bench_report import read_report
from t2c.tb.dut import loader
from t2c.tb.dut.description import load_description
from t2c.tb.dut.latency import true_latency
from t2c.tb.dut.loader import BRIDGE
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import UnitRun, run_description
from t2c.tb.units.unit_command import broken_rules
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

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
    broken = broken_rules(found.folder / "results.xml").values()
    return "\n".join([*(test.error for test in report.tests.values()), *broken, *report.explanation])


@pytest.mark.sample(2)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_the_example_passes(simulator: str, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("--unit", "mulquant", "--dut", EXAMPLE / "dut.yaml", "--sim", simulator, "--out", sim_output) == 0
    out = capsys.readouterr().out
    assert "module    requant of " in out
    assert "tests     4 ran, 0 failed" in out
    assert "pairs is not applicable: pairs is absent" in out
    assert "reset_in_mid_stream is not applicable: it has no reset" in out
    assert re.search(r"compared  \d+,\d{3} results, 0 mismatches", out)
    assert "not hit" not in out
    assert out.endswith("verdict   PASS\n")


def test_the_wrong_example_fails_and_its_inputs_are_named(sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("--unit", "mulquant", "--dut", EXAMPLE / "dut_wrong.yaml", "--out", sim_output) == 1
    out = capsys.readouterr().out
    assert re.search(r"all (\d+) mismatches are in \[tie, negative\].*: \1 of \1 such are wrong, 0 of [\d,]+ o", out)
    example = "acc 0, multiplier 1, bias -3, shift 1 (half_up, zero point 0, -128..127): expected 0xff, actual 0xfe"
    assert re.search(rf"vector \d+: {re.escape(example)}", out)
    replay = "t2c sim digits_w8a8 --unit mulquant --dut examples/byo_rtl/dut_wrong.yaml --sim icarus --seed 1"
    assert f"replay with waveform: {replay}" in out


def test_a_wrong_latency_is_told_from_wrong_values(tmp_path: Path, sim_output: Path) -> None:
    folder = tmp_path / "some one's rtl"
    folder.mkdir()
    narrow = ("{ACC_W: 24, SCALE_W: 12, BIAS_W: 32, SHIFT_W: 5}", "{ACC_W: 10, SCALE_W: 5, BIAS_W: 12, SHIFT_W: 3}")
    path = copy(folder, EXAMPLE / "dut.yaml", ("latency: 4", "latency: 6"), narrow)
    found = run(path, sim_output, only=["latency"])
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
latency: {MULQUANT}
rounding: {{port: rounding_i, half_even: 2, half_away: 3}}
tie: {{m_axis_tready_i: 1}}
"""
TIE = "tie: {m_axis_tready_i: 1}\n"
LIES = {
    "latency": (
        (f"latency: {MULQUANT}", "latency: 5"),
        "latency",
        rf"come \[{MULQUANT}\] cycles after .* the description says 5",
    ),
    "codes": (("half_even: 2, half_away: 3", "half_even: 3, half_away: 2"), "corners", r"in \[tie"),
    "stuck": ((TIE, TIE.replace("1", "0")), "latency", r"50 inputs gave \d+ results|explains"),
    "in reset for ever": (
        ("active: low", "active: high"),
        "latency",
        "no result for 2000|cycles without tready|a control signal is unknown",
    ),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("handshake", ["valid_ready", "valid_only"])
def test_our_requantiser_passes_as_a_foreign_one(handshake: str, tmp_path: Path, sim_output: Path) -> None:
    """Every test of its bench applies; those that the adapter could stand in the way of run."""
    text = OURS if handshake == "valid_only" else OURS.replace("valid_only", handshake).replace(TIE, "")
    (tmp_path / "ours.yaml").write_text(text)
    only = ("pairs", "stalls", "latency", "reset_in_mid_stream")[1 if handshake == "valid_ready" else 0 :]
    found = run(tmp_path / "ours.yaml", sim_output, parameters=SMALL, only=only)
    assert found.missing == {}
    assert found.outcome.tests == len(only)
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]


@pytest.mark.sample(2)
@pytest.mark.parametrize("lie", LIES)
def test_a_description_that_lies_about_a_requantiser(lie: str, tmp_path: Path, sim_output: Path) -> None:
    (original, changed), test, report = LIES[lie]
    assert OURS.count(original) == 1
    (tmp_path / "ours.yaml").write_text(OURS.replace(original, changed))
    found = run(tmp_path / "ours.yaml", sim_output, parameters=SMALL, only=[test])
    assert found.outcome.tests == 1
    assert not found.outcome.passed
    assert re.search(report, errors(found)), errors(found)


FIXED = DUTS / "fixed_requant"
FIXED_LIES = {
    "reset ignored": (
        "fixed_requant.sv",
        "if (rst) valid <= '0;\n        else if",
        "if",
        "reset_in_mid_stream",
        "nobody expected|mismatches|stream is shifted",
    ),
    "bias": ("dut.yaml", "bias: -5", "bias: -4", "random_data", r"[\d,]+ mismatches"),
    "lo": ("dut.yaml", "lo: 1", "lo: 0", "random_data", "mismatches"),
    "tie": ("dut.yaml", "enable: 1", "enable: 0", "latency", "cycles without tready"),
    "macro": ("dut.yaml", "{LEAST: 1}", "{MOST: 1}", "random_data", "mismatches"),
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_what_a_module_has_built_in_needs_no_ports(simulator: str, tmp_path: Path, sim_output: Path) -> None:
    """Constants, tied inputs, an unsigned output, and a list of files in a folder with a space in its name."""
    folder = tmp_path / "their rtl"
    shutil.copytree(FIXED, folder)
    found = run(folder / "dut.yaml", sim_output, simulator)
    assert set(found.missing) == {"pairs"}
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]
    assert read_report(found.folder).compared > 1000


@pytest.mark.sample(5)
@pytest.mark.parametrize("lie", FIXED_LIES)
def test_a_description_that_lies_about_what_is_built_in(lie: str, tmp_path: Path, sim_output: Path) -> None:
    file, original, changed, test, report = FIXED_LIES[lie]
    shutil.copytree(FIXED, tmp_path / "rtl")
    path = tmp_path / "rtl" / file
    assert path.read_text().count(original) == 1
    path.write_text(path.read_text().replace(original, changed))
    found = run(tmp_path / "rtl" / "dut.yaml", sim_output, only=[test])
    assert found.outcome.tests == 1
    assert not found.outcome.passed
    assert re.search(report, errors(found)), errors(found)


def test_a_broken_stream_rule_is_what_the_verdict_names(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is seen beside the test, which is only cancelled."""
    shutil.copytree(FIXED, tmp_path / "rtl")
    source = tmp_path / "rtl" / "fixed_requant.sv"
    source.write_text(source.read_text().replace("most : q[Y-1:0]", "'x : q[Y-1:0]"))
    assert sim("--unit", "mulquant", "--dut", tmp_path / "rtl" / "dut.yaml", "--out", sim_output) == 1
    out = capsys.readouterr().out
    assert re.search(r"corners.*: m_axis: tdata = [01x]+ is unknown while valid", out, re.IGNORECASE)
    assert "CancelledError" not in out


def test_a_description_without_a_unit_is_refused() -> None:
    with pytest.raises(UserError, match=r"dut = .*dut\.yaml' needs unit"):
        sim("--dut", EXAMPLE / "dut.yaml")


BRIDGE_FAULTS = {
    "payload of the moment": ("empty ? result_i : mem[tail_q]", "result_i", "stalls"),
    "no credits": ("(inside_q != FULL)", "1'b1", "stalls"),
    "silent inputs counted": ("& ~silent_i", "", "pairs"),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("fault", BRIDGE_FAULTS)
def test_a_fault_in_the_bridge_is_no_pass(
    fault: str, tmp_path: Path, sim_output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The campaign behind the bridge is as strict as without it."""
    original, mutant, test = BRIDGE_FAULTS[fault]
    text = BRIDGE.read_text()
    assert text.count(original) == 1
    (tmp_path / BRIDGE.name).write_text(text.replace(original, mutant))
    monkeypatch.setattr(loader, "BRIDGE", tmp_path / BRIDGE.name)
    (tmp_path / "ours.yaml").write_text(OURS)
    found = run(tmp_path / "ours.yaml", sim_output, parameters=SMALL, only=[test])
    assert found.outcome.tests == 1
    assert not found.outcome.passed


def test_an_array_of_another_kind_passes(sim_output: Path) -> None:
    """One buffer, no valid bits, lanes and rows the other way round."""
    found = run(DUTS / "plain_array.yaml", sim_output)
    assert found.missing == {"reset_in_mid_stream": "it has no reset"}
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]


ARRAY_LIES = {
    "lanes": ("lane_order: msb_first", "lane_order: {w_data: msb_first, a_data: msb_first}", "random_tiles"),
    "rows": ("weight_rows: last_first", "weight_rows: first_first", "random_tiles"),
    "latency": ("latency: 2", "latency: 3", "latency"),
    "double buffering": ("absent: double_buffer", "tie: {}", "random_tiles"),
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("lie", ARRAY_LIES)
def test_a_description_that_lies_about_an_array(lie: str, tmp_path: Path, sim_output: Path) -> None:
    original, changed, test = ARRAY_LIES[lie]
    path = copy(tmp_path, DUTS / "plain_array.yaml", (original, changed))
    if lie == "double buffering":
        source = tmp_path / "plain_array.sv"
        source.write_text(source.read_text().replace("logic            clk,", "logic clk, first,"))
        path.write_text(path.read_text().replace("  w_data: w\n", "  w_data: w\n  a_first: first\n"))
    found = run(path, sim_output, only=[test])
    assert found.outcome.tests == 1
    assert not found.outcome.passed
    assert read_report(found.folder).failed > 0
    if lie == "latency":
        assert "results come 2 cycles after their inputs, the description says latency: 3" in errors(found)


@pytest.mark.sample(3)
@pytest.mark.parametrize("entry", ["", "^ (distance == 3)"], ids=["right", "an entry wrong"])
def test_a_softmax_with_its_table_in_a_parameter(entry: str, tmp_path: Path, sim_output: Path) -> None:
    path = copy(tmp_path, DUTS / "row_softmax.yaml")
    source = tmp_path / "row_softmax.sv"
    source.write_text(source.read_text().replace("entries[distance])", f"entries[distance] {entry})"))
    found = run(path, sim_output, parameters={"LEN_W": 3}, only=["random_data"])
    assert set(found.missing) == {"overlong_rows", "timing"}
    assert found.outcome.passed == (not entry), found.outcome.log.read_text()[-2000:]
    assert (read_report(found.folder).failed > 0) == bool(entry)
