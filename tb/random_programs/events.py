"""What happens in the middle of a program: resets, a misplaced tlast in each place, a restart right at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from t2c.common.places import RTL
from t2c.contract import pipeline
from t2c.contract.hardware import Hardware
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.contract.schedule import move_cycles, row_cycles, step_cycles
from t2c.tb.random_programs.accesses import AFTER, FIRST, TO_EFFECT, TO_START, Accesses, Write
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.core_program import CoreProgram, expect
from t2c.tb.random_programs.draw import RunDraw
from t2c.tb.random_programs.move_steps import random_move
from t2c.tb.random_programs.program_run import ProgramJob, Run
from t2c.tb.random_programs.row_draw import RowDraw
from t2c.tb.random_programs.row_steps import add_rows

WORDS_MAX = 220
"""Words of s_axis in the program whose every tlast is turned round."""
SHORT, LONG = 400, 3000
"""Cycles of a RUN there, and in the program that is reset, whose steps have to be long enough to go on after it."""
RUNS = 6
RESETS = 60
"""Moments of a reset, each followed by a whole run."""
STEP_RESETS = 10
"""Moments in each MOVE and in each step of rows."""


def short_program(name: str, hardware: Hardware, rng: np.random.Generator, budget: int, most: int) -> CoreProgram:
    """A program that reads only what it has brought itself, so that it can run from any state.

    Args:
        name: of the program.
        hardware: of the core.
        rng: where chance comes from.
        budget: cycles of a RUN.
        most: words of s_axis.
    """
    while True:
        builder = Builder(hardware, rng)
        runs = moves = 0
        waiting = _row_steps(hardware, most)
        while runs < RUNS:
            if runs == RUNS // 2 and not moves:
                moves += random_move(builder, budget // 4)
                continue
            if runs > RUNS // 2 and waiting:
                rows = RowDraw(rng, hardware, full=False, budget=budget, fixed={"op": waiting[-1]}).draw()
                if rows is not None and add_rows(builder, rows):
                    waiting.pop()
                continue
            step = RunDraw(rng, hardware, full=False, budget=budget, fixed={"same_weights": 1}).draw()
            runs += step is not None and builder.run(step)
            if sum(len(words) for words in builder.words) > most:
                break
        builder.store_known(4)
        if runs == RUNS and sum(len(words) for words in builder.words) <= most:
            return builder.program(name)


def _row_steps(hardware: Hardware, most: int) -> list[Operation]:
    """Those of a short program: softmax only where its table takes at most half of the words of s_axis."""
    if not hardware.row_lanes:
        return []
    return [op for op in ROW_STEPS if op is not Operation.SOFTMAX or 1 << hardware.x_w <= most // 2]


def _in_steps(program: CoreProgram, rng: np.random.Generator) -> Iterator[int]:
    """Cycles in which a MOVE or a step of rows is under way."""
    hardware = program.hardware
    now = FIRST + TO_START + pipeline.FIRST_STEP
    for step in program.steps:
        if step.op is Operation.MOVE or step.op in ROW_STEPS:
            busy = move_cycles(step, hardware) if step.op is Operation.MOVE else row_cycles(step, hardware)
            yield from (now + rng.integers(0, busy, STEP_RESETS, endpoint=True)).tolist()
        now += step_cycles(step, hardware)


def event_jobs(
    name: str, hardware: Hardware, rng: np.random.Generator, rtl: Path = RTL, *, coverage: bool = False
) -> list[ProgramJob]:
    """Simulations of a short program, and one of a longer program that is reset again and again."""
    program = short_program(name, hardware, rng, SHORT, WORDS_MAX)
    whole = expect(program)
    again = Run(expected=whole)
    turned: list[Run] = []
    for word in range(len(program.words)):
        turned.append(Run(expected=expect(program, flip=word), flip=word, reset=bool(rng.integers(2))))
        if rng.random() < 0.2:
            turned.append(Run(expected=whole, reset=False))
    last = FIRST + TO_START + whole.cycles
    longer = short_program(f"{name}-long", hardware, rng, LONG, 8 * WORDS_MAX)
    all_of_it = expect(longer)
    resets: list[Run] = []
    moments = [*rng.integers(FIRST, FIRST + TO_START + all_of_it.cycles + 8, RESETS).tolist(), *_in_steps(longer, rng)]
    for moment in sorted(moments):
        resets += [Run(expected=None, reset_at=moment, reset=False), Run(expected=all_of_it, reset=False)]
    # Accepted in the first cycle in which the core is not busy, or in one of the next three.
    early = [last + 1 + more - TO_EFFECT for more in range(4)]
    jobs = [
        ProgramJob(program=program, runs=[again, *turned, again], suffix=".tlast", rtl=rtl, coverage=coverage),
        ProgramJob(
            program=longer, runs=[Run(expected=all_of_it), *resets], suffix=".reset", rtl=rtl, coverage=coverage
        ),
    ]
    for number, cycle in enumerate(early):
        twice = Accesses(writes=(Write(cycle=FIRST), Write(cycle=cycle)), reads=AFTER)
        restarted = Run(expected=whole, programs=2)
        suffix = f".restart{number}"
        jobs.append(
            ProgramJob(program=program, runs=[restarted], accesses=twice, suffix=suffix, rtl=rtl, coverage=coverage)
        )
    return jobs
