"""The cost of a design in a family: the whole, optimised across its modules, and each module for itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.cost.design import SynthesisDesign
from t2c.cost.families import Family
from t2c.cost.floor import LEFT, WRITTEN, Blocks, check_floor, floor_commands
from t2c.cost.keeper import Keeper, read_stat, yosys_version
from t2c.cost.module_tree import ModuleCost, design_cells, module_tree

STAT, NETLIST = "stat.json", "netlist.json"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a design is made of in a family.

    netlist: folder of the whole, flattened; cells: of it; blocks: multipliers and memories before the mapping; tree: by
    module, each mapped for itself, so that its sum is somewhat above the whole; None if it was not asked for.
    """

    design: SynthesisDesign
    family: Family
    netlist: Path
    cells: dict[str, int]
    blocks: Blocks
    tree: ModuleCost | None

    @property
    def counts(self) -> dict[str, int]:
        """The columns of the family."""
        return self.family.count(self.cells)

    def to_json(self) -> dict[str, Any]:
        """All of it, with the version of the tool."""
        return {
            "top": self.design.top,
            "parameters": dict(self.design.parameters),
            "family": self.family.name,
            "tools": {"yosys": yosys_version()},
            "multipliers": self.blocks.multipliers,
            "memories": self.blocks.memories,
            "memory_bits": self.blocks.memory_bits,
            "total": self.counts,
            "cells": dict(sorted(self.cells.items())),
            "by_module": self.tree.to_json(self.family) if self.tree else None,
        }


def synthesise(design: SynthesisDesign, family: Family, keeper: Keeper, *, by_module: bool = True) -> Cost:
    """Synthesise a design, at most three runs of Yosys, none that was done before.

    Raises:
        UserError: it folds away, see `check_floor`.
        SimulatorError: Yosys is missing, or does not take it.
    """
    floor = keeper.yosys(design, "elaborated", floor_commands(design), WRITTEN, LEFT)
    written, left = read_stat(floor / WRITTEN), read_stat(floor / LEFT)
    blocks = check_floor(design, written, left)
    whole = _mapped(design, f"mapped to {family.name}", f"{family.flat}; write_json {NETLIST}", keeper)
    cells, tree = design_cells(read_stat(whole / STAT)), None
    if by_module and len(written["modules"]) == 1:
        tree = ModuleCost(module=design.top, instances=1, cells=cells)
    elif by_module:
        alone = _mapped(design, f"mapped to {family.name} by module", family.by_module, keeper)
        tree = module_tree(read_stat(alone / STAT), design.top)
    return Cost(design=design, family=family, netlist=whole, cells=cells, blocks=blocks, tree=tree)


def _mapped(design: SynthesisDesign, what: str, commands: str, keeper: Keeper) -> Path:
    mapped = f"{design.read_commands()}{commands.format(top=design.top)}"
    return keeper.yosys(design, what, f"{mapped}; tee -q -o {STAT} stat -json", STAT)
