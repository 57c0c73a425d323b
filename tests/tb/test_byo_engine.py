"""A layer engine that is not ours, inside the core: renamed modules, other port names, reset and lanes turned round."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb import __main__ as command
from t2c.tb.dut.core_place import core_with
from t2c.tb.dut.description import load_description
from t2c.tb.units import core_campaign
from t2c.tb.units.campaign_edges import SpaceRun
from tests.tb.acme import DUTS, acme

pytestmark = pytest.mark.slow

HARDWARE = Hardware(rows=8, cols=8)


def run(dut: Path, output: Path, *arguments: str) -> int:
    return command.main(["--unit", "layer_engine", "--dut", str(dut), "--out", str(output), *arguments])


@pytest.mark.campaign
def test_a_foreign_engine_runs_the_campaign(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small one: the model behind one kind of stalls, a random layer, a random network, programs as it is built."""
    monkeypatch.setattr(core_campaign, "VERILATOR", "icarus")  # where there is no Verilator
    monkeypatch.setattr(core_campaign, "LAYERS", 1)
    monkeypatch.setattr(core_campaign, "NETWORKS", 1)
    every = core_campaign.space_runs

    def one(*build: Any, large: bool) -> Iterator[SpaceRun]:
        return (made for made in every(*build, large=large) if made.package.name == "edge-sums-of-words")

    monkeypatch.setattr(core_campaign, "space_runs", one)
    assert run(acme(tmp_path), sim_output, "--images", "1", "--stall", "p50") == 0
    out = capsys.readouterr().out
    assert re.search(
        r"PASS +examples/digits_w8a8 all, 1 images, stall p50: 3,754 results compared, 0 mismatches, 0 of 4,778 acc",
        out,
    )
    assert re.search(r"PASS +random-layer-1", out)
    assert re.search(r"PASS +random-network-1", out)
    assert "program-short-small-1 is not applicable: " in out
    assert "unit_parameters: ROWS is 8, this run builds ROWS = 4" in out
    assert re.search(r"PASS +program-short-8x8-1: [\d,]{3,} words and answers compared", out)
    assert re.search(r"PASS +edge-sums-of-words all, 1 images, stall none, on 8x8:", out)
    assert "not on deep, 2x1: " in out
    assert "verdict   PASS, 5 of 5 runs passed" in out


@pytest.mark.campaign
def test_an_engine_of_any_size_runs_what_happens_in_the_middle_of_a_program(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Resets and a misplaced tlast; whatever its latency is, so without a start in the very cycle after the end."""
    assert run(acme(tmp_path, array=None), sim_output, "--layer", "program-events", "--sim", "verilator") == 0
    out = capsys.readouterr().out
    for build in ("small", "odd"):
        assert re.search(rf"PASS +program-events-{build}-1: [\d,]{{5,}} words and answers compared", out), out


FAULTS = {
    "sign of a sum": (
        ("accumulator", "{psum_i[PSUM_W-1]}}", "{1'b0}}"),
        r"layer conv1: output \(n=0, c=\d+, y=\d+, x=\d+\): expected",
    ),
    "a sum that no result shows": (
        ("accumulator", "keep ? stored_q : base + wide;", "keep ? stored_q : base + wide + (addr_i == 5);"),
        r"0 mismatches, 16 of 1,024 accumulators wrong.*\n  layer conv1: accumulator \(n=0, c=0, y=0, x=5\): expected",
    ),
    "never done": (("layer_engine", "psum_valid & sum_last), .q_o(done_o)", "1'b0), .q_o(done_o)"), "not done after"),
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_it_is_found_and_placed(
    fault: str, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, report = FAULTS[fault]
    dut = acme(tmp_path, change)
    assert run(dut, sim_output, "--images", "1", "--layer", "conv1", "--stall", "p10") == 1
    out = capsys.readouterr().out
    assert re.search(report, out), out
    assert "replay with waveform: t2c sim examples/digits_w8a8 --unit layer_engine --dut " in out
    assert "verdict   FAIL, 0 of 1 runs passed" in out


@pytest.mark.campaign
def test_the_replay_of_a_program_fails_on_the_same_module(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = acme(tmp_path, FAULTS["a sum that no result shows"][0])
    assert run(dut, sim_output, "--layer", "program-short-8x8-1") == 1
    out = capsys.readouterr().out
    assert "FAIL      program-short-8x8-1: " in out
    (replay,) = re.findall(r"replay: t2c sim \S+ (.*)", out)
    assert command.main([*shlex.split(replay), "--out", str(sim_output)]) == 1
    assert "FAIL      program-short-8x8-1: " in capsys.readouterr().out


def test_an_engine_without_a_trace_of_sums_is_run_all_the_same(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = acme(tmp_path)
    dut.write_text(dut.read_text().replace("  sum_valid: total\n  sum_data: totals\n", ""))
    assert run(dut, sim_output, "--images", "1", "--layer", "conv1", "--stall", "p10") == 0
    out = capsys.readouterr().out
    assert "accumulators are not compared: the module has no sum_valid and no sum_data\n" in out
    assert "1,024 results compared, 0 mismatches, " in out
    dut.write_text(dut.read_text() + "  sum_valid: total\n")
    with pytest.raises(UserError, match="ports: layer_engine's sum_data is mapped to nothing"):
        core_with(load_description(dut), HARDWARE, tmp_path)


def test_lanes_the_wrong_way_round_are_noticed(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = acme(tmp_path)
    dut.write_text(dut.read_text().replace("lane_order: msb_first", "lane_order: {out_data: msb_first}"))
    assert run(dut, sim_output, "--images", "1", "--layer", "conv1", "--stall", "p10") == 1
    assert "layer conv1: output" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("original", "changed", "message"),
    [
        ("ROWS: 8", "ROWS: 16", "5: unit_parameters: ROWS is 16, this run builds ROWS = 8"),
        ("go", "gone", "10: start: acme_top has no port 'gone'"),
        (
            "[acme_engine.v, acme.f]",
            "[acme_engine.v, acme.f, axis_fifo.v]",
            "module 'axis_fifo' has the name of one that the harness",
        ),
    ],
)
def test_what_does_not_fit_is_refused(original: str, changed: str, message: str, tmp_path: Path) -> None:
    dut = acme(tmp_path)
    shutil.copy(RTL / "axis_fifo.v", tmp_path)
    dut.write_text(dut.read_text().replace(original, changed, 1))
    with pytest.raises(UserError, match=message):
        core_with(load_description(dut), HARDWARE, tmp_path)


def test_a_foreign_array_runs_inside_the_core(sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One whose sums come two cycles before ours would: they are held back."""
    arguments = ["--layer", "conv1", "--images", "1", "--stall", "p10", "--rows", "8", "--cols", "4"]
    path = DUTS / "tile_array.yaml"
    assert command.main(["--unit", "systolic_array", "--dut", str(path), "--out", str(sim_output), *arguments]) == 0
    out = capsys.readouterr().out
    assert "unit      systolic_array, inside t2c_core" in out
    assert "conv1, 1 images, stall p10: 1,024 results compared, 0 mismatches" in out


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "tile_array",
            ("ROWS + COLS - 1", "18"),
            "latency: 18; inside the core an array has at most ROWS / SPAN + COLS + 1",
        ),
        ("plain_array", ("latency: 2", "latency: 15"), "absent: inside the core an array has double buffering"),
    ],
)
def test_an_array_that_the_engine_cannot_use_is_refused(
    name: str, change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    for path in DUTS.glob(f"{name}.*"):
        shutil.copy(path, tmp_path)
    dut = tmp_path / f"{name}.yaml"
    dut.write_text(dut.read_text().replace(*change))
    with pytest.raises(UserError, match=re.escape(message)):
        core_with(load_description(dut), HARDWARE, tmp_path)
