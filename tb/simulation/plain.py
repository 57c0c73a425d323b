"""Build and run a design that is its own bench: Verilog alone, without cocotb.

A build is whole or none, as in `t2c.tb.simulation.runner`: its stamp is written last.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from t2c.common.atomic import write_atomic
from t2c.common.errors import SimulatorError
from t2c.common.process_group import run_in_group
from t2c.common.time_limit import SCALE, scaled
from t2c.tb.simulation.cocotb_runner import first_error, refuse_full_disk
from t2c.tb.simulation.plain_paths import builds_folder, plain_path
from t2c.tb.simulation.runner import BUILD_LIMIT, Design
from t2c.tb.simulation.simulators import ICARUS, Simulator
from t2c.tb.simulation.verilator import (
    TIMING_ARGS,
    VERILATOR_ARGS,
    library_commands,
    make_arguments,
    runtime_objects,
)

TIMESCALE = "1ns/1ps"
_STAMP, _LOCK = "built", "lock"


@dataclass(frozen=True, kw_only=True)
class PlainBuild:
    """A design that is built. program: what a run starts."""

    simulator: Simulator
    program: Path
    waves: bool


def build_plain(design: Design, simulator: Simulator, output: Path, *, waves: bool = False) -> PlainBuild:
    """Build a design whose top makes its own clock and ends itself, or return the build that is there.

    Args:
        design: its first source has the time scale of those that state none.
        simulator: what with.
        output: folder of all build output.
        waves: with FST tracing, and the macro T2C_WAVES; a build of its own.

    Raises:
        SimulatorError: the simulator refuses the sources; the message names the log.
    """
    name = f"{simulator.name}-plain-{design.top}-{design.fingerprint(simulator, waves)}"
    directory = builds_folder(output) / name
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / ("sim.vvp" if simulator.name == ICARUS else "sim")
    with (directory / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((directory / _STAMP).is_file() and program.is_file()):
            _build(design, simulator, directory, program.name, waves)
            write_atomic(directory / _STAMP, "")
    return PlainBuild(simulator=simulator, program=program, waves=waves)


def _build(design: Design, simulator: Simulator, directory: Path, program: str, waves: bool) -> None:
    simulator.activate()
    log = directory / "build.log"
    files = [f"-I{plain_path(folder)}" for folder in design.includes()]
    files += [f"-D{name}={value}" if value else f"-D{name}" for name, value in design.files.defines.items()]
    files += ["-DT2C_WAVES"] if waves else []
    files += [str(plain_path(path)) for path in design.sources()]
    if simulator.name == ICARUS:
        commands = [["iverilog", "-g2012", "-o", program, "-s", design.top, *files]]
    else:
        commands = _verilator_commands(design, simulator, directory, program, files, waves)
    with log.open("w") as out:
        for command in commands:
            if _run(command, directory, out, BUILD_LIMIT):
                refuse_full_disk(directory)
                shutil.rmtree(directory / "obj", ignore_errors=True)
                cause = first_error(log)
                raise SimulatorError(f"{simulator.name} cannot build {design.top}: {cause} (see {log})")


def _verilator_commands(
    design: Design, simulator: Simulator, directory: Path, program: str, files: Sequence[str], waves: bool
) -> list[list[str]]:
    """Verilate, fetch what is compiled of Verilator's own library, make, keep it."""
    arguments = [*VERILATOR_ARGS, *TIMING_ARGS, *(["--trace-fst"] if waves else [])]
    runtime = runtime_objects(directory.parent, [*arguments, "plain"], simulator.version)
    main = [str(plain_path(design.main))] if design.main else ["--main"]
    verilate = ["verilator", "--cc", "--exe", *main, "--top-module", design.top, "--prefix", "Vtop"]
    verilate += ["--Mdir", ".", "-o", program, "--timescale", TIMESCALE, *arguments, *files]
    fetch, keep = library_commands(runtime)
    return [verilate, fetch, ["make", "-f", "Vtop.mk", *make_arguments()], keep]


def simulate_plain(
    built: PlainBuild, directory: Path, *, seed: int, plusargs: Mapping[str, str | int], limit: float
) -> int:
    """Run it in a folder, to its end; the exit status. What it prints goes to sim.log there.

    Args:
        built: the build.
        directory: of the run.
        seed: of every random choice of the simulator.
        plusargs: name to value.
        limit: seconds that it gets, on a quiet machine.

    Raises:
        SimulatorError: it did not end in time.
    """
    built.simulator.activate()
    words = [f"+{name}={value}" for name, value in plusargs.items()]
    if built.simulator.name == ICARUS:
        command = ["vvp", "-n", str(built.program), *(["-fst"] if built.waves else []), *words]
    else:
        command = [str(built.program), *words, "+verilator+rand+reset+2", f"+verilator+seed+{seed % 0x7FFFFFFF + 1}"]
    with (directory / "sim.log").open("w") as out:
        return _run(command, directory, out, limit)


def _run(command: list[str], folder: Path, out: IO[str], limit: float) -> int:
    try:
        return run_in_group(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, limit=scaled(limit)).returncode
    except subprocess.TimeoutExpired as error:
        raise SimulatorError(
            f"{Path(command[0]).name} did not end within {scaled(limit):.0f} s and was stopped: a loop without delay "
            f"in the Verilog, or a machine that is slower than was thought of ({SCALE}=2 doubles every limit)"
        ) from error
