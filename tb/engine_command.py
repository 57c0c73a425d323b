"""The command line's part for a layer engine: run it inside the core, over a model and over random networks."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golden.command import open_package
from golden.package import Package
from mapping.compiler import ALL
from mapping.hardware import Hardware
from tb.diagnosis import diagnose
from tb.dut.description import load_description
from tb.dut.door import own_description
from tb.dut.engine import UNIT, core_with
from tb.job import Job, locked_job
from tb.regress.random_networks import random_layer, random_network
from tb.request import RunRequest
from tb.runner import ROOT, RTL
from tb.simulators import find_simulator
from tb.unit_command import dut_settings, module_text, settings_text
from tb.verdict import RunResult

LAYERS, NETWORKS = 6, 3
"""Random layers and networks of a campaign, after the model."""
STALLS = ("none", "p50", "bursts,p90")


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One run of the campaign. model: for the report; settings: of `make sim`, to repeat the run."""

    package: Package
    model: str
    layer: str
    images: int
    stall: str
    settings: dict[str, str]


def run_engine_command(options: argparse.Namespace, hardware: Hardware) -> int:
    """Run the campaign and print a line a run; return 0 if every run is a PASS, 1 otherwise."""
    description = load_description(Path(options.dut)) if options.dut else own_description(UNIT)
    if description.unit != UNIT:
        raise description.error("unit", f"unit: this describes a {description.unit}, UNIT is {UNIT}")
    simulator, output = find_simulator(options.sim), options.out.resolve()
    runs = list(campaign(options))
    rtl = core_with(description, hardware, output)
    print(f"unit      {UNIT}, inside t2c_core")
    print(f"module    {module_text(description)}")
    print(
        f"run       {simulator.name} {simulator.version}, {hardware.rows}x{hardware.cols}, seed {options.seed}",
        flush=True,
    )
    failed = 0
    for run in runs:
        request = RunRequest(layer=run.layer, images=run.images, seed=options.seed, stall=run.stall, rtl=rtl)
        with locked_job(run.package, run.model, request, hardware, simulator, output) as job:
            result = job.run()
            failed += not result.passed
            print(run_line(run, result), flush=True)
            if not result.passed:
                settings = dut_settings(description) | run.settings | {"SIM": simulator.name, "SEED": str(options.seed)}
                print("\n".join(f"  {line}" for line in failure_lines(job, result, settings)), flush=True)
    print(f"verdict   {'FAIL' if failed else 'PASS'}, {len(runs) - failed} of {len(runs)} runs passed")
    return 1 if failed else 0


def campaign(options: argparse.Namespace) -> Iterator[Run]:
    """The model behind each kind of stalls, or behind the one that is asked for; then random layers and networks."""
    path, package = open_package(options.model, ROOT / "examples")
    layer = ALL if options.layer == "list" else options.layer
    for stall in STALLS if options.stall == "none" else (options.stall,):
        settings = {"MODEL": str(path), "LAYER": layer, "IMAGES": str(options.images), "STALL": stall}
        yield Run(package=package, model=str(path), layer=layer, images=options.images, stall=stall, settings=settings)
    if options.layer not in ("list", ALL):
        return
    for make, count in ((random_layer, LAYERS), (random_network, NETWORKS)):
        for index in range(count):
            made = make(options.seed + index)
            yield Run(
                package=made, model=made.name, layer=ALL, images=1, stall=STALLS[index % len(STALLS)], settings={}
            )


def run_line(run: Run, result: RunResult) -> str:
    """Verdict, what ran, and how much was compared."""
    figures = result.figures
    what = f"{run.model} {run.layer}, {run.images} images, stall {run.stall}"
    return (
        f"{result.verdict.ljust(8)}  {what}: {figures['compared']:,} results compared, "
        f"{figures['mismatches']:,} mismatches, {figures['cycles']:,} cycles"
    )


def failure_lines(job: Job, result: RunResult, settings: dict[str, str]) -> Iterator[str]:
    """Reasons, and for our own engine the first wrong signal inside, which the probe can only name there."""
    yield from result.reasons
    if job.request.rtl == RTL:
        found = diagnose(job, result)
        if found:
            yield f"first wrong signal: {found.finding.text}"
    yield f"run again: {settings_text(settings)}"
