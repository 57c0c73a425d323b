"""The description of a netlist, as anyone describes a module of theirs: it takes the place of our own unit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from t2c.common.atomic import write_atomic
from t2c.cost.netlist import netlist_name

NAME = "dut.yaml"


def write_description(own: Path, netlist: Path, parameters: Mapping[str, int], folder: Path) -> Path:
    """Write the description of a netlist into a folder and give its path.

    What our own description says of handshake, latency and modes holds for the netlist too; parameters it has none.

    Args:
        own: the description of our unit.
        netlist: Verilog.
        parameters: of our unit, that the netlist was made with.
        folder: for it.
    """
    said: dict[str, Any] = yaml.safe_load(own.read_text())
    said |= {"sources": str(netlist.resolve()), "top": netlist_name(said["unit"])}
    if parameters:
        said["unit_parameters"] = dict(parameters)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    write_atomic(path, f"# Made by make gates.\n{yaml.safe_dump(said, sort_keys=False, default_flow_style=None)}")
    return path
