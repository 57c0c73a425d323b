"""Programs of steps on a core, one line each: `make sim UNIT=t2c_core`, and a part of a layer engine's campaign."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.common.errors import SettingError, UserError
from t2c.common.places import RTL
from t2c.common.spelling import command
from t2c.contract.hardware import Hardware
from t2c.tb.random_programs.campaign import ProgramCase, cases, jobs_of
from t2c.tb.simulation.simulators import Simulator, find_simulator

SHOWN = 4
"""Reasons of a simulation that are printed."""


@dataclass(frozen=True, kw_only=True)
class ProgramOutcome:
    """A case as it is told. passed: false for a FAIL; applicable: it ran; lines: printed."""

    passed: bool
    applicable: bool
    lines: tuple[str, ...]

    @classmethod
    def beside(cls, case: ProgramCase, why: object) -> ProgramOutcome:
        """That of a case which is not applicable."""
        return cls(passed=True, applicable=False, lines=(f"{'-'.ljust(8)}  {case.id} is not applicable: {why}",))


def run_programs_command(options: argparse.Namespace) -> int:
    """The whole campaign on our own core, or with LAYER a part of it; return 0 if all of it passed, 1 otherwise."""
    if options.dut:
        text = "{dut} = {given!r}: a core has no place that another one takes; {unit} = layer_engine has"
        raise SettingError(text, {"given": options.dut})
    simulator = find_simulator(options.sim)
    only = "" if options.layer in ("list", "all") else options.layer
    chosen = [case for case in cases(options.seed, simulator.name) if only in case.id]
    if not chosen:
        text = "{layer} = {given!r} is part of no program's name, such as {first!r}"
        first = next(cases(options.seed, simulator.name)).id
        raise SettingError(text, {"given": options.layer, "first": first})
    print(f"unit      {options.unit}, programs of steps beside the model of the core")
    print(f"run       {simulator.name} {simulator.version}, seed {options.seed}", flush=True)
    again = {"unit": options.unit, "sim": simulator.name, "seed": options.seed}
    failed = 0
    for done in run_cases(chosen, simulator, options.out.resolve(), lambda _: RTL, again=again):
        failed += not done.passed
        print("\n".join(done.lines), flush=True)
    print(f"verdict   {'FAIL' if failed else 'PASS'}, {len(chosen) - failed} of {len(chosen)} programs passed")
    return 1 if failed else 0


def run_cases(
    chosen: list[ProgramCase],
    simulator: Simulator,
    output: Path,
    rtl_of: Callable[[Hardware], Path],
    *,
    again: dict[str, object],
    timed: bool = True,
    sums: bool = True,
) -> Iterator[ProgramOutcome]:
    """Run cases, each as soon as it is asked for.

    Args:
        chosen: what runs.
        simulator: where.
        output: folder of all simulation output.
        rtl_of: folder of the RTL for some hardware; a UserError says why a module cannot be built for it.
        again: settings of the command that runs a case once more, without the case.
        timed: the RTL takes the cycles that the model says; else only what comes counts.
        sums: compare sums before requantisation.
    """
    for case in chosen:
        try:
            rtl = rtl_of(case.hardware)
        except UserError as error:
            yield ProgramOutcome.beside(case, error)
            continue
        # Where no cycle is known, a start right at the end cannot be aimed.
        jobs = [job for job in jobs_of(case) if timed or job.programs == 1]
        if not jobs:
            yield ProgramOutcome.beside(case, "it needs a core whose cycles are known")
            continue
        results = [replace(job, rtl=rtl, timed=timed, sums=sums).run(simulator, output) for job in jobs]
        reasons = [reason for result in results for reason in result.reasons]
        passed = all(result.passed for result in results)
        compared, cycles = sum(result.compared for result in results), sum(result.cycles for result in results)
        verdict = ("PASS" if passed else "FAIL").ljust(8)
        head = f"{verdict}  {case.id}: {compared:,} words and answers compared, {cycles:,} cycles"
        more = [f"  {reason}" for reason in reasons[:SHOWN]]
        if not passed:
            more.append(f"  files: {os.path.relpath(results[0].folder)}")
            more.append(f"  replay: {command('sim', again | {'layer': case.id})}")
        yield ProgramOutcome(passed=passed, applicable=True, lines=(head, *more))
