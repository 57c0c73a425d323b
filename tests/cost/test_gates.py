"""`make gates`: a netlist passes the bench of its source, and a netlist of something else does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import family
from t2c.cost.gates.core import WATCHED, write_core
from t2c.cost.gates.description import write_description
from t2c.cost.keeper import Keeper
from t2c.cost.netlist import NETLIST, write_netlist
from t2c.tb.catalogue.unit_registry import find_unit
from t2c.tb.dut.description import load_description
from t2c.tb.dut.ports import Elaboration
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import UnitRun, run_description
from tests.conftest import ROOT

NARROW = {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 2, "SHIFT_W": 1, "OUT_W": 2}
FOLDER = ROOT / "sim_build" / "tests" / "gates"


def call(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "t2c.cost.gates", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def run_netlist_of(rtl: Path, name: str) -> UnitRun:
    """The bench of MulQuant over the netlist of the one in a folder."""
    design = SynthesisDesign(top="mulquant", rtl=rtl, parameters=NARROW)
    netlist = write_netlist(design, family("gates"), Keeper(folder=FOLDER, progress=lambda line: None))
    dut = write_description(find_unit("mulquant").description, netlist, NARROW, FOLDER / name)
    return run_description(load_description(dut), find_simulator("icarus"), FOLDER, only=["corners"])


@pytest.mark.slow
def test_the_netlist_of_a_fault_fails(tmp_path: Path) -> None:
    """The same bench over the netlist of the source, and of a source with one sign turned."""
    for path in RTL.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    source = tmp_path / "mulquant.v"
    right, wrong = "zero_point_i", "~zero_point_i"
    text = source.read_text()
    line = next(line for line in text.splitlines() if right in line and "input" not in line and "//" not in line)
    source.write_text(text.replace(line, line.replace(right, wrong)))
    assert run_netlist_of(RTL, "right").outcome.passed
    assert not run_netlist_of(tmp_path, "wrong").outcome.passed


@pytest.mark.campaign
@pytest.mark.slow
def test_a_unit_with_a_table_by_the_command() -> None:
    done = call("--unit=lut_softmax", "--family=xc7", f"--out={FOLDER}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "module    lut_softmax_netlist of " in done.stdout
    assert "verdict   PASS" in done.stdout


@pytest.mark.slow
def test_the_core_around_a_netlist_has_the_ports_of_the_core(tmp_path: Path) -> None:
    """Whatever is in the netlist: the module around it has every port and parameter of the source."""
    ours = Elaboration(sorted(RTL.glob("*.v")), "t2c_core", includes=[RTL]).top()
    ports = ", ".join(f"{port.direction} [{port.width - 1}:0] {name}" for name, port in ours.ports.items())
    nets = "".join(f" wire {net} = 1'b0;" for net in WATCHED)
    netlist = tmp_path / NETLIST
    netlist.write_text(f"module t2c_core_netlist ({ports});{nets} endmodule\n")
    folder = write_core(netlist, tmp_path / "core")
    around = Elaboration([folder / NETLIST, folder / "t2c_core.v"], "t2c_core", includes=[folder]).top()
    assert {name: (port.direction, port.width) for name, port in around.ports.items()} == {
        name: (port.direction, port.width) for name, port in ours.ports.items()
    }
    assert around.parameters == ours.parameters


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--unit=ram"], "--unit = 'ram' has no bench"),
        (
            ["--unit=layer_engine", "--parameters=ROWS=4"],
            "layer_engine runs inside the core, whose parameters are options",
        ),
        (["--family=cmos"], "--family = 'cmos': the families are"),
        (["--unit=mulquant", "--family=cmos"], "--family = 'cmos': the families are"),
        (["--stall=p50,p50,p50"], "--stall"),
        (["--images=0"], "--images = 0"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], message: str) -> None:
    done = call(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
