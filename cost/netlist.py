"""The netlist of a design as Verilog that a simulator takes, with the models of its cells as Yosys has them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from t2c.cost.design import SynthesisDesign
from t2c.cost.families import Family
from t2c.cost.keeper import Keeper, run_explained, yosys_version

NETLIST = "netlist.v"
_MAPPED = "mapped.il"


def netlist_name(top: str) -> str:
    """Of the module that the netlist of a design is; another name than the design's, since both may be simulated."""
    return f"{top}_netlist"


def write_netlist(design: SynthesisDesign, family: Family, keeper: Keeper, keep: Sequence[str] = ()) -> Path:
    """Give the netlist of a design, one file that needs no other.

    The cells of a family are what Yosys ships of them: their behaviour, without the delays. Multipliers and block
    memories are not used where they have no such model (`Family.simulated`).

    Args:
        design, family: what is mapped, and to what.
        keeper: of runs that were done.
        keep: nets of the top that stay, by their names.

    Raises:
        UserError: a cell that it needs has no model.
        SimulatorError: Yosys is missing, or does not take the design.
    """
    name = netlist_name(design.top)
    mapping = family.simulated.format(top=design.top)
    kept = "".join(f"setattr -set keep 1 {design.top}/w:{net}; " for net in keep)
    mapped = keeper.yosys(
        design,
        f"netlist of {family.name}",
        f"{design.read_commands()}{kept}{mapping}; rename {design.top} {name}; "
        f"select {name}; write_rtlil -selected {_MAPPED}",
        _MAPPED,
    )
    # A run of its own: after ABC the wheel says no error any more.
    models = f"read_verilog -overwrite +/{family.models}; " if family.models else ""
    checked = f"hierarchy -check -top {name}; proc; opt_clean; " if family.models else ""
    commands = f"{models}read_rtlil {_MAPPED}; {checked}write_verilog -noattr {NETLIST}"

    def work(folder: Path) -> None:
        shutil.copy(mapped / _MAPPED, folder)
        missing = f"{design.top}: {family.name} has no simulation model of {{}}"
        run_explained(commands, folder, r"Module `\\(\w+)' referenced", missing)

    what = f"models of the cells of {family.name}"
    return keeper.kept(design.top, what, [mapped.name, commands, yosys_version()], work) / NETLIST
