"""A build belongs to the sources that it was made from, and a result to the run that gave it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import t2c.tb.simulation.runner
from t2c.common.errors import SimulatorError, UserError
from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import cosimulate, run_folder
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.runner import Design, build
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


@pytest.fixture
def package() -> Package:
    return layer_package(LayerShape(channels=4, out=4))


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
