"""cocotb's runners as we use them: every process has a limit of time, and no variable of a shell changes what they do.

cocotb is imported where a simulator is built or run, and only there: the model of the core runs without it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from t2c.common.errors import SimulatorError
from t2c.common.process_group import run_in_group
from t2c.common.time_limit import SCALE, scaled
from t2c.tb.simulation.simulators import ICARUS, Simulator

if TYPE_CHECKING:
    from cocotb_tools.runner import Runner

FULL = 1 << 16
"""Bytes that are free on a disk that is full."""


def make_runner(simulator: Simulator, limit: float, runtime: Path | None = None) -> Runner:
    """cocotb's runner for a simulator.

    Args:
        simulator: which.
        limit: seconds that each of its processes gets, on a quiet machine.
        runtime: folder that keeps Verilator's compiled library; None compiles it.
    """
    from cocotb_tools.runner import Icarus

    from t2c.tb.simulation.verilator import LeanVerilator

    simulator.activate()
    runner = Icarus() if simulator.name == ICARUS else LeanVerilator(runtime)

    def execute(commands: Sequence[list[str]], cwd: Any, stdout: Any = None) -> None:
        for command in commands:
            runner.log.info("Running %s in %s", command, cwd)
            _run(command, cwd, runner.env, stdout, scaled(limit))

    runner._execute_cmds = execute  # type: ignore[method-assign,assignment]
    return runner


def _run(command: list[str], cwd: Any, environment: dict[str, str], stdout: Any, limit: float) -> None:
    stderr = None if stdout is None else subprocess.STDOUT
    try:
        done = run_in_group(command, cwd=cwd, env=environment, stdout=stdout, stderr=stderr, limit=limit)
    except subprocess.TimeoutExpired as error:
        raise SimulatorError(
            f"{Path(command[0]).name} did not end within {limit:.0f} s and was stopped: a loop without delay in the "
            f"Verilog, or a machine that is slower than was thought of ({SCALE}=2 doubles every limit)"
        ) from error
    if done.returncode:
        raise RuntimeError(f"Command failed with return code: {done.returncode}")


@contextlib.contextmanager
def plain_environment() -> Iterator[None]:
    """Hide the variables by which pytest or a shell would change what cocotb's runner does."""
    before, level = dict(os.environ), logging.getLogger().level
    for name in ("PYTEST_CURRENT_TEST", "WAVES", "GUI"):
        os.environ.pop(name, None)
    if shutil.which("ccache"):
        os.environ.setdefault("OBJCACHE", "ccache")
    logging.getLogger().setLevel(logging.WARNING)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        logging.getLogger().setLevel(level)


def first_error(log: Path) -> str:
    """The first line of a log that tells of an error; its last one if none does."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    for line in lines:
        if "error" in line.lower() or "***" in line:
            return line.strip()
    return lines[-1].strip() if lines else "no output"


def read_results(results: Path, log: Path, simulator: Simulator) -> tuple[int, int]:
    """How many tests ran and how many failed; none of either if the simulation ended too early to say so.

    Args:
        results: cocotb's results.xml.
        log: of the simulator.
        simulator: that ran.

    Raises:
        SimulatorError: it is not the design that ended early, but the simulator that never began, or a full disk.
    """
    from cocotb_tools.check_results import get_results

    try:
        ran, failed = get_results(results)
        return int(ran), int(failed)
    except (RuntimeError, OSError, ElementTree.ParseError) as error:
        refuse_full_disk(results.parent)
        if results.exists():
            raise SimulatorError(
                f"{results}: not whole; the simulator was stopped while it wrote its results"
            ) from error
        if "cocotb" not in (log.read_text(errors="replace") if log.is_file() else ""):
            text = first_error(log) if log.is_file() and log.stat().st_size else "it printed nothing"
            raise SimulatorError(f"{simulator.name} ended without having run anything: {text} (see {log})") from error
        return 0, 0


def refuse_full_disk(folder: Path) -> None:
    """Say that a disk is full, where that is why something is missing.

    Raises:
        SimulatorError: it is.
    """
    free = shutil.disk_usage(folder).free
    if free < FULL:
        raise SimulatorError(f"the disk is full: {free} bytes are free in {folder}")
