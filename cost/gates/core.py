"""The core as a netlist, in the place of its source: a folder of RTL that a run of a network takes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from t2c.common.places import RTL
from t2c.cost.design import SynthesisDesign
from t2c.cost.netlist import netlist_name
from t2c.mapping.images import write_program
from t2c.mapping.program import Program
from t2c.tb.catalogue.unit import CORE
from t2c.tb.simulation.filelist import NAME as FILELIST

FILES = {"program": "PROGRAM_FILE", "weights": "WEIGHT_FILE", "params": "PARAM_FILE", "tables": "TABLE_FILE"}
"""Parameters of the core that name files, by the plusarg that does so in simulation."""
WATCHED = ("load", "run", "store", "move", "rows")
"""Nets of the core that the harness looks at, to know when a step begins."""


def core_with_contents(program: Program, folder: Path) -> SynthesisDesign:
    """The core of a program, with the program and its constants in its memories: what a chip for one network is.

    Args:
        program: the network.
        folder: where the images are written first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = write_program(program, folder)
    files = {FILES[name]: path.read_text() for name, path in images.items()}
    return SynthesisDesign(top=CORE, rtl=RTL, parameters=program.hardware.parameters(), files=files)


def write_core(netlist: Path, folder: Path) -> Path:
    """Put the netlist of a core under a module with the ports and parameters of its source, and return the folder.

    Parameters mean nothing any more, but a harness sets them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for header in RTL.glob("*.vh"):
        shutil.copy(header, folder)
    shutil.copy(netlist, folder)
    (folder / f"{CORE}.v").write_text(_around((RTL / f"{CORE}.v").read_text()))
    (folder / FILELIST).write_text(f"{netlist.name}\n{CORE}.v\n")
    return folder


def _around(source: str) -> str:
    header = re.search(rf"(?s)`default_nettype none.*?\nmodule {CORE} #\(.*?\n\) \(\n.*?\n\);\n", source)
    assert header is not None, "the core's source has a header as every module of ours"
    ports = re.findall(r"^    (?:input|output) +wire +(?:\[[^]]*\] *)?(\w+)", header[0], re.MULTILINE)
    connected = ", ".join(f".{port}({port})" for port in ports)
    nets = "".join(f"    wire {net} = i_netlist.{net};\n" for net in WATCHED)
    instance = f"    {netlist_name(CORE)} i_netlist ({connected});\n"
    return f"{header[0]}\n{instance}{nets}\nendmodule\n\n`default_nettype wire\n"
