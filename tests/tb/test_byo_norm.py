"""A LayerNorm that is not ours under our bench: it passes as it is, and fails with the habits of others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from t2c.tb.__main__ import main as sim
from t2c.tb.components.bench_report import read_report
from t2c.tb.dut.description import load_description
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import UnitRun, run_description

pytestmark = pytest.mark.slow

DUTS = Path(__file__).parent / "duts"
SMALL = {"LEN_W": 4}
"""Short rows make short runs."""
WRONG = {
    # name: (test that must fail, original, changed, classes of which the report names one)
    "t rounded down": ("corners", "- sum) * r, down);", "- sum) * r >>> down, 0);", r"t above half\] and \[t in sight"),
    "mean rounded": (
        "corners",
        "(count * value(row[at], is_signed) - sum)",
        "(count * (value(row[at], is_signed) - (2 * sum + count) / (2 * count)))",
        "",
    ),
    "largest root one less": ("corners", "<= moved) root", "< moved) root", ""),
    "epsilon forgotten": ("corners", "+ longint'(epsilon);", "+ 1;", ""),
    "all lanes count": ("corners", "k > 0 && !in_keep[k]", "1'b0", ""),
    "results of the row before": ("random_data", "if (out_last) count = 0;", "if (out_last) count = count & 1;", ""),
    "constants a cycle early": ("corners", "ADDRESS: state <= ANSWER; ", "ADDRESS: state <= SHOW; ", ""),
    "reset ignored": ("reset_in_mid_row", "        if (rst) begin", "        if (rst && in_ready) begin", ""),
    "moves while it waits": ("stalls", "default: if (out_ready) begin", "default: begin", ""),
}


def run(folder: Path, output: Path, simulator: str, test: str, *changes: tuple[str, str]) -> UnitRun:
    """The module with some changes, under one test of the bench, or under all."""
    for path in DUTS.glob("row_norm.*"):
        shutil.copy(path, folder)
    source = folder / "row_norm.sv"
    for original, changed in changes:
        assert source.read_text().count(original) == 1, original
        source.write_text(source.read_text().replace(original, changed))
    only = [test] if test else None
    found = load_description(folder / "row_norm.yaml")
    return run_description(found, find_simulator(simulator), output, parameters=SMALL, only=only)


@pytest.mark.sample(2)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_layer_norm_of_another_kind_passes(simulator: str, tmp_path: Path, sim_output: Path) -> None:
    """One row inside at a time, gaps between results, one rounding mode."""
    found = run(tmp_path, sim_output, simulator, "")
    assert set(found.missing) == {"overlong_rows", "timing"}
    assert found.outcome.passed, found.outcome.log.read_text()[-2000:]
    assert read_report(found.folder).compared > 1000


@pytest.mark.sample(9)
@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_one_fails_and_the_inputs_are_named(fault: str, tmp_path: Path, sim_output: Path) -> None:
    test, original, changed, classes = WRONG[fault]
    found = run(tmp_path, sim_output, "icarus", test, (original, changed))
    assert found.outcome.tests == 1
    assert not found.outcome.passed
    explained = "\n".join(read_report(found.folder).explanation)
    assert re.search(classes, explained), explained


def test_the_command_says_so(tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make sim UNIT=layer_norm DUT=`: a slip in the description is one line, before anything is built."""
    for path in DUTS.glob("row_norm.*"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "row_norm.yaml"
    path.write_text(path.read_text().replace("param_data: constants", "param_data: in_x"))
    with pytest.raises(Exception, match=r"row_norm\.yaml:\d+: .*in_x") as caught:
        sim(["--unit", "layer_norm", "--dut", str(path), "--out", str(sim_output)])
    assert "\n" not in str(caught.value)
