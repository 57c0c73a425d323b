"""One netlist of a unit that holds all its mutants, and the module around it that a bench takes for the unit."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutation.mutant import Mutant
from mutation.sources import MEMORIES
from t2c.common.errors import SettingError
from t2c.tb.simulation.yosys import chparam, run_yosys

SELECT = "mutant_number"
"""Control input of the netlist: which mutant is active, 0 for none. A bench sets it by +mutant=NUMBER."""
_COMMANDS, _PORTS = "mutants.ys", "ports.json"
_CLOCK = re.compile(r" -port (CLK|clk_i) ")


@dataclass(frozen=True, kw_only=True)
class MutatedUnit:
    """A unit with its mutants.

    folder: filelist.f, headers, the wrapper, the netlist and the memories, which stand in for rtl/; name: of the module
    that was flattened and of the wrapper; netlist: module inside; files: all Verilog but the wrapper; mutants: in the
    order of their numbers; parameters: at which it was flattened.
    """

    folder: Path
    name: str
    netlist: str
    files: tuple[str, ...]
    mutants: tuple[Mutant, ...]
    parameters: Mapping[str, int] = field(default_factory=dict)

    @property
    def original(self) -> Path:
        """Folder of the RTL that was mutated."""
        return self.folder / "original"


def make_mutants(
    name: str,
    parameters: Mapping[str, int],
    rtl: Path,
    files: Sequence[str],
    folder: Path,
    *,
    count: int,
    seed: int,
    within: str = "",
    seen: Sequence[str] = (),
) -> MutatedUnit:
    """Let Yosys choose mutations of a module and put all of them into one netlist.

    The module is flattened; its registers and operators stay as they were written. Memories stay modules of their own,
    unless the module is one itself.

    Args:
        name: of a module of rtl.
        parameters: with which it is elaborated.
        rtl: folder of the RTL.
        files: the unit's, as mutation.sources.unit_files gives them.
        folder: where the result is written; below the repository, as t2c.tb.simulation.yosys asks.
        count: of mutants.
        seed: of the choice, which Yosys spreads evenly over source lines, cells and wires.
        within: name of an instance; mutants are chosen inside it only.
        seen: wires of the module that a harness looks at from outside.

    Raises:
        SimulatorError: Yosys is missing or refuses the sources.
        ValueError: Yosys finds fewer than `count` mutations.
    """
    netlist, width = f"{name}_mutants", count.bit_length()
    made = MutatedUnit(folder=folder, name=name, netlist=netlist, files=(), mutants=())
    shutil.rmtree(folder, ignore_errors=True)
    made.original.mkdir(parents=True)
    for path in [*(rtl / file for file in files), *rtl.glob("*.vh")]:
        shutil.copy(path, made.original)
    for path in rtl.glob("*.vh"):
        shutil.copy(path, folder)
    memories = [f"{module}.v" for module in MEMORIES if f"{module}.v" in files and module != name]
    boxes = "".join(f"blackbox {Path(file).stem}; " for file in memories)
    kept = "".join(f"setattr -set keep 1 {name}/w:{wire}; " for wire in seen)  # nothing else may read it
    elaborate = (
        f"read_verilog -I. {' '.join(files)}; {boxes}{chparam(name, parameters)}hierarchy -check -top {name}; "
        f"rename -top {name}; {kept}proc; flatten; "
        "memory_collect; memory_map; opt_clean"
    )
    # Clocks are left alone: a proof knows no clock. Each register has a clock pin, so twice as many are asked for.
    cells = f"{name}/c:*{within}.*" if within else ""
    choose = f"mutate -list {2 * count} -seed {seed} -o {_COMMANDS} {cells}"
    run_yosys(f"{elaborate}; write_json {_PORTS}; {choose}", cwd=made.original)
    commands = made.original / _COMMANDS
    chosen = [line for line in commands.read_text().splitlines() if not _CLOCK.search(line)][:count]
    if len(chosen) < count:
        text = "{mutants} = {count}: Yosys finds {found} mutations of {name}"
        raise SettingError(text, {"count": count, "found": len(chosen), "name": name})
    control = f"mutate -ctrl {SELECT} {width}"
    numbered = [line.replace("mutate", f"{control} {number}", 1) for number, line in enumerate(chosen, 1)]
    commands.write_text("".join(f"{line}\n" for line in numbered))
    mutants = tuple(Mutant.parse(line) for line in numbered)
    write = f"script {_COMMANDS}; rename {name} {netlist}; opt_clean; write_verilog -noattr ../{netlist}.v"
    run_yosys(f"{elaborate}; {write}", cwd=made.original)
    # With a mutant two cases may match; Verilator would stop there, since none could before.
    verilog = folder / f"{netlist}.v"
    verilog.write_text(verilog.read_text().replace("// synopsys parallel_case", ""))
    for file in memories:
        shutil.copy(rtl / file, folder)
    module = json.loads((made.original / _PORTS).read_text())["modules"][name]
    watched = {wire: len(module["netnames"][wire]["bits"]) for wire in seen}
    (folder / f"{name}.v").write_text(wrapper(name, netlist, parameters, module["ports"], width, watched))
    inside = (*memories, f"{netlist}.v")
    (folder / "filelist.f").write_text("".join(f"{file}\n" for file in (*inside, f"{name}.v")))
    return MutatedUnit(folder=folder, name=name, netlist=netlist, files=inside, mutants=mutants, parameters=parameters)


def wrapper(
    name: str,
    netlist: str,
    parameters: Mapping[str, int],
    ports: Mapping[str, Any],
    width: int,
    watched: Mapping[str, int] | None = None,
) -> str:
    """Verilog of a module with the unit's name, parameters and ports around the netlist.

    Args:
        name: of the unit.
        netlist: module inside.
        parameters: those of the netlist; any others stop the elaboration.
        ports: as Yosys' write_json gives them.
        width: bits of the control input.
        watched: wires of the unit that others look at, with their bits.
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
            *(f"    wire [{bits - 1}:0] {wire} = i_netlist.{wire};" for wire, bits in (watched or {}).items()),
            "endmodule",
            "`default_nettype wire",
            "",
        ]
    )
