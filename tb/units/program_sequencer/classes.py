"""Events of the program sequencer, cycle by cycle, that its bench must have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.contract.pipeline import FETCHED
from t2c.contract.registers import ErrorCode
from t2c.tb.components.bins import Classes, Coverage, names

UNKNOWN = "unknown operation"
PHASES = ("before the first step", "cycle of a step's start", "step under way", "cycle of a step's done", "idle")
AFTER = (
    "start in the cycle of done or error",
    "start while words are still fetched",
    "start in the cycle in which the last word comes",
    "start when nothing is fetched",
)


@dataclass(frozen=True, kw_only=True)
class ProgramSeen:
    """What a cycle shows.

    phase: one of PHASES; step: the number of the step at desc_o, -1 if none; op: its operation, where it starts, else
    -1; word: whether desc_o is compared as a whole; start, reset: inputs; ended: done_o; stopped: the code with
    error_o, else 0.
    """

    phase: str
    step: int
    op: int
    word: bool
    start: bool
    reset: bool
    ended: bool
    stopped: int


def classes(seen: Sequence[ProgramSeen], depth: int) -> Classes:
    """Which cycles are in which class. depth: DEPTH."""
    op, step, stopped = (
        np.array([getattr(one, name) for one in seen], dtype=np.int64) for name in ("op", "step", "stopped")
    )
    word, start, reset, ended = (
        np.array([getattr(one, name) for one in seen], dtype=bool) for name in ("word", "start", "reset", "ended")
    )
    phase = np.array([one.phase for one in seen], dtype=object)
    first_word = np.where(step >= 0, step * DESCRIPTOR_WORDS, 0)
    bits = (depth // DESCRIPTOR_WORDS * DESCRIPTOR_WORDS - 1).bit_length()
    return {
        "operation": {
            **{operation.name: op == operation.value for operation in Operation},
            UNKNOWN: stopped == ErrorCode.UNKNOWN_OPERATION,
        },
        "end": {
            "done": ended,
            "error, unknown operation": stopped == ErrorCode.UNKNOWN_OPERATION,
            "error, misplaced tlast": stopped == ErrorCode.MISPLACED_TLAST,
        },
        "descriptor": {
            "whole at its start": word & (op >= 0),
            "whole while it holds": word & (op < 0) & (step >= 0) & (phase != "idle"),
            "whole after the program": word & (phase == "idle"),
            "0 after a start": word & (step < 0),
        },
        "address": {f"bit {k} of a step's first word": (op >= 0) & (first_word >> k & 1 == 1) for k in range(bits)},
        "start": {f"start: {name}": start & (phase == name) for name in PHASES},
        "reset": {f"reset: {name}": reset & (phase == name) for name in PHASES[:3]},
    }


def fetch_event(cycles: int) -> str:
    """Which of AFTER a start is, so many cycles after the program's last step began."""
    if cycles == 1:
        return AFTER[0]
    return AFTER[1 if cycles < FETCHED - 1 else 2 if cycles == FETCHED - 1 else 3]


DONE = (
    "done in the cycle after the step's start",
    "done one cycle before the next step is fetched",
    "done in the cycle in which the next step is fetched",
    "done one cycle later",
    "done much later",
)


def done_event(cycles: int) -> str | None:
    """Which of DONE a step's done is, so many cycles after its start."""
    known = {1: DONE[0], FETCHED - 1: DONE[1], FETCHED: DONE[2], FETCHED + 1: DONE[3]}
    return known.get(cycles, DONE[4] if cycles > FETCHED + 1 else None)


def cover_unit(parameters: Mapping[str, int], ends: bool) -> Coverage:
    """All bins of the unit. ends: the program ends with END, not with an unknown operation."""
    depth = parameters["DEPTH"]
    made = Coverage(names(classes((), depth)))
    made.declare({"after a program": AFTER, "done": DONE})
    if ends:
        made.exclude("operation", UNKNOWN, "the program has none")
        made.exclude("end", "error, unknown operation", "the program has no unknown operation")
    else:
        made.exclude("operation", Operation.END.name, "the program stops with an unknown operation")
        made.exclude("end", "done", "the program stops with an unknown operation")
    for operation in Operation:
        if operation in ROW_STEPS and not parameters["ROW_STEPS"]:
            made.exclude("operation", operation.name, "there is no row engine")
        elif operation not in (Operation.LOAD, Operation.END) and depth < (len(Operation) + 1) * DESCRIPTOR_WORDS:
            made.exclude("operation", operation.name, "the program has but a LOAD")
    firsts = range(0, depth // DESCRIPTOR_WORDS * DESCRIPTOR_WORDS, DESCRIPTOR_WORDS)
    for name in made.groups["address"]:
        bit = int(name.split()[1])
        if not any(first >> bit & 1 for first in firsts):
            made.exclude("address", name, "no step begins at such an address")
    return made
