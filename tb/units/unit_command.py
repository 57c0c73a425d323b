"""The command line's part for a unit: run its bench, ours or a user's module under it, and say what came out."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from t2c.common.places import RTL
from t2c.common.spelling import command
from t2c.tb.catalogue.unit_registry import find_unit
from t2c.tb.components.bench_report import UnitReport, read_report
from t2c.tb.cosim.request import Waves
from t2c.tb.dut.description import Description
from t2c.tb.dut.loader import is_own
from t2c.tb.simulation.simulators import Simulator, find_simulator
from t2c.tb.units.element_choice import choose_element
from t2c.tb.units.run import UnitRun, find_description, run_description
from t2c.tb.units.table_choice import TableChoice, choose_table

SHOWN = 4
"""Mismatches of the first test with any that are printed; the log has more."""
SHOWN_BINS = 8
"""Bins not hit that are printed."""
WIDTHS = {"widths", "shape"}
"""Groups of bins of which one build has but some."""


def run_unit_command(options: argparse.Namespace) -> int:
    """Run the bench of `options.unit` and print the verdict; return 0 for a PASS, 1 otherwise."""
    description = find_description(options.unit, Path(options.dut) if options.dut else None)
    table = choose_table(
        options.unit,
        {**find_unit(options.unit).parameters, **description.unit_parameters},
        TableChoice(table=options.table, model=options.model, layer=options.layer, seed=options.seed),
    )
    element = choose_element(options.element, options.x_w, options.w_w, options.seed)
    simulator, output = find_simulator(options.sim), options.out.resolve()
    waves = Waves.parse(options.waves) is not None
    more = element.run_options(output) if element else {}
    if element:
        print(element.line(), flush=True)
    run = run_description(description, simulator, output, seed=options.seed, waves=waves, table=table, **more)
    choice = {**(table.settings if table else {}), **(element.settings if element else {})}
    replay = replay_command(description, simulator, options.seed, choice)
    print("\n".join(unit_lines(description, simulator, options.seed, run, replay)))
    return 0 if run.outcome.passed else 1


def replay_command(
    description: Description, simulator: Simulator, seed: int, choice: Mapping[str, object] | None = None
) -> str:
    """The command that runs the bench again and writes its waveform."""
    settings = {**(choice or {}), "sim": simulator.name, "seed": seed, "waves": 1}
    return command("sim", dut_settings(description) | settings)


def dut_settings(description: Description) -> dict[str, object]:
    """The settings of a run that choose the module."""
    foreign: dict[str, object] = {} if is_own(description) else {"dut": os.path.relpath(description.path)}
    return {"unit": description.unit, **foreign}


def module_text(description: Description) -> str:
    """Whose module is under test."""
    if is_own(description):
        unit = find_unit(description.unit)
        folder = "rtl" if unit.rtl == RTL else os.path.relpath(unit.rtl)
        return f"{folder}/{unit.name}.v"
    return f"{description.top} of {os.path.relpath(description.path)}"


def unit_lines(description: Description, simulator: Simulator, seed: int, run: UnitRun, replay: str) -> Iterator[str]:
    """What ran, what did not apply, what was compared, the verdict, and why it failed."""
    outcome, report = run.outcome, read_report(run.folder)
    yield f"unit      {description.unit}"
    yield f"module    {module_text(description)}"
    yield f"run       {simulator.name} {simulator.version}, seed {seed}, {outcome.seconds:.1f} s"
    yield f"tests     {outcome.tests} ran, {outcome.failed} failed"
    for test, reason in run.missing.items():
        yield f"          {test} is not applicable: {reason}"
    yield f"compared  {report.compared:,} results, {report.failed:,} mismatches"
    yield from _coverage_lines(report)
    if outcome.waves:
        yield f"waveform  {os.path.relpath(outcome.waves)}"
    yield f"verdict   {'PASS' if outcome.passed else 'FAIL'}"
    if not outcome.passed:
        yield from (f"  {line}" for line in _reasons(run, report))
        yield f"  log: {os.path.relpath(outcome.log)}"
        yield f"  replay with waveform: {replay}"


def _coverage_lines(report: UnitReport) -> Iterator[str]:
    """Bins of this run. Those of the widths are left out: one build has one of each."""
    groups = {name: bins for name, bins in report.coverage.groups.items() if name not in WIDTHS}
    bins = [one for group in groups.values() for one in group.values()]
    if not bins:
        return
    hit, excluded = sum(one.hits > 0 for one in bins), sum(not one.hits and bool(one.excluded) for one in bins)
    unhit = [name for group, name in report.coverage.unhit() if group in groups]
    yield f"coverage  {hit} of {len(bins) - excluded} bins hit; not applicable: {excluded}"
    yield from (f"          not hit: {name}" for name in unhit[:SHOWN_BINS])
    if len(unhit) > SHOWN_BINS:
        yield f"          and {len(unhit) - SHOWN_BINS} more"


def broken_rules(results: Path) -> dict[str, str]:
    """What ended a test from beside it, such as a monitor that saw a payload move; the test itself is only cancelled.

    Args:
        results: cocotb's results.xml.
    """
    if not results.is_file():
        return {}
    cases = ElementTree.parse(results).iter("testcase")
    failures = {case.get("name", ""): case.find("failure") for case in cases}
    return {name: found.get("message", "") for name, found in failures.items() if found is not None}


def _reasons(run: UnitRun, report: UnitReport) -> Iterator[str]:
    """Errors first, since a wrong latency or a lost result explains every mismatch; then classes; then examples."""
    errors: dict[str, list[str]] = {}
    broken = broken_rules(run.outcome.log.with_name("results.xml"))
    for name, test in report.tests.items():
        if test.error:
            text = broken.get(name, test.error) if test.error.startswith("CancelledError") else test.error
            errors.setdefault(re.sub(r"^(AssertionError|StreamError|UserError): ", "", text), []).append(name)
    yield from (f"{', '.join(names)}: {error}" for error, names in errors.items())
    yield from report.explanation
    shown = SHOWN
    for name, test in report.tests.items():
        if test.failed:
            yield f"{name}: {test.failed:,} of {test.compared:,} differ"
            yield from (f"  {mismatch}" for mismatch in test.mismatches[:shown])
            shown = 0
    if run.outcome.crashed or len(report.tests) < run.outcome.tests or not report.tests:
        yield "the simulator or the bench ended early; the log says where"
