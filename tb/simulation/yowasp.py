"""Programs that PyPI has as WebAssembly, yowasp-NAME: the one on PATH, otherwise that of the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from t2c.common.errors import SimulatorError


def find_program(name: str, extra: str) -> str:
    """Return the executable: NAME on PATH, otherwise yowasp-NAME beside this Python.

    The wheel compiles its WebAssembly when it is first called. What it then keeps belongs to the environment, so that
    set-up does it for every user and home: two that write and read it at once end each other by a bus error.

    Args:
        name: such as `yosys`.
        extra: of the distribution, that installs the wheel.

    Raises:
        SimulatorError: neither is there.
    """
    found, wheel = shutil.which(name), Path(sys.executable).parent / f"yowasp-{name}"
    if found is not None:
        return found
    if not wheel.is_file():
        raise SimulatorError(f"{name} is not on PATH: the {extra} extra installs yowasp-{name}")
    os.environ.setdefault("YOWASP_CACHE_DIR", str(Path(sys.prefix) / "yowasp"))
    return str(wheel)


if __name__ == "__main__":  # set-up: compiles the wheels that are named
    for program in sys.argv[1:]:
        try:
            status = subprocess.run([find_program(program, program), "--version"], check=False).returncode
        except SimulatorError as error:
            sys.exit(str(error))
        if status:
            sys.exit(status)
