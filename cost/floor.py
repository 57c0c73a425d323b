"""Refuses a design that folds away: tools give small figures then, and say nothing.

A memory that no file fills and nothing writes has undefined contents; what reads it may be anything, so a tool takes
the cheapest, up to the whole design. The counts are of Yosys' own cells: multipliers and memories as the sources have
them, and what is left of them after all that optimises across modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from t2c.common.errors import UserError
from t2c.cost.design import SynthesisDesign
from t2c.cost.module_tree import design_cells

WRITTEN, LEFT = "written.json", "left.json"
MULTIPLIER, MEMORY = "$mul", "$mem_v2"


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Multipliers and memories of a design before anything is mapped; memory_bits: of all memories."""

    multipliers: int
    memories: int
    memory_bits: int


def floor_commands(design: SynthesisDesign) -> str:
    """Yosys commands that write both counts."""
    return (
        f"{design.read_commands()}proc; opt_expr; opt_clean; wreduce; peepopt; opt_clean; "
        f"tee -q -o {WRITTEN} stat -json; "
        f"synth -flatten -noalumacc -run begin:fine; opt -fast -full; memory -nomap; opt -full; "
        f"tee -q -o {LEFT} stat -json"
    )


def check_floor(design: SynthesisDesign, written: Mapping[str, Any], left: Mapping[str, Any]) -> Blocks:
    """What the design has, once it is sure that it is still there.

    Args:
        design: what was read.
        written, left: what the two `stat -json` printed.

    Raises:
        UserError: multipliers or memories are gone, or no logic at all is left.
    """
    had, has = written["design"], design_cells(left)
    if not has:
        raise UserError(f"{design.top}: nothing is left after optimisation: it drives no output")
    multipliers, memories = design_cells(written).get(MULTIPLIER, 0), had["num_memories"]
    for what, before, cell in (("multipliers", multipliers, MULTIPLIER), ("memories", memories, MEMORY)):
        if (after := has.get(cell, 0)) < design.left * before:
            text = f"{after} of its {before} {what} are left after optimisation: it folds away, and no cost is given"
            raise UserError(f"{design.top}: {text}; a memory without contents does that, or a constant input")
    return Blocks(multipliers=multipliers, memories=memories, memory_bits=had["num_memory_bits"])
