"""Command line of the mutation campaigns, behind `make mutate`."""

from __future__ import annotations

import argparse
import fnmatch
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mutation.arguments import Argument, argue, read_arguments
from mutation.campaign import Campaign, open_campaign
from mutation.golden_campaign import GOLDEN, run_golden
from mutation.judges import ALL_UNITS
from mutation.kill_table import HEAD, kills, summary_row, table_state, write_tables
from mutation.mutant_result import ARGUED, EQUIVALENT, KILLED, UNKNOWN, MutantResult
from t2c.common.command import INTERRUPTED, Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.common.places import ROOT
from t2c.common.text_table import markdown_head
from t2c.tb.catalogue.unit_registry import mutated_units
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator

EVERY = 10
"""Mutants from one plain line to the next where there is no terminal for a bar."""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="mutate", description="Run what judges a unit on faults in its RTL; prove what survives equivalent."
    )
    add_options(parser, "mutate", option_facts())
    parser.add_argument("--rtl", type=Path, help="folder that takes the place of the unit's RTL, below the repository")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder of the tables")
    return parser


def option_facts() -> dict[str, Any]:
    """What the campaigns know of their options."""
    return {
        "units_to_mutate": ", ".join([GOLDEN, *(unit.name for unit in mutated_units())]),
        "simulators": " or ".join(SIMULATORS),
        "out": ROOT / "sim_build",
    }


class _Progress:
    """A bar on a terminal, a plain line every so many mutants elsewhere; what is unexplained is printed at once."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.unexplained = total, done, 0
        self._started = time.perf_counter()
        self._bar = tqdm(
            total=total,
            initial=done,
            unit="mutant",
            disable=not sys.stdout.isatty(),
            file=sys.stdout,
            dynamic_ncols=True,
        )

    def add(self, result: MutantResult) -> None:
        self.done += 1
        self._bar.update()
        if not result.explained:
            self.unexplained += 1
            self._say(f"{result.verdict:<10} mutant {result.number}")
        if self._bar.disable and (self.done % EVERY == 0 or self.done == self.total):
            seconds = time.perf_counter() - self._started
            self._say(f"{self.done}/{self.total} mutants, {self.unexplained} unexplained, {seconds:.0f} s")

    def close(self) -> None:
        self._bar.close()

    def _say(self, text: str) -> None:
        if self._bar.disable:
            print(text, flush=True)
        else:
            self._bar.write(text)


def _unexplained(campaign: Campaign, results: Sequence[MutantResult]) -> list[str]:
    """Each mutant that nobody has explained: what it changes, what is known, and the command that runs it again."""
    lines = []
    again = f"make mutate UNIT={campaign.name} MUTANTS={campaign.count} SEED={campaign.seed}"
    for result in results:
        if result.explained:
            continue
        mutant = campaign.unit.mutants[result.number - 1]
        lines += [
            f"{result.verdict:<12} mutant {mutant.number}: {mutant.place}, cell {mutant.cell}: {mutant.effect}",
            f"  {result.reason}",
            f"  replay: {again} ONLY={mutant.number}",
        ]
    return lines


def _report(campaign: Campaign, results: Sequence[MutantResult], kept: int, stale: Sequence[Argument]) -> str:
    tests = ", ".join(f"{test} {count}" for test, count in kills(results).most_common())
    simulator = campaign.simulator
    rows = [
        ("unit", f"{campaign.name} on {simulator.name} {simulator.version}, seed {campaign.seed}"),
        ("mutants", f"{len(results)}, of which {kept} were known from an earlier run"),
        ("killed", f"{sum(result.verdict == KILLED for result in results)}{f': {tests}' if tests else ''}"),
        ("equivalent", str(sum(result.verdict == EQUIVALENT for result in results))),
        ("argued", str(sum(result.verdict == ARGUED for result in results))),
        ("unexplained", str(sum(not result.explained for result in results))),
        *(("stale", f"no survivor fits any more: {each.source}: {each.fault}") for each in stale),
        ("time", "{:.0f} s, of CPU {:.0f} s, all runs together".format(*campaign.results.seconds)),
    ]
    return "\n".join([*_unexplained(campaign, results), *(f"{name:<12} {value}" for name, value in rows)])


def _cpu() -> float:
    """Seconds of CPU that this process and all that it started and that has ended have taken."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _run(options: argparse.Namespace, numbers: Sequence[int], campaign: Campaign, rows: list[str]) -> int:
    started, cpu = time.perf_counter(), _cpu()
    unit, given = campaign.unit, read_arguments(options.docs)
    found = {number: result for number in numbers if (result := campaign.results.read(number, undecided=True))}
    argued, _ = argue(campaign.name, unit.mutants, unit.original, found, given)
    # What no proof decided is tried again, unless it is argued.
    results = {
        number: found[number] for number in found if found[number].verdict != UNKNOWN or argued[number].explained
    }
    kept = len(results)
    waiting = [number for number in numbers if number not in results]
    progress = _Progress(len(numbers), kept)
    try:
        if waiting:
            campaign.check_original()
            for result in campaign.run(waiting, options.workers):
                results[result.number] = result
                progress.add(result)
    except KeyboardInterrupt:
        progress.close()
        campaign.results.add_seconds(time.perf_counter() - started, _cpu() - cpu)
        print(f"interrupted: {len(results)} of {len(numbers)} mutants are done and kept; the same command goes on")
        return INTERRUPTED
    progress.close()
    if waiting:
        campaign.results.add_seconds(time.perf_counter() - started, _cpu() - cpu)
    results, stale = argue(campaign.name, unit.mutants, unit.original, results, given)
    ordered = [results[number] for number in numbers]
    whole = len(ordered) == campaign.count
    stale = stale if whole and campaign.usual else []
    passed = all(result.explained for result in ordered) and not stale
    print(_report(campaign, ordered, kept, stale))
    if whole:
        rows.append(summary_row(campaign, ordered))
        if options.write and passed:
            write_tables(options.docs, campaign, results)
        print(f"{'table':<12} {table_state(options.docs, campaign, results)}")
    print(f"{'verdict':<12} {'PASS' if passed else 'FAIL'}")
    return 0 if passed else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every mutant is killed or proven equivalent, 1 if one is not, 130 if interrupted."""
    options = _parser().parse_args(arguments)
    for name, value, low in (("mutants", options.mutants, 0), ("workers", options.workers, 1)):
        if value < low:
            raise SettingError.below(name, value, low)
    names = [*(unit.name for unit in mutated_units()), GOLDEN] if options.unit == ALL_UNITS else [options.unit]
    rows: list[str] = []
    status = 0
    for name in names:
        if name == GOLDEN:
            code = run_golden(options.out.resolve(), options.docs, options.workers, rows, write=bool(options.write))
        else:
            code = _campaign(name, options, rows)
        if code == INTERRUPTED:
            return code
        status = max(status, code)
    if len(names) > 1:
        print("\n".join([*markdown_head(HEAD), *rows]))
        print(f"{'verdict':<12} {'FAIL' if status else 'PASS'}, {len(names)} units")
    return status


def _campaign(name: str, options: argparse.Namespace, rows: list[str]) -> int:
    """The mutants of one unit; rows: gets its line of the overview."""
    with open_campaign(
        name,
        find_simulator(options.sim),
        options.out.resolve(),
        count=options.mutants,
        seed=options.seed,
        rtl=options.rtl and options.rtl.resolve(),
    ) as campaign:
        numbers = [n for n in range(1, campaign.count + 1) if fnmatch.fnmatch(str(n), options.only)]
        if not numbers:
            text = "{only} = {given!r} matches none of the mutants 1..{last}"
            raise SettingError(text, {"given": options.only, "last": campaign.count})
        return _run(options, numbers, campaign, rows)


if __name__ == "__main__":
    run(main, extra=(UserError,))
