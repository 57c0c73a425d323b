"""Build the harness of an accelerator once, run scenarios in it, judge each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from t2c.common.errors import SimulatorError, UserError
from t2c.common.places import HDL
from t2c.tb.accelerator.clocks import main_text
from t2c.tb.accelerator.description import AcceleratorDescription
from t2c.tb.accelerator.events import read_events
from t2c.tb.accelerator.harness import EVENTS, TOP, harness_text
from t2c.tb.accelerator.judge import DoorVerdict, judge
from t2c.tb.accelerator.run_files import BoundAccelerator, write_run_files
from t2c.tb.accelerator.scenario import Scenario
from t2c.tb.dut.file_fields import lay_out
from t2c.tb.simulation.cocotb_runner import first_error
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import FileList
from t2c.tb.simulation.plain import build_plain, simulate_plain
from t2c.tb.simulation.runner import RUN_LIMIT, Design
from t2c.tb.simulation.simulators import ICARUS, Simulator

OURS = ("door_hold", "door_source", "door_sink", "door_ram", "door_memory", "door_axi4", "door_axil")
_DOOR = Path(__file__).parent / "hdl"
WAVES = "waves.fst"


@dataclass(frozen=True, kw_only=True)
class ScenarioResult:
    """What came out of a scenario. waves: of it, if they were asked for."""

    scenario: Scenario
    verdict: DoorVerdict
    folder: Path
    waves: Path | None


def harness_design(description: AcceleratorDescription, output: Path) -> Design:
    """Write the harness into a folder that is named after its content, and say how to build it.

    Raises:
        YamlError: the sources define a module that is among ours too.
    """
    clash = sorted(description.module.definitions & {TOP, "stall_gen", *OURS})
    if clash:
        raise SimulatorError(
            f"{description.path}: sources: module {clash[0]!r} has the name of one that the harness needs"
        )
    text = harness_text(description)
    ours = [*(_DOOR / f"{name}.v" for name in OURS), HDL / "stall_gen.v"]
    theirs = description.files
    digest = hashlib.sha256((text + theirs.text()).encode()).hexdigest()[:12]
    folder = output / "duts" / f"{description.top}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    harness = folder / f"{TOP}.v"
    files = FileList(sources=(harness, *ours, *theirs.sources), includes=theirs.includes, defines=theirs.defines)
    main = folder / f"{TOP}.cpp"
    for path, content in ((harness, text), (main, main_text(description.clocks)), (folder / FILELIST, files.text())):
        if not path.is_file() or path.read_text() != content:
            path.write_text(content)
    return Design(top=TOP, rtl=folder, timing=True, own_waves=True, main=main)


def _refused(description: AcceleratorDescription, simulator: Simulator, error: SimulatorError) -> UserError:
    """Why a simulator does not take the sources, and what to do if another one may."""
    other = ""
    if simulator.name == ICARUS and any(path.suffix == ".sv" for path in description.files.sources):
        other = "; SIM=verilator takes more of SystemVerilog"
    if description.doubt:
        return UserError(f"{description.doubt}; {simulator.name} does not take it either{other}")
    return SimulatorError(f"{error}{other}")


def run_scenario(
    bound: BoundAccelerator,
    scenario: Scenario,
    simulator: Simulator,
    output: Path,
    folder: Path,
    waves: tuple[int, int | None] | None = None,
) -> ScenarioResult:
    """Simulate one scenario and judge it.

    Args:
        bound: the accelerator with its tensors; scenario: what; simulator: where; output: of builds; folder: of this
        simulation; waves: first and last cycle of a waveform.
    """
    design = harness_design(bound.description, output)
    try:
        built = build_plain(design, simulator, output, waves=waves is not None)
    except SimulatorError as error:
        raise _refused(bound.description, simulator, error) from error
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (EVENTS, WAVES, "sim.log"):
        (folder / stale).unlink(missing_ok=True)
    plan = scenario.plan(bound.runs)
    write_run_files(bound, plan, folder)
    lay_out(bound.description.run_files, folder)
    plusargs: Mapping[str, str | int] = {**bound.description.plusargs, **scenario.plusargs()}
    if waves:
        plusargs = {**plusargs, "wave_file": WAVES, "wave_first": waves[0]}
        plusargs |= {"wave_last": waves[1]} if waves[1] is not None else {}
    simulate_plain(built, folder, seed=scenario.seed, plusargs=plusargs, limit=RUN_LIMIT)
    verdict = judge(bound, plan, read_events(folder / EVENTS), printed=first_error(folder / "sim.log"))
    found = folder / WAVES
    return ScenarioResult(
        scenario=scenario, verdict=verdict, folder=folder, waves=found if waves and found.is_file() else None
    )
