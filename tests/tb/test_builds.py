"""A build belongs to the sources that it was made from, and a result to the run that gave it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import t2c.tb.simulation.runner
from t2c.common.errors import SimulatorError, UserError
from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import cosimulate, run_folder
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.cocotb_runner import read_results
from t2c.tb.simulation.plain_paths import is_plain, plain_path
from t2c.tb.simulation.runner import Design, build, simulate
from t2c.tb.simulation.simulators import find_simulator
from tests.random_layers import LayerShape, layer_package

pytestmark = pytest.mark.slow


def test_sources_that_change_during_a_build_leave_no_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the simulator of one version would be found under the name of another."""
    rtl = tmp_path / "rtl"
    shutil.copytree(RTL, rtl)
    build_locked = t2c.tb.simulation.runner._build_locked

    def edited_meanwhile(*arguments: object) -> None:
        build_locked(*arguments)
        (rtl / "mulquant.v").write_text((rtl / "mulquant.v").read_text() + "// another version\n")

    monkeypatch.setattr(t2c.tb.simulation.runner, "_build_locked", edited_meanwhile)
    design = Design(top="mulquant", rtl=rtl, published=("*_i", "*_o"))
    with pytest.raises(SimulatorError, match="sources of mulquant changed while it was built"):
        build(design, find_simulator("icarus"), tmp_path)
    assert list(tmp_path.glob("builds/icarus-*/built.json")) == []


@pytest.mark.parametrize("spoil", [b"", b"half", None])
def test_a_build_that_is_not_whole_is_built_again(spoil: bytes | None, tmp_path: Path) -> None:
    """What a full disk, a lost power or a simulator that makes nothing leaves does not fail for ever."""
    design = Design(top="lut_pointwise", rtl=RTL, published=("*_i", "*_o"))
    built = build(design, find_simulator("icarus"), tmp_path)
    product = built.directory / "sim.vvp"
    whole = product.read_bytes()
    (built.directory / "half an object.o").write_bytes(b"")
    if spoil is None:
        (built.directory / "built.json").write_text("{")
    else:
        product.write_bytes(spoil)
    assert build(design, find_simulator("icarus"), tmp_path).directory == built.directory
    assert len(product.read_bytes()) == len(whole)
    assert not (built.directory / "half an object.o").exists()


def fake(folder: Path, **scripts: str) -> str:
    """A PATH that begins with these programs."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_a_simulator_that_makes_nothing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator, design = find_simulator("icarus"), Design(top="lut_pointwise", rtl=RTL)
    monkeypatch.setenv("PATH", fake(tmp_path / "nothing", iverilog="exit 0"))
    with pytest.raises(SimulatorError, match="icarus cannot build lut_pointwise: no output"):
        build(design, simulator, tmp_path)
    monkeypatch.undo()
    build(design, simulator, tmp_path)


def test_a_build_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator, design = find_simulator("icarus"), Design(top="lut_pointwise", rtl=RTL)
    monkeypatch.setattr(t2c.tb.simulation.runner, "BUILD_LIMIT", 0.2)
    monkeypatch.setenv("PATH", fake(tmp_path / "slow", iverilog="exec sleep 1000"))
    with pytest.raises(SimulatorError, match=r"iverilog did not end within \d+ s and was stopped"):
        build(design, simulator, tmp_path)


def test_a_simulator_that_runs_nothing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = find_simulator("icarus")
    built = build(Design(top="lut_pointwise", rtl=RTL), simulator, tmp_path)
    run = {"module": "x", "tests": ("x",), "directory": tmp_path / "run", "seed": 1}
    monkeypatch.setenv("PATH", fake(tmp_path / "nothing", vvp="exit 0"))
    with pytest.raises(SimulatorError, match="icarus ended without having run anything: it printed nothing"):
        simulate(built, **run)
    monkeypatch.setenv("PATH", fake(tmp_path / "half", vvp=f": > {tmp_path}/run/results.xml"))
    with pytest.raises(SimulatorError, match=r"results\.xml: not whole"):
        simulate(built, **run)
    monkeypatch.setenv("PATH", fake(tmp_path / "slow", vvp="exec sleep 1000"))
    with pytest.raises(SimulatorError, match="vvp did not end within"):
        simulate(built, **run, limit=0.2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(SimulatorError, match="the disk is full: 0 bytes are free"):
        read_results(tmp_path / "run" / "none.xml", tmp_path / "none.log", simulator)


@pytest.mark.sample(3)
@pytest.mark.usefixtures("compiled_library")
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_a_folder_of_any_name_is_built_and_run_in(simulator: str, package: Package, tmp_path: Path) -> None:
    """Blanks, which make cannot build under, and letters beyond ASCII, under which Icarus opens no file."""
    hardware = Hardware(rows=4, cols=4, act_depth=1024)
    request = RunRequest(layer="layer")
    assert cosimulate(package, "random", request, hardware, find_simulator(simulator), tmp_path / "ünï çlone").passed


def test_a_path_that_no_tool_can_spell_is_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sp ace" / "inner"
    folder.mkdir(parents=True)
    found = plain_path(folder / "x.v")
    assert is_plain(found)
    assert found.parent.resolve() == folder
    assert plain_path(Path("/usr/bin")) == Path("/usr/bin")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "sp ace"))
    with pytest.raises(SimulatorError, match="set TMPDIR to a folder without blanks"):
        plain_path(folder)


@pytest.fixture
def package() -> Package:
    return layer_package(LayerShape(channels=4, out=4))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("request_", "hardware", "error"),
    [
        (RunRequest(layer="layer", images=99), Hardware(rows=4, cols=4, act_depth=1024), UserError),
        (RunRequest(layer="layer"), Hardware(rows=4, cols=4, act_depth=4), UnsupportedError),
    ],
)
def test_a_refused_run_leaves_no_old_result(
    request_: RunRequest, hardware: Hardware, error: type[Exception], package: Package, tmp_path: Path
) -> None:
    simulator, usual = find_simulator("icarus"), Hardware(rows=4, cols=4, act_depth=1024)
    assert cosimulate(package, "random", RunRequest(layer="layer"), usual, simulator, tmp_path).passed
    result = run_folder(package, "layer", usual, simulator, tmp_path) / "result.json"
    assert result.is_file()
    with pytest.raises(error):
        cosimulate(package, "random", request_, hardware, simulator, tmp_path)
    assert not result.exists()
