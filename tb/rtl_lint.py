"""`make lint`, the Verilog half: Icarus -Wall, Verilator --lint-only -Wall and Yosys must all take the RTL in silence.

Every unit is checked with its defaults and with parameters at both ends of their ranges, as its unit.py says; a
parameter outside its range must stop the elaboration in each tool.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.places import HDL, RTL
from t2c.tb.catalogue.unit import Parameters, Unit
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.loader import BRIDGE
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, find_icarus, find_verilator
from t2c.tb.simulation.yosys import chparam, find_yosys

YOSYS = "yosys"
_STOPS = ("_out_of_range", "_not_above_", "_is_no_")
"""What the names of modules say that are not there, which a unit asks for if its parameters do not fit."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A checker. name: for the report; command: builds its command line."""

    name: str
    executable: str

    def command(self, unit: Unit, parameters: Parameters, scratch: Path) -> list[str]:
        """The command that elaborates a unit and prints something if it finds anything.

        It runs in the RTL's folder with relative names: the Yosys wheel sees no absolute path below /tmp.
        """
        top, files = unit.name, (unit.rtl / "filelist.f").read_text().split()
        if self.name == ICARUS:
            values = [f"-P{top}.{key}={value}" for key, value in parameters.items()]
            return [
                "iverilog",
                "-g2005",
                "-Wall",
                "-I.",
                "-s",
                top,
                *values,
                "-o",
                str(scratch / "lint.vvp"),
                *files,
            ]
        if self.name == VERILATOR:
            values = [f"-G{key}={value}" for key, value in parameters.items()]
            return ["verilator", "--lint-only", "-Wall", "-I.", "--top-module", top, *values, *files]
        return self._yosys(unit, [parameters])

    def _yosys(self, unit: Unit, choices: Sequence[Parameters]) -> list[str]:
        """One process that elaborates a unit with each of these parameters and stops at the first that does not fit."""
        top, script = unit.name, []
        for parameters in choices:
            script.append(f"design -reset; read_verilog -defer -I. {top}.v; {chparam(top, parameters)}")
            script.append(f"hierarchy -libdir . -check -top {top}; proc; check -assert; ")
        return [self.executable, "-q", "-p", "".join(script)]

    def complaints(self, unit: Unit) -> Iterator[str]:
        """What the tool has to say of each choice of parameters that it must take."""
        # Yosys takes longer to start than to look at most units.
        if self.name == YOSYS and not self._said(unit, self._yosys(unit, unit.linted)):
            return iter([""] * len(unit.linted))
        return (self.complaint(unit, choice) for choice in unit.linted)

    def complaint(self, unit: Unit, parameters: Parameters) -> str:
        """What the tool has to say; empty if it is content."""
        with tempfile.TemporaryDirectory() as scratch:
            return self._said(unit, self.command(unit, parameters, Path(scratch)))

    def _said(self, unit: Unit, command: list[str]) -> str:
        done = subprocess.run(command, cwd=unit.rtl, capture_output=True, text=True, check=False)
        noise = ("Preparing to run", "- Verilator", "- V e r i l a t i o n")
        lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(noise)]
        return "\n".join(lines).strip() or ("" if done.returncode == 0 else f"exit status {done.returncode}")


def tools() -> list[Tool]:
    """All three checkers, ready to run.

    Raises:
        SimulatorError: one is missing.
    """
    find_icarus().activate()
    find_verilator().activate()
    names = ((ICARUS, "iverilog"), (VERILATOR, "verilator"), (YOSYS, find_yosys()))
    return [Tool(name=name, executable=executable) for name, executable in names]


def main() -> int:
    """Check everything, as many at a time as there are processors; print one line a check, return 1 if any failed."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checks = [_Check(tool=tool, unit=unit) for tool in tools() for unit in units().values()]
        started = [(check, *check.start(pool)) for check in checks]
        failed = sum(check.report(taken.result(), refused) for check, taken, refused in started)
    failed += _check_harness()
    return 1 if failed else 0


@dataclass(frozen=True, kw_only=True)
class _Check:
    """All builds of a unit by one tool."""

    tool: Tool
    unit: Unit

    def start(self, pool: ThreadPoolExecutor) -> tuple[Future[list[str]], Iterator[str]]:
        """What the tool says of each build: of those that it must take, and of those that it must refuse."""
        taken = pool.submit(lambda: list(self.tool.complaints(self.unit)))
        return taken, pool.map(lambda choice: self.tool.complaint(self.unit, choice), self.unit.refused)

    def report(self, taken: Sequence[str], refused: Iterator[str]) -> int:
        """Print a line a build; return how many do not end as they must."""
        failed = 0
        for parameters, complaint in zip(self.unit.linted, taken, strict=True):
            failed += bool(complaint)
            print(f"{'FAIL' if complaint else 'ok  '} {self.tool.name} {self.unit.name} {dict(parameters)}", flush=True)
            if complaint:
                print(complaint)
        for parameters, complaint in zip(self.unit.refused, refused, strict=True):
            stopped = any(text in complaint for text in _STOPS)
            failed += not stopped
            verdict = "ok  " if stopped else "FAIL"
            print(f"{verdict} {self.tool.name} refuses {self.unit.name} {dict(parameters)}", flush=True)
        return failed


def _check_harness() -> int:
    """The simulation-only sources, by Verilator (they use delays, which Yosys does not take)."""
    rtl = [str(RTL / name) for name in (RTL / "filelist.f").read_text().split()]
    tops = {"core_harness": [*map(str, sorted(HDL.glob("*.v"))), *rtl], BRIDGE.stem: [str(BRIDGE)]}
    failed = 0
    for top, files in tops.items():
        command = ["verilator", "--lint-only", "-Wall", "--timing", f"-I{RTL}", "--top-module", top, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{'FAIL' if done.returncode else 'ok  '} verilator {top}")
        if done.returncode:
            print(done.stderr)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    os.environ.pop("WAVES", None)
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"error: {error}")
