"""`make cost` of small units: the counts, what is refused, what is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.errors import SettingError, SimulatorError, UserError
from t2c.cost.__main__ import parse_parameters
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import FAMILIES, family
from t2c.cost.keeper import Keeper
from t2c.cost.subject import core_design, core_program, unit_design
from t2c.cost.synthesis import synthesise
from tests.conftest import ROOT

PE = {"A_W": 9, "W_W": 8, "PSUM_W": 21}


class Told:
    """Progress that a test reads."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where runs are kept: below the repository, since the wheel of Yosys sees nothing below /tmp."""
    return ROOT / "sim_build" / "tests" / "cost"


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "t2c.cost", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_processing_element_in_every_family(name: str, folder: Path) -> None:
    """One multiplier, and the registers of the source; a DSP48E1 or an SB_MAC16 takes some of them in."""
    keeper = Keeper(folder=folder, progress=Told())
    design = unit_design("mac_pe", PE)
    cost, gates = (synthesise(design, family(target), keeper) for target in (name, "gates"))
    assert cost.blocks.multipliers == 1
    assert cost.counts.get("dsp", 1) == 1
    taken_in = name in ("xc7", "ice40") and cost.counts["ff"] < gates.counts["ff"]
    assert cost.counts["ff"] == gates.counts["ff"] or taken_in


@pytest.mark.slow
def test_a_run_is_kept_until_its_sources_change(folder: Path, tmp_path: Path) -> None:
    told = Told()
    keeper = Keeper(folder=folder, progress=told)
    design = unit_design("mac_pe", PE)
    synthesise(design, family("gates"), keeper)
    told.lines.clear()
    synthesise(design, family("gates"), keeper)
    assert told.lines == []
    for path in design.rtl.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    source = tmp_path / "mac_pe.v"
    source.write_text(source.read_text() + "// another\n")
    other = SynthesisDesign(top="mac_pe", rtl=tmp_path, parameters=PE)
    assert other.digest() != design.digest()


@pytest.mark.slow
def test_a_design_that_folds_away_has_no_cost(folder: Path) -> None:
    """A program memory without a program: Yosys takes the sequencer away and says nothing."""
    whole = unit_design("program_sequencer", {"DEPTH": 128})
    keeper = Keeper(folder=folder, progress=Told())
    assert synthesise(whole, family("gates"), keeper, by_module=False).blocks.memories == 1
    empty = SynthesisDesign(top=whole.top, rtl=whole.rtl, parameters=whole.parameters)
    with pytest.raises(UserError, match="program_sequencer: 0 of its 1 memories are left"):
        synthesise(empty, family("gates"), keeper)


@pytest.mark.slow
def test_an_index_into_a_vector_is_no_multiplier(folder: Path) -> None:
    """Lane i of W_W bits begins at bit W_W i, which is a product until a tool sees that it is a choice."""
    design = unit_design("operand_mover", {"W_W": 5})
    cost = synthesise(design, family("gates"), Keeper(folder=folder, progress=Told()), by_module=False)
    assert cost.blocks.multipliers == 0


@pytest.mark.slow
def test_what_yosys_ends_without_is_not_kept(folder: Path) -> None:
    """After ABC the wheel's Yosys may stop in silence."""
    design = unit_design("mac_pe", PE)
    keeper = Keeper(folder=folder, progress=Told())
    for _ in range(2):
        with pytest.raises(SimulatorError, match=r"Yosys ended without stat.json"):
            keeper.yosys(design, "nothing", "log", "stat.json")


@pytest.mark.slow
def test_modules_add_up(folder: Path) -> None:
    """Of a design that is mapped module by module, the whole tree has the cells of all its parts."""
    design = unit_design("systolic_array", {"ROWS": 2, "COLS": 2})
    cost = synthesise(design, family("gates"), Keeper(folder=folder, progress=Told()))
    assert cost.tree is not None
    (elements,) = (module for module in cost.tree.below if module.module == "array_element")
    assert elements.instances == 4
    assert cost.blocks.multipliers == 4
    parts: dict[str, int] = {}
    for module in cost.tree.below:
        for cell, number in module.cells.items():
            parts[cell] = parts.get(cell, 0) + number * module.instances
    assert all(cost.tree.cells[cell] >= number for cell, number in parts.items())


@pytest.mark.slow
def test_placed_and_routed(folder: Path) -> None:
    out = folder / "command"
    done = call("--unit=mac_pe", "--pnr=1", f"--out={out}", "--by-module=0")
    assert done.returncode == 0, done.stderr
    said = json.loads((out / "mac_pe-ecp5.json").read_text())
    routed = said["place_and_route"]
    assert 20 < routed["median_mhz"] < 400
    assert routed["utilisation"]["MULT18X18D"][0] == said["total"]["dsp"] == 1
    assert routed["utilisation"]["TRELLIS_FF"][0] == said["total"]["ff"]
    path = routed["critical_path"]
    assert abs(path["ns"] * routed["median_mhz"] / 1000 - 1) < 0.01
    assert abs(sum(leg["ns"] for leg in path["legs"]) - path["ns"]) < 0.01
    assert "clock     " in done.stdout


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--family=lattice"], "--family = 'lattice': the families are ecp5, xc7, ice40, gowin, gates"),
        (["--unit=pe"], "--unit = 'pe' is not one of accumulator, "),
        (["--unit=mulquant", "--rows=4"], "mulquant has no parameter ROWS; it has ACC_W, SCALE_W"),
        (["--unit=mulquant", "--parameters=ACC_W"], "--parameters = 'ACC_W': NAME=VALUE,... with whole numbers"),
        (["--parameters=ACC_W=3"], "--parameters = 'ACC_W=3' needs --unit"),
        (["--pnr=1", "--device=ecp5-12k"], "--device = 'ecp5-12k': the devices are ecp5-25k, ecp5-45k, ecp5-85k"),
        (["--pnr=1", "--family=xc7"], "--device = ecp5-85k is of family ecp5, and --family is xc7"),
        (["--pnr=1", "--speed=5"], "--speed = 5: the speed grades are 6, 7 and 8"),
        (["--seeds=0"], "--seeds = 0 is below 1"),
        (["--rows=7", "--cols=3"], "ROWS = 7 is not a multiple of COLS = 3"),
        (["--par-depth=3"], "PAR_DEPTH"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], message: str) -> None:
    done = call(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_parameters() -> None:
    assert parse_parameters("") == {}
    with pytest.raises(SettingError, match="each once"):
        parse_parameters("A=1,A=2")


def test_the_core_gets_the_memories_of_its_network() -> None:
    program = core_program("digits_w8a8", {"rows": 4, "cols": 4})
    design = core_design(program.hardware)
    assert design.parameters["WGT_DEPTH"] >= len(program.weights) > design.parameters["WGT_DEPTH"] // 2
    assert len(design.files["PROGRAM_FILE"].split()) == design.parameters["PRG_DEPTH"]
    wider = core_program("digits_w8a8", {"rows": 4, "cols": 4, "act_depth": 4096})
    assert wider.hardware.act_depth == 4096
