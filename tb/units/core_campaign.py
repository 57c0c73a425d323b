"""The command line of a layer engine, or an array, inside the core: over a model, random networks and programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from t2c.common.places import RTL
from t2c.common.spelling import command
from t2c.contract.hardware import Hardware
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL
from t2c.tb.cosim.cosimulation import Cosimulation, locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import EXACT, RunRequest, Waves, replay_settings
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.dut.core_place import core_with
from t2c.tb.dut.loader import is_own
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_programs.campaign import cases, cases_on
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.program_campaign import run_cases
from t2c.tb.units.run import find_description
from t2c.tb.units.unit_command import dut_settings, module_text

LAYERS, NETWORKS = 6, 3
"""Random layers and networks of a campaign, after the model."""
STALLS = ("none", "p50", "bursts,p90")


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignRun:
    """One run of the campaign. model: for the report; made: from the seed, so that only the campaign repeats it."""

    package: Package
    model: str
    layer: str
    images: int
    stall: str
    made: bool = False


def run_inside_core_command(options: argparse.Namespace, hardware: Hardware) -> int:
    """Run the campaign and print a line a run; return 0 if every run is a PASS, 1 otherwise."""
    unit = options.unit
    description = find_description(unit, Path(options.dut) if options.dut else None)
    simulator, output = find_simulator(options.sim), options.out.resolve()
    runs = list(campaign(options))
    core = core_with(description, hardware, output)
    print(f"unit      {unit}, inside t2c_core")
    print(f"module    {module_text(description)}")
    print(
        f"run       {simulator.name} {simulator.version}, {hardware.rows}x{hardware.cols}, seed {options.seed}",
        flush=True,
    )
    if core.lacks:
        print(f"          accumulators are not compared: the module has no {' and no '.join(core.lacks)}", flush=True)
    failed, waves = 0, Waves.parse(options.waves)
    for run in runs:
        request = RunRequest(
            layer=run.layer,
            images=run.images,
            seed=options.seed,
            stall=run.stall,
            rtl=core.rtl,
            waves=waves,
            exact_cycles=is_own(description) and options.cycles == EXACT,
            accumulators=bool(options.accumulators) and not core.lacks,
        )
        with locked_cosimulation(run.package, run.model, request, hardware, simulator, output) as job:
            result = job.run()
            failed += not result.passed
            print(run_line(run, result), flush=True)
            if result.passed and result.figures["timing"]:
                print(f"          {result.figures['timing'][0]}", flush=True)
            if not result.passed:
                lines = failure_lines(job, result, run, dut_settings(description))
                print("\n".join(f"  {line}" for line in lines), flush=True)
    whole = options.layer in ("list", ALL)
    chosen = list(cases(options.seed, simulator.name)) if whole else []
    chosen += cases_on(hardware, options.seed, simulator.name) if whole and not is_own(description) else ()
    count = len(runs)
    for done in run_cases(
        chosen,
        simulator,
        output,
        lambda built: core_with(description, built, output).rtl,
        again={"unit": "t2c_core", "sim": simulator.name, "seed": options.seed},
        timed=is_own(description) and options.cycles == EXACT,
        sums=bool(options.accumulators) and not core.lacks,
    ):
        failed += not done.passed
        print("\n".join(done.lines), flush=True)
        count += bool(done.compared)
    print(f"verdict   {'FAIL' if failed else 'PASS'}, {count - failed} of {count} runs passed")
    return 1 if failed else 0


def campaign(options: argparse.Namespace) -> Iterator[CampaignRun]:
    """The model behind each kind of stalls, or behind the one that is asked for; then random layers and networks."""
    path, package = open_package(options.model)
    layer = ALL if options.layer == "list" else options.layer
    for stall in STALLS if options.stall == "none" else (options.stall,):
        yield CampaignRun(package=package, model=str(path), layer=layer, images=options.images, stall=stall)
    if options.layer not in ("list", ALL):
        return
    for make, count in ((random_layer, LAYERS), (random_network, NETWORKS)):
        for index in range(count):
            made = make(options.seed + index)
            stall = STALLS[index % len(STALLS)]
            yield CampaignRun(package=made, model=made.name, layer=ALL, images=1, stall=stall, made=True)


def run_line(run: CampaignRun, result: RunResult) -> str:
    """Verdict, what ran, and how much was compared."""
    figures = result.figures
    sums = f"{figures['wrong_accumulators']:,} of {figures['accumulators']:,} accumulators wrong, "
    sums = sums if figures["accumulators"] else ""
    what = f"{run.model} {run.layer}, {run.images} images, stall {run.stall}"
    return (
        f"{result.verdict.ljust(8)}  {what}: {figures['compared']:,} results compared, "
        f"{figures['mismatches']:,} mismatches, {sums}{figures['cycles']:,} cycles"
    )


def failure_lines(job: Cosimulation, result: RunResult, run: CampaignRun, dut: dict[str, object]) -> Iterator[str]:
    """Reasons; for our own engine the first wrong signal inside, whose signals the probe knows; how to see it again."""
    yield from result.reasons
    found = diagnose(job, result) if job.request.rtl == RTL and job.request.waves is None else None
    if found:
        yield f"first wrong signal: {found.finding.text}"
    if run.made:
        yield f"made from the seed: {command('sim', dut | {'sim': job.simulator.name, 'seed': job.request.seed})}"
    else:
        waves = job.request.waves or Waves()
        again = replay_settings(run.model, job.request, job.program.hardware, job.simulator.name, waves)
        yield f"replay with waveform: {command('sim', dut | again)}"
