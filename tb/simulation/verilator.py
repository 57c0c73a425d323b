"""How Verilator is called: what cocotb's runner does not do, and what need not be done for every build."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cocotb_tools.config
from cocotb_tools.runner import Verilator

from t2c.tb.simulation.plain_paths import plain_path

# A design that depends on an uninitialised register must not pass by luck: values come from the run's seed.
VERILATOR_ARGS = ("--x-assign", "unique", "--x-initial", "unique", "-O3", "-Wno-fatal")
TIMING_ARGS = ("--timing", "-CFLAGS", "-std=c++20", "-CFLAGS", "-fcoroutines")
COVERAGE_ARGS = ("--coverage-line", "--coverage-toggle")
# -O3 takes twice as long to compile and simulates little faster. All of a design is one unit of compilation: files of
# their own need two precompiled headers, which take longer than our largest design. The PyPI wheel was configured on
# another machine: it calls a `python` that a bare Debian does not have.
_MAKE_ARGS = ("OPT_FAST=-O1", "OPT_GLOBAL=-O2", "VM_PARALLEL_BUILDS=0")
# Verilator's own library is the same for every design with the same options, and takes longer to compile than a small
# design. `make` finds its objects up to date.
_FETCH = 'mkdir -p "$1" && for f in "$1"/verilated*.o; do [ -e "$f" ] && cp "$f" .; done; true'
_KEEP = 'for f in verilated*.o; do [ -e "$1/$f" ] || { cp "$f" "$1/.$$.$f" && mv "$1/.$$.$f" "$1/$f"; }; done'


def make_arguments() -> tuple[str, ...]:
    """What make is told besides Verilator's own Makefile."""
    return (*_MAKE_ARGS, f"PYTHON3={plain_path(Path(sys.executable))}")


def runtime_objects(builds: Path, arguments: Sequence[str], version: str) -> Path:
    """Folder that keeps the compiled library for builds with these options.

    Args:
        builds: folder of all builds.
        arguments: of Verilator.
        version: of Verilator.
    """
    key = json.dumps([version, sorted(arguments), make_arguments()])
    return builds / f"verilated-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def library_commands(runtime: Path) -> tuple[list[str], list[str]]:
    """Before and after make: fetch what is compiled of the library, and keep what was not."""
    fetch, keep = (["sh", "-c", script, "sh", str(runtime)] for script in (_FETCH, _KEEP))
    return fetch, keep


class LeanVerilator(Verilator):
    """cocotb's runner without --public-flat-rw, which publishes every signal and more than halves the speed.

    runtime: where the compiled library is kept; None compiles it.
    """

    def __init__(self, runtime: Path | None = None) -> None:
        super().__init__()
        self.runtime = runtime

    def _build_command(self) -> list[list[str]]:
        verilate, make = super()._build_command()
        for folder in (cocotb_tools.config.libs_dir, cocotb_tools.config.share_dir):  # they go into a Makefile
            verilate = [word.replace(str(folder), str(plain_path(folder))) for word in verilate]
        commands = [[word for word in verilate if word != "--public-flat-rw"], [*make, *make_arguments()]]
        if self.runtime is None:
            return commands
        fetch, keep = library_commands(self.runtime)
        return [commands[0], fetch, commands[1], keep]
