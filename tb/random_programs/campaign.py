"""The campaign: which programs run on which core, and what happens to them. Everything follows from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.tb.components.stalls import PROFILES
from t2c.tb.random_programs import events
from t2c.tb.random_programs.accesses import random_accesses
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.builds import BUILDS, DEEP
from t2c.tb.random_programs.core_program import CoreProgram, expect
from t2c.tb.random_programs.directed import DIRECTED
from t2c.tb.random_programs.draw import RunDraw
from t2c.tb.random_programs.fields import field_program
from t2c.tb.random_programs.move_steps import random_move
from t2c.tb.random_programs.program_run import ProgramJob, ProgramResult, Run
from t2c.tb.random_programs.row_draw import RowDraw
from t2c.tb.random_programs.row_steps import add_rows
from t2c.tb.simulation.simulators import ICARUS, Simulator

PREFIX = "program-"
"""How the name of every case begins."""
RANDOM_STEPS = 120
"""RUN steps of a random program."""
SHORT_STEPS = 12
ROW_SHARE = 0.3
"""Of the steps, where there is a row engine."""
MOVE_SHARE = 0.15
"""Of the steps; each is followed by a RUN on what it has moved."""
RANDOM, SHORT, FIELDS, EVENTS = "random", "short", "fields", "events"


@dataclass(frozen=True, kw_only=True)
class ProgramCase:
    """One job of the campaign.

    kind: random, short, fields, events or a name of `DIRECTED`; build: of `BUILDS`, or another name for hardware that
    is given.
    """

    kind: str
    build: str
    seed: int
    given: Hardware | None = None

    @property
    def id(self) -> str:
        """Unique."""
        return f"{PREFIX}{self.kind}-{self.build}-{self.seed}"

    @property
    def random(self) -> bool:
        """Another seed makes another program of it."""
        return self.kind not in DIRECTED

    @property
    def hardware(self) -> Hardware:
        """The core that it runs on."""
        return self.given or BUILDS[self.build]


def cases(seed: int, simulator: str) -> Iterator[ProgramCase]:
    """The usual campaign of a seed, the longest jobs first; on Icarus what it can do in a minute."""
    if simulator == ICARUS:
        yield ProgramCase(kind=EVENTS, build="odd", seed=seed)
        for build in ("small", "odd"):
            yield ProgramCase(kind=SHORT, build=build, seed=seed)
        return
    for kind, build in DIRECTED_ON:
        yield ProgramCase(kind=kind, build=build, seed=seed)
    for build in BUILDS:
        yield ProgramCase(kind=FIELDS, build=build, seed=seed)
    for build in BUILDS:
        yield ProgramCase(kind=RANDOM, build=build, seed=seed)
    yield ProgramCase(kind=EVENTS, build="small", seed=seed)
    yield ProgramCase(kind=EVENTS, build="odd", seed=seed)


def cases_on(hardware: Hardware, seed: int, simulator: str) -> Iterator[ProgramCase]:
    """Programs for hardware that somebody has chosen, say because a module can be built for no other.

    The program memory, in which no module has a part, is as large as programs may need it.
    """
    hardware = replace(hardware, prg_depth=max(hardware.prg_depth, DEEP.prg_depth))
    for kind in (SHORT,) if simulator == ICARUS else (FIELDS, RANDOM):
        yield ProgramCase(kind=kind, build=f"{hardware.rows}x{hardware.cols}", seed=seed, given=hardware)


DIRECTED_ON = tuple((name, build) for name, (build, _) in DIRECTED.items())


def case_of(text: str) -> ProgramCase:
    """The case of an id.

    Raises:
        ValueError: no such id.
    """
    head, kind, build, seed = text.split("-")
    if head != "program" or build not in BUILDS or kind not in (RANDOM, SHORT, FIELDS, EVENTS, *DIRECTED):
        raise ValueError(f"{text!r} is no program of the campaign")
    return ProgramCase(kind=kind, build=build, seed=int(seed))


def jobs_of(case: ProgramCase, rtl: Path = RTL, *, coverage: bool = False) -> list[ProgramJob]:
    """The simulations of a case."""
    rng = np.random.default_rng([case.seed, *case.id.encode()])
    if case.kind == EVENTS:
        return events.event_jobs(case.id, case.hardware, rng, rtl, coverage=coverage)
    program = program_of(case, rng)
    expected = expect(program)
    # A second start every so often, late in the run too, and a few thousand at most.
    accesses = random_accesses(rng, expected.cycles, max(150, expected.cycles // 1500))
    names = tuple(PROFILES)
    stall = f"{names[int(rng.integers(len(names)))]},{names[int(rng.integers(len(names)))]}"
    runs = [Run(expected=expected, seed=case.seed)]
    if case.kind in (RANDOM, SHORT):
        runs.append(Run(expected=expected, stall=stall, seed=case.seed))
    return [ProgramJob(program=program, runs=runs, accesses=accesses, rtl=rtl, coverage=coverage)]


def program_of(case: ProgramCase, rng: np.random.Generator) -> CoreProgram:
    """The program of a case that is no event."""
    if case.kind == RANDOM:
        return random_program(case.id, case.hardware, rng, RANDOM_STEPS)
    if case.kind == SHORT:
        return random_program(case.id, case.hardware, rng, SHORT_STEPS, length=9)
    if case.kind == FIELDS:
        return field_program(case.id, case.hardware, rng)
    _, make = DIRECTED[case.kind]
    return make(case.id, case.hardware, rng)


def random_program(
    name: str, hardware: Hardware, rng: np.random.Generator, runs: int, *, length: int = 13, full: bool | None = None
) -> CoreProgram:
    """So many random RUN, MOVE and row steps with transfers between them.

    Args:
        name: of the program.
        hardware: of the core.
        rng: where chance comes from.
        runs: such steps.
        length: 2 to this power is the longest of them, in cycles.
        full: fill all memories first; None where they are small.
    """
    builder = Builder(hardware, rng)
    full = hardware.act_depth <= 1 << 12 if full is None else full
    if full:
        builder.fill()
    done = 0
    while done < runs:
        budget = int(2 ** rng.uniform(7, length))
        if rng.random() < MOVE_SHARE:
            added = random_move(builder, budget)
        elif hardware.row_lanes and rng.random() < ROW_SHARE:
            rows = RowDraw(rng, hardware, full=full, budget=budget, fixed={}).draw()
            added = rows is not None and add_rows(builder, rows)
        else:
            step = RunDraw(rng, hardware, full=full, budget=budget, fixed={}).draw()
            added = step is not None and builder.run(step)
        if not added:
            continue
        done += 1
        if rng.random() < 0.1:
            builder.store_known(2)
    builder.store_known(32)
    return builder.program(name, unknown=bool(rng.random() < 0.3))


def run_case(case: ProgramCase, simulator: Simulator, output: Path, rtl: Path = RTL) -> list[ProgramResult]:
    """Every simulation of a case."""
    return [job.run(simulator, output) for job in jobs_of(case, rtl)]
