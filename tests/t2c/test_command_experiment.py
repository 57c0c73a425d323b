"""The example experiment, from training to the RTL by one file of options, as docs/command_line.md shows it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.t2c.test_command_train import run


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog")
def test_the_example_experiment_runs(
    tmp_path: Path, sim_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = ("--config", ROOT / "examples" / "experiments" / "digits_lsq.yaml")
    short = {"train": ("--epochs", 2), "quantize": ("--epochs", 1), "inspect": (), "export": ("--formats", "hex")}
    for name, words in short.items():
        assert run(name, *file, *words) == 0, name
    capsys.readouterr()
    assert run("sim", *file, "--layer", "fc", "--images", 1, "--out", sim_output) == 0
    assert capsys.readouterr().out.endswith("verdict  PASS\n")
    files = {"digits_cnn.pt", "digits_lsq", "digits_lsq.exports"}
    assert {path.name for path in (tmp_path / "packages").iterdir()} == files
