"""`make bitstream` up to the tools: the chip is the core with a network in it, and the folder stands by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.cost.bitstream.__main__ import write_rtl, write_scripts
from t2c.cost.bitstream.scripts import ECP5, VIVADO
from t2c.cost.place_and_route import DEVICES
from t2c.cost.subject import core_program
from t2c.mapping.program import Program
from t2c.tb.dut.ports import Elaboration
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import read_filelist
from tests.conftest import ROOT


class Options:
    """What the command line says."""

    model, speed, seed = "digits_w8a8", 6, 1


@pytest.fixture(scope="module")
def program() -> Program:
    return core_program("digits_w8a8", {"rows": 4, "cols": 4})


def test_the_chip_is_the_core_without_its_trace(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "rtl"
    write_rtl(program, folder)
    chip = Elaboration(read_filelist(folder / FILELIST).sources, "chip", includes=[folder]).top()
    core = Elaboration(sorted(RTL.glob("*.v")), "t2c_core", program.hardware.parameters(), includes=[RTL]).top()
    wanted = {name: port for name, port in core.ports.items() if not name.startswith("trace_")}
    assert len(wanted) < len(core.ports)
    assert {name: (port.direction, port.width) for name, port in chip.ports.items()} == {
        name: (port.direction, port.width) for name, port in wanted.items()
    }
    inside = Elaboration(read_filelist(folder / FILELIST).sources, "chip", includes=[folder]).instance("i_core")
    numbers = {name: value for name, value in core.parameters.items() if not name.endswith("_FILE")}
    assert {name: inside.parameters[name] for name in numbers} == numbers


def test_its_memories_hold_the_network(program: Program, tmp_path: Path) -> None:
    write_rtl(program, tmp_path / "rtl")
    words = (tmp_path / "rtl" / "program_file.hex").read_text().split()
    assert [int(word, 16) for word in words] == program.words()
    assert len((tmp_path / "rtl" / "weight_file.hex").read_text().split()) == len(program.weights)
    assert '"program_file.hex"' in (tmp_path / "rtl" / "chip.v").read_text()


def test_the_scripts_name_every_source(program: Program, tmp_path: Path) -> None:
    write_rtl(program, tmp_path / "rtl")
    write_scripts(tmp_path, DEVICES["ecp5-45k"], Options, ["clock     1 MHz"])  # type: ignore[arg-type]
    sources = sorted(path.name for path in (tmp_path / "rtl").glob("*.v"))
    for script in (ECP5, VIVADO):
        text = (tmp_path / script).read_text()
        assert all(f" {name}" in text or f"{{{name}" in text for name in sources)
    assert "--45k" in (tmp_path / ECP5).read_text()
    subprocess.run(["sh", "-n", tmp_path / ECP5], check=True)
    assert "clock     1 MHz" in (tmp_path / "README.txt").read_text()


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--device=ice40"], "--device = 'ice40': the devices are"),
        (["--speed=9"], "--speed = 9: the speed grades"),
        (["--model=nothing"], "'nothing' is not a package directory"),
        ([], "is no folder of make bitstream: it is left as it is"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    command = [sys.executable, "-m", "t2c.cost.bitstream", f"--out={tmp_path}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
