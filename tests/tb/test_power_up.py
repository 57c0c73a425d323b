"""Registers may hold anything before the first clock edge of reset; what a file has filled must survive that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.random_layers import LayerShape, layer_package

pytestmark = pytest.mark.slow

SEEDS = range(1, 7)
"""Verilator starts registers from the seed; each has an even chance of a write enable that is high."""


def verdicts(rtl: Path, output: Path) -> list[bool]:
    """One layer whose weights fill their memory, so that any stray write spoils one."""
    package = layer_package(LayerShape(channels=4, out=4, kernel=(1, 1), padding=(0, 0)))
    hardware = Hardware(rows=4, cols=4, wgt_depth=4, par_depth=4, act_depth=1024)
    simulator = find_simulator("verilator")
    return [
        cosimulate(
            package, "random", RunRequest(layer="layer", images=2, seed=seed, rtl=rtl), hardware, simulator, output
        ).passed
        for seed in SEEDS
    ]


@pytest.mark.campaign
def test_constants_survive_power_up(sim_output: Path) -> None:
    assert all(verdicts(RTL, sim_output))


def test_an_ungated_write_enable_is_caught(tmp_path: Path, sim_output: Path) -> None:
    shutil.copytree(RTL, tmp_path / "rtl")
    core = tmp_path / "rtl" / "t2c_core.v"
    assert core.read_text().count(" & rst_ni)") == 3
    core.write_text(core.read_text().replace(" & rst_ni)", ")"))
    assert not all(verdicts(tmp_path / "rtl", sim_output))
