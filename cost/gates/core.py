"""The core as a netlist, in the place of its source: a folder of RTL that a run of a network takes."""

from __future__ import annotations

import shutil
from pathlib import Path

from t2c.common.places import RTL
from t2c.cost.core_header import core_header
from t2c.cost.netlist import netlist_name
from t2c.tb.catalogue.unit import CORE
from t2c.tb.simulation.filelist import NAME as FILELIST

WATCHED = ("load", "run", "store", "move", "rows")
"""Nets of the core that the harness looks at, to know when a step begins."""


def write_core(netlist: Path, folder: Path) -> Path:
    """Put the netlist of a core under a module with the ports and parameters of its source, and return the folder.

    Parameters mean nothing any more, but a harness sets them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for header in RTL.glob("*.vh"):
        shutil.copy(header, folder)
    shutil.copy(netlist, folder)
    (folder / f"{CORE}.v").write_text(_around())
    (folder / FILELIST).write_text(f"{netlist.name}\n{CORE}.v\n")
    return folder


def _around() -> str:
    header = core_header()
    parameters = ",\n".join(f"    parameter {name} = {value}" for name, value in header.parameters.items())
    ports = ",\n".join(f"    {port.text} {port.name}" for port in header.ports)
    connected = ", ".join(f".{port.name}({port.name})" for port in header.ports)
    nets = "".join(f"    wire {net} = i_netlist.{net};\n" for net in WATCHED)
    instance = f"    {netlist_name(CORE)} i_netlist ({connected});\n"
    return (
        f"{header.head}module {CORE} #(\n{parameters}\n) (\n{ports}\n);\n"
        f"{instance}{nets}endmodule\n\n`default_nettype wire\n"
    )
