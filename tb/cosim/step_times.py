"""How long each step of a run took, beside what contract.schedule says: a core with another latency somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.contract import pipeline
from t2c.contract.operations import TRANSFERS, Operation
from t2c.contract.schedule import step_cycles
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError
from t2c.mapping.program import Program

BEGIN, START, END = 1, 2, 3
"""What tb/hdl/core_harness.v writes down: the core gets busy, a step but END starts, the core is no longer busy."""


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """What contract.schedule says of one part of a run. number: of the step, None for the fetch before the first;
    what: for a report; cycles: without stalls; held: a host that stalls makes it longer."""

    number: int | None
    what: str
    cycles: int
    held: bool


def expected_times(program: Program) -> list[dict[str, Any]]:
    """The parts of a run in their order, as JSON: the first fetch, every step; END, which nothing marks, is a part of
    the step before it."""
    parts = [StepTime(number=None, what="fetch of the first step", cycles=pipeline.FETCH, held=False)]
    for number, step in enumerate(program.steps):
        cycles = step_cycles(step.descriptor, program.hardware)
        if step.op is Operation.END:
            last = parts.pop()
            parts.append(StepTime(**{**asdict(last), "cycles": last.cycles + cycles}))
            continue
        what = f"{step.op.name} of layer {program.layer_names[step.descriptor.layer]}"
        parts.append(StepTime(number=number, what=what, cycles=cycles, held=step.op in TRANSFERS))
    return [asdict(part) for part in parts]


def read_times(path: Path) -> tuple[IntArray, IntArray]:
    """Read {what, cycle} in hexadecimal, a line each: (what, cycle).

    Raises:
        PackageError: a missing file, or a line that is none.
    """
    if not path.is_file():
        raise PackageError(f"{path}: the simulator wrote no times of steps")
    try:
        numbers = np.array([int(line, 16) for line in path.read_text().split()], dtype=np.int64)
    except ValueError as error:
        raise PackageError(f"{path}: {error}") from error
    return numbers >> 32, numbers & 0xFFFFFFFF


def differences(
    run: int, what: IntArray, cycle: IntArray, expected: Sequence[dict[str, Any]], stalled: bool
) -> tuple[str | None, str | None]:
    """Compare the times of a run that ended.

    Args:
        run: its number.
        what, cycle: of `read_times`.
        expected: of `expected_times`.
        stalled: the host held the streams back.

    Returns:
        what is wrong with the number of steps, or None; where the schedule differs, in one line, or None.
    """
    marks = [BEGIN, *[START] * (len(expected) - 1), END]
    if what.tolist() != marks:
        return f"run {run}: {int((what == START).sum())} steps started, {len(expected) - 1} were expected", None
    took, should = np.diff(cycle), np.array([part["cycles"] for part in expected])
    held = stalled & np.array([part["held"] for part in expected])
    wrong = np.flatnonzero(np.where(held, took < should, took != should))
    if not len(wrong):
        return None, None
    first, more = int(wrong[0]), took[wrong] - should[wrong]
    part = expected[first]
    where = part["what"] if part["number"] is None else f"step {part['number']} ({part['what']})"
    return None, (
        f"contract.schedule differs by {more[0]:+d} at {where}: {took[first]:,} cycles, {should[first]:,} expected; "
        f"{len(wrong)} of {len(expected) - 1} steps differ, by {more.min():+d} to {more.max():+d}"
    )
