"""One netlist of a unit that holds all its mutants, and the module around it that a bench takes for the unit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mutation.mutant import Mutant
from tb.runner import RTL
from tb.yosys import run_yosys

SELECT = "mutant_number"
"""Control input of the netlist: which mutant is active, 0 for none. A bench sets it by +mutant=NUMBER."""
_COMMANDS, _PORTS = "mutants.ys", "ports.json"


@dataclass(frozen=True, kw_only=True)
class MutatedUnit:
    """A unit with its mutants.

    folder: filelist.f, the wrapper and the netlist, which stands in for rtl/; name: of the unit and of the wrapper;
    netlist: module name and, with .v, file name of the netlist; mutants: in the order of their numbers.
    """

    folder: Path
    name: str
    netlist: str
    mutants: tuple[Mutant, ...]


def _elaborate(name: str, parameters: Mapping[str, int], files: list[str]) -> str:
    """Commands that leave one flat module of the unit, registers and operators as they were written."""
    values = " ".join(f"-set {key} {value}" for key, value in parameters.items())
    return f"read_verilog -I. {' '.join(files)}; chparam {values} {name}; hierarchy -check -top {name}; proc; flatten; opt_clean"


def make_mutants(
    name: str, parameters: Mapping[str, int], folder: Path, *, count: int, seed: int, rtl: Path = RTL
) -> MutatedUnit:
    """Let Yosys choose mutations of a unit and put all of them into one netlist.

    Args:
        name: of the unit, a module of rtl.
        parameters: with which it is elaborated.
        folder: where the result is written; below the repository, as tb.yosys asks.
        count: of mutants.
        seed: of the choice, which Yosys spreads evenly over modules, source lines, cells and wires.
        rtl: folder of the RTL.

    Raises:
        SimulatorError: Yosys is missing or refuses the sources.
        ValueError: Yosys finds fewer than `count` mutations.
    """
    sources, netlist = folder / "sources", f"{name}_mutants"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(rtl, sources)
    files = (rtl / "filelist.f").read_text().split()
    width = count.bit_length()
    elaborate = _elaborate(name, parameters, files)
    listing = f"mutate -list {count} -seed {seed} -ctrl {SELECT} {width} 1 -o {_COMMANDS}"
    run_yosys(f"{elaborate}; write_json {_PORTS}; {listing}", cwd=sources)
    lines = (sources / _COMMANDS).read_text().splitlines()
    mutants = tuple(Mutant.parse(line) for line in lines)
    if [mutant.number for mutant in mutants] != list(range(1, count + 1)):
        raise ValueError(f"MUTANTS = {count}: Yosys finds only {len(mutants)} mutations of {name}")
    write = f"script {_COMMANDS}; rename {name} {netlist}; opt_clean; write_verilog -noattr {netlist}.v"
    run_yosys(f"{elaborate}; {write}", cwd=sources)
    (sources / f"{netlist}.v").rename(folder / f"{netlist}.v")
    ports = json.loads((sources / _PORTS).read_text())["modules"][name]["ports"]
    (folder / f"{name}.v").write_text(wrapper(name, netlist, parameters, ports, width))
    (folder / "filelist.f").write_text(f"{netlist}.v\n{name}.v\n")
    return MutatedUnit(folder=folder, name=name, netlist=netlist, mutants=mutants)


def wrapper(name: str, netlist: str, parameters: Mapping[str, int], ports: Mapping[str, dict], width: int) -> str:
    """Verilog of a module with the unit's name, parameters and ports around the netlist.

    Args:
        name: of the unit.
        netlist: module inside.
        parameters: those of the netlist; any others stop the elaboration.
        ports: as Yosys' write_json gives them.
        width: bits of the control input.
    """
    declared = [f"    parameter {key} = {value}" for key, value in parameters.items()]
    wires = [f"    {port['direction']} wire [{len(port['bits']) - 1}:0] {key}" for key, port in ports.items()]
    pins = [f"        .{key}({key})" for key in ports] + [f"        .{SELECT}(number)"]
    checks = [
        f"        if ({key} != {value}) begin : g_{key.lower()}\n"
        f"            {netlist}_have_another_{key} i_stop ();\n"
        "        end"
        for key, value in parameters.items()
    ]
    return "\n".join(
        [
            f"// {name}: mutants of the unit, selected by +mutant=NUMBER; none is active without it. Generated.",
            "`default_nettype none",
            f"module {name} #(",
            ",\n".join(declared),
            ") (",
            ",\n".join(wires),
            ");",
            "    generate",
            *checks,
            "    endgenerate",
            f"    reg [{width - 1}:0] number;",
            f'    initial if (!$value$plusargs("mutant=%d", number)) number = {width}\'d0;',
            f"    {netlist} i_netlist (",
            ",\n".join(pins),
            "    );",
            "endmodule",
            "`default_nettype wire",
            "",
        ]
    )
