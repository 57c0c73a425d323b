"""What a run has no room for is one line that names the variable or the way out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import HDL
from t2c.golden.errors import UnsupportedError
from t2c.tb import __main__ as sim
from t2c.tb.cosim import run_files


def test_a_program_longer_than_its_memory_and_one_that_just_fits(tmp_path: Path) -> None:
    words = ["--model", "digits_w4a4", "--layer", "fc", "--backend", "model", "--images", "1", "--out", str(tmp_path)]
    with pytest.raises(UnsupportedError, match=r"the program has \d+ words, PRG_DEPTH = 64") as caught:
        sim.main([*words, "--prg-depth", "64"])
    needed = re.search(r"\d+", str(caught.value))
    assert needed
    assert sim.main([*words, "--prg-depth", needed[0]]) == 0


def test_more_layers_than_the_table_of_cycles_has_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their cycles would be counted for other layers."""
    assert f"localparam LAYERS  = {run_files.LAYERS};" in (HDL / "core_harness.v").read_text()
    monkeypatch.setattr(run_files, "LAYERS", 4)
    words = ["--model", "digits_w4a4", "--layer", "all", "--backend", "model", "--images", "1", "--out", str(tmp_path)]
    with pytest.raises(UserError, match=r"digits_w4a4 has \d+ layers; the harness counts the cycles of 2 at most"):
        sim.main(words)
