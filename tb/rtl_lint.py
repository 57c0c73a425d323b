"""`make lint`, the Verilog half: Icarus -Wall, Verilator --lint-only -Wall and Yosys must all take the RTL in silence.

Every top module is checked with its defaults and with parameters at both ends of their ranges; a parameter outside its
range must stop the elaboration in each tool.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from t2c.common.errors import SimulatorError
from t2c.common.places import HDL, RTL
from t2c.tb.dut.loader import BRIDGE
from t2c.tb.simulation.simulators import find_icarus, find_verilator
from t2c.tb.simulation.yosys import find_yosys

Parameters = Mapping[str, int]

ENDS: dict[str, tuple[Parameters, ...]] = {
    "mulquant": (
        {},
        {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 60, "SHIFT_W": 1, "OUT_W": 2},
        {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 2},
    ),
    "systolic_array": ({}, {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2}, {"ROWS": 5, "COLS": 9}),
    "core_registers": (
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2, "LO_W": 2},
        {"ROWS": 256, "COLS": 256, "LO_W": 31},
    ),
    "lut_softmax": (
        {},
        {"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 1},
        {"X_W": 16, "DEPTH_W": 16, "E_W": 16, "OUT_W": 8, "R_W": 32, "LEN_W": 12},
    ),
    "lut_pointwise": ({}, {"X_W": 2, "OUT_W": 2}, {"X_W": 16, "OUT_W": 16}),
    "layer_engine": (
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2},
        {"ROWS": 8, "COLS": 2, "ACC_W": 24, "GROUP_W": 2},
        {"ACC_DEPTH": 2, "ACT_ADDR_W": 1, "WGT_ADDR_W": 1, "PAR_ADDR_W": 2},
        {"ACC_DEPTH": 1 << 16, "ACT_ADDR_W": 24, "WGT_ADDR_W": 24, "PAR_ADDR_W": 24},
    ),
    "stream_loader": ({}, {"S_W": 4, "ADDR_W": 1, "PAR_W": 62, "PAR_BEATS": 16}, {"PAR_W": 124, "PAR_BEATS": 1}),
    "stream_storer": ({}, {"W": 4, "ADDR_W": 1, "WORDS_W": 1}, {"W": 2048, "ADDR_W": 24}),
    "t2c_core": (
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2},
        {"ROWS": 16, "COLS": 2},
        {"ROWS": 4, "COLS": 4, "X_W": 2, "W_W": 8, "ACC_W": 24},
        {"ACT_DEPTH": 2, "WGT_DEPTH": 2, "PAR_DEPTH": 4, "ACC_DEPTH": 2, "PRG_DEPTH": 64},
        {"ACT_DEPTH": 1 << 17, "WGT_DEPTH": 1000, "PAR_DEPTH": 5, "ACC_DEPTH": 1 << 16, "PRG_DEPTH": 47},
    ),
}
REFUSED: tuple[tuple[str, Parameters], ...] = (
    ("mulquant", {"SHIFT_W": 7}),
    ("mulquant", {"OUT_W": 9}),
    ("lut_softmax", {"X_W": 17}),
    ("lut_softmax", {"DEPTH_W": 9}),
    ("lut_softmax", {"E_W": 3}),
    ("lut_softmax", {"OUT_W": 9}),
    ("lut_softmax", {"R_W": 19}),
    ("lut_softmax", {"R_W": 33}),
    ("lut_softmax", {"LEN_W": 13}),
    ("lut_pointwise", {"X_W": 1}),
    ("lut_pointwise", {"OUT_W": 17}),
    ("systolic_array", {"ROWS": 1}),
    ("systolic_array", {"A_W": 10}),
    ("layer_engine", {"X_W": 1}),
    ("layer_engine", {"ACC_W": 21}),
    ("layer_engine", {"ACC_DEPTH": 7}),
    ("layer_engine", {"ROWS": 16, "COLS": 3}),
    ("t2c_core", {"ACT_DEPTH": 1}),
    ("t2c_core", {"PAR_DEPTH": 3}),
    ("t2c_core", {"PRG_DEPTH": 46}),
    ("t2c_core", {"ROWS": 8, "COLS": 16}),
)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A checker. name: for the report; command: builds its command line."""

    name: str
    executable: str

    def command(self, top: str, parameters: Parameters, scratch: Path) -> list[str]:
        """The command that elaborates `top` and prints something if it finds anything.

        It runs in the RTL's folder with relative names: the Yosys wheel sees no absolute path below /tmp.
        """
        files = (RTL / "filelist.f").read_text().split()
        if self.name == "icarus":
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
        if self.name == "verilator":
            values = [f"-G{key}={value}" for key, value in parameters.items()]
            return ["verilator", "--lint-only", "-Wall", "-I.", "--top-module", top, *values, *files]
        # All at once: values in between may not agree with one another.
        values = [f"-set {key} {value}" for key, value in parameters.items()]
        chosen = f"chparam {' '.join(values)} {top}; " if values else ""
        script = f"read_verilog -I. {' '.join(files)}; {chosen}hierarchy -check -top {top}; proc; check -assert"
        return [self.executable, "-q", "-p", script]

    def complaint(self, top: str, parameters: Parameters) -> str:
        """What the tool has to say; empty if it is content."""
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run(
                self.command(top, parameters, Path(scratch)), cwd=RTL, capture_output=True, text=True, check=False
            )
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
    names = (("icarus", "iverilog"), ("verilator", "verilator"), ("yosys", find_yosys()))
    return [Tool(name=name, executable=executable) for name, executable in names]


def main() -> int:
    """Check everything; print one line a check and return 1 if any failed."""
    failed = 0
    for tool in tools():
        for top, choices in ENDS.items():
            for parameters in choices:
                complaint = tool.complaint(top, parameters)
                failed += bool(complaint)
                print(f"{'FAIL' if complaint else 'ok  '} {tool.name} {top} {dict(parameters)}", flush=True)
                if complaint:
                    print(complaint)
        for top, parameters in REFUSED:
            complaint = tool.complaint(top, parameters)
            stopped = "_out_of_range" in complaint or "_not_above_" in complaint
            failed += not stopped
            print(f"{'ok  ' if stopped else 'FAIL'} {tool.name} refuses {top} {dict(parameters)}", flush=True)
    failed += _check_harness()
    return 1 if failed else 0


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
    except SimulatorError as error:
        sys.exit(f"error: {error}")
