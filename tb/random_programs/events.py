"""What happens in the middle of a program: resets, a misplaced tlast in each place, a restart right at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb.random_programs.accesses import AFTER, FIRST, TO_EFFECT, TO_START, Accesses, Write
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.core_program import CoreProgram, expect
from t2c.tb.random_programs.draw import RunDraw
from t2c.tb.random_programs.program_run import ProgramJob, Run

WORDS_MAX = 220
"""Words of s_axis in the program whose every tlast is turned round."""
RUNS = 6
RESETS = 40
"""Moments of a reset, each followed by a whole run."""


def short_program(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """A program that reads only what it has brought itself, so that it can run from any state; few words of s_axis."""
    while True:
        builder = Builder(hardware, rng)
        runs = 0
        while runs < RUNS:
            step = RunDraw(rng, hardware, full=False, budget=400, fixed={"same_weights": 1}).draw()
            runs += step is not None and builder.run(step)
            if sum(len(words) for words in builder.words) > WORDS_MAX:
                break
        builder.store_known(4)
        if runs == RUNS and sum(len(words) for words in builder.words) <= WORDS_MAX:
            return builder.program(name)


def event_jobs(
    name: str, hardware: Hardware, rng: np.random.Generator, rtl: Path = RTL, *, coverage: bool = False
) -> list[ProgramJob]:
    """Three simulations of one short program."""
    program = short_program(name, hardware, rng)
    whole = expect(program)
    again = Run(expected=whole)
    turned: list[Run] = []
    for word in range(len(program.words)):
        turned.append(Run(expected=expect(program, flip=word), flip=word, reset=bool(rng.integers(2))))
        if rng.random() < 0.2:
            turned.append(Run(expected=whole, reset=False))
    resets: list[Run] = []
    last = FIRST + TO_START + whole.cycles
    for moment in sorted(rng.integers(FIRST, last + 8, RESETS).tolist()):
        resets += [Run(expected=None, reset_at=moment, reset=False), Run(expected=whole, reset=False)]
    # Accepted in the first cycle in which the core is not busy, or in one of the next three.
    early = [last + 1 + more - TO_EFFECT for more in range(4)]
    common = {"program": program, "rtl": rtl, "coverage": coverage}
    jobs = [
        ProgramJob(runs=[again, *turned, again], suffix=".tlast", **common),  # type: ignore[arg-type]
        ProgramJob(runs=[again, *resets], suffix=".reset", **common),  # type: ignore[arg-type]
    ]
    for number, cycle in enumerate(early):
        twice = Accesses(writes=(Write(cycle=FIRST), Write(cycle=cycle)), reads=AFTER)
        runs = [Run(expected=whole, programs=2)]
        jobs.append(ProgramJob(runs=runs, accesses=twice, suffix=f".restart{number}", **common))  # type: ignore[arg-type]
    return jobs
