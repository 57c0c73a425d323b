"""`make lint`, the Verilog half: Icarus -Wall, Verilator --lint-only -Wall and Yosys must all take the RTL in silence.

Every unit is checked with its defaults and with parameters at both ends of their ranges, as its unit.py says; a
parameter outside its range must stop the elaboration in each tool. `--quick`, of `make check`, asks the quickest tool,
Icarus, of each, and the others of what must be taken only: Verilator the defaults of each unit, Yosys every fourth
choice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from t2c.common.command import Parser
from t2c.common.errors import UserError
from t2c.common.places import HDL, RTL
from t2c.tb.catalogue.unit import Parameters, Unit
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.loader import BRIDGE
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, find_icarus, find_verilator
from t2c.tb.simulation.yosys import chparam, find_yosys

YOSYS = "yosys"
Choice = tuple[Unit, Parameters]
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
        return self._yosys([(top, parameters)])

    def _yosys(self, choices: Iterable[tuple[str, Parameters]]) -> list[str]:
        """One process that elaborates modules of a folder with parameters and stops at the first that does not fit."""
        script = []
        for top, parameters in choices:
            script.append(f"design -reset; read_verilog -defer -I. {top}.v; {chparam(top, parameters)}")
            script.append(f"hierarchy -libdir . -check -top {top}; proc; check -assert; ")
        return [self.executable, "-q", "-p", "".join(script)]

    def complaints(self, choices: Sequence[Choice]) -> list[str]:
        """What the tool has to say of each choice of parameters that it must take; all units lie in one folder."""
        # Yosys takes longer to start than to look at most units.
        named = [(unit.name, parameters) for unit, parameters in choices]
        if self.name == YOSYS and not self._said(choices[0][0], self._yosys(named)):
            return [""] * len(choices)
        return [self.complaint(unit, parameters) for unit, parameters in choices]

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Check everything, as many at a time as there are processors; print one line a check, return 1 if any failed."""
    parser = Parser(prog="tb.rtl_lint", description="Check the RTL with Icarus, Verilator and Yosys.")
    parser.add_argument("--quick", action="store_true", help="fewer tools look at each")
    quick = parser.parse_args(arguments).quick
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checkers = tools()
        groups = [(tool, group) for tool in checkers for group in _groups(tool, quick)]
        taken = [(tool, group, pool.submit(tool.complaints, group)) for tool, group in groups]
        tries = [
            (tool, unit, choice, pool.submit(tool.complaint, unit, choice))
            for unit in units().values()
            for choice in unit.refused
            for tool in checkers
            if not quick or tool.name == ICARUS
        ]
        failed = sum(_report(tool, group, said.result()) for tool, group, said in taken)
        failed += sum(_report_refusal(tool, unit, choice, said.result()) for tool, unit, choice, said in tries)
    failed += _check_harness()
    return 1 if failed else 0


def _groups(tool: Tool, quick: bool) -> list[list[Choice]]:
    """Choices that one process looks at: half of those of a folder in Yosys, else those of one unit."""
    taken = {unit: unit.linted[:1] if quick and tool.name == VERILATOR else unit.linted for unit in units().values()}
    choices = [(unit, parameters) for unit, some in taken.items() for parameters in some]
    if quick and tool.name == YOSYS:
        choices = choices[::4]
    together: dict[Path | str, list[Choice]] = {}
    for choice in choices:
        together.setdefault(choice[0].rtl if tool.name == YOSYS else choice[0].name, []).append(choice)
    if tool.name != YOSYS:
        return list(together.values())
    return [half for mine in together.values() for half in (mine[::2], mine[1::2]) if half]


def _report(tool: Tool, group: Sequence[Choice], said: Sequence[str]) -> int:
    """Print a line for each build that must be taken; return how many are not."""
    for (unit, parameters), complaint in zip(group, said, strict=True):
        print(f"{'FAIL' if complaint else 'ok  '} {tool.name} {unit.name} {dict(parameters)}", flush=True)
        if complaint:
            print(complaint)
    return sum(map(bool, said))


def _report_refusal(tool: Tool, unit: Unit, parameters: Parameters, complaint: str) -> int:
    """Print a line for a build that must be refused; return 1 if it is not."""
    stopped = any(text in complaint for text in _STOPS)
    print(f"{'ok  ' if stopped else 'FAIL'} {tool.name} refuses {unit.name} {dict(parameters)}", flush=True)
    return int(not stopped)


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
