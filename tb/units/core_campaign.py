"""The command line of a layer engine, or an array, inside the core: a model, random and edge packages, programs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from t2c.common.errors import SettingError, UserError
from t2c.common.places import RTL
from t2c.common.spelling import command
from t2c.contract.hardware import Hardware
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package, save_package
from t2c.mapping.compiler import ALL
from t2c.tb.cosim.cosimulation import Cosimulation, locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import EXACT, RunRequest, Waves, hardware_settings, replay_settings
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.dut.core_place import CoreInPlace, core_with
from t2c.tb.dut.description import Description
from t2c.tb.dut.loader import is_own
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_programs.campaign import PREFIX, cases, cases_on
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, Simulator, find_simulator
from t2c.tb.units.campaign_edges import builds, large_on, space_runs
from t2c.tb.units.program_campaign import run_cases
from t2c.tb.units.run import find_description
from t2c.tb.units.unit_command import dut_settings, module_text

LAYERS, NETWORKS = 6, 3
"""Random layers and networks of a campaign, after the model."""
STALLS = ("none", "p50", "bursts,p90")
ICARUS_CELLS = 3_000_000
"""Array cells times cycles that Icarus takes in about 20 seconds; longer runs go to Verilator where there is one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignRun:
    """One run of the campaign. model: for the report; made: not a package on disk, so that a failure has to keep it;
    build: name of hardware that was not asked for; cells: array cells times cycles, 0 if nobody counted."""

    package: Package
    model: str
    layer: str
    images: int
    stall: str
    made: bool = False
    build: str = ""
    cells: int = 0


def run_inside_core_command(options: argparse.Namespace, hardware: Hardware) -> int:
    """Run the campaign and print a line a run; return 0 if every run is a PASS, 1 otherwise."""
    unit = options.unit
    description = find_description(unit, Path(options.dut) if options.dut else None)
    simulator, output = find_simulator(options.sim), options.out.resolve()
    campaigner = _Campaigner(options=options, description=description, asked=simulator, output=output)
    core = campaigner.place(hardware)
    print(f"unit      {unit}, inside t2c_core")
    print(f"module    {module_text(description)}")
    print(
        f"run       {simulator.name} {simulator.version}, {hardware.rows}x{hardware.cols}, seed {options.seed}",
        flush=True,
    )
    if core.lacks:
        print(f"          accumulators are not compared: the module has no {' and no '.join(core.lacks)}", flush=True)
    programs = options.layer.startswith(PREFIX)
    for run in () if programs else campaign(options):
        campaigner.run(run, core, hardware)
    if programs:
        campaigner.run_programs(hardware, core, options.layer)
    if options.layer in ("list", ALL):
        possible = {name: built for name, built in builds(hardware).items() if campaigner.fits(name, built, hardware)}
        for name, built in possible.items():
            place = campaigner.place(built)
            large = name == large_on(list(possible), next(iter(possible)))
            for made in space_runs(name, built, options.seed, large=large):
                run = CampaignRun(
                    package=made.package,
                    model=made.package.name,
                    layer=made.layer,
                    images=made.images,
                    stall=made.stall,
                    made=True,
                    build=name,
                    cells=made.cells,
                )
                campaigner.run(run, place, built)
        campaigner.run_programs(hardware, core)
    passed, ran = campaigner.passed, campaigner.ran
    print(f"verdict   {'PASS' if passed == ran else 'FAIL'}, {passed} of {ran} runs passed")
    return 0 if passed == ran else 1


@dataclass(kw_only=True)
class _Campaigner:
    """Runs one after the other and counts. asked: the simulator; the long runs of Icarus go to Verilator."""

    options: argparse.Namespace
    description: Description
    asked: Simulator
    output: Path
    ran: int = 0
    passed: int = 0
    _places: dict[Hardware, CoreInPlace] = field(default_factory=dict)

    def place(self, hardware: Hardware) -> CoreInPlace:
        """The core on some hardware, with the module in it; raises as `core_with`."""
        if hardware not in self._places:
            self._places[hardware] = core_with(self.description, hardware, self.output)
        return self._places[hardware]

    def fits(self, name: str, hardware: Hardware, asked: Hardware) -> bool:
        """Whether the module can be on that hardware; if not, a line says why."""
        if hardware == asked:
            return True
        try:
            self.place(hardware)
        except UserError as error:
            print(f"          not on {name}, {hardware.rows}x{hardware.cols}: {str(error).splitlines()[0]}", flush=True)
            return False
        return True

    def run(self, run: CampaignRun, core: CoreInPlace, hardware: Hardware) -> None:
        """Run, print a line, and on a failure why and how to see it again."""
        options = self.options
        request = RunRequest(
            layer=run.layer,
            images=run.images,
            seed=options.seed,
            stall=run.stall,
            rtl=core.rtl,
            waves=Waves.parse(options.waves),
            exact_cycles=is_own(self.description) and options.cycles == EXACT,
            accumulators=bool(options.accumulators) and not core.lacks,
        )
        simulator = self._simulator(run)
        with locked_cosimulation(run.package, run.model, request, hardware, simulator, self.output) as job:
            result = job.run()
            self.ran += 1
            self.passed += result.passed
            print(run_line(run, result), flush=True)
            if result.passed and result.figures["timing"]:
                print(f"          {result.figures['timing'][0]}", flush=True)
            if not result.passed:
                if run.made:
                    run = replace(run, model=os.path.relpath(self._keep(run)))
                lines = failure_lines(job, result, run, dut_settings(self.description))
                print("\n".join(f"  {line}" for line in lines), flush=True)

    def run_programs(self, hardware: Hardware, core: CoreInPlace, only: str = "") -> None:
        """Programs, on builds of their own, a foreign module also on what was asked for; only: some. Asked for Icarus,
        what it is too slow for runs on Verilator."""
        options, own = self.options, is_own(self.description)
        ran = False
        for simulator in (self.asked, self._quick)[: 1 + (self._quick.name != self.asked.name)]:
            name = simulator.name
            chosen = list(cases(options.seed, name))
            chosen += () if own else cases_on(hardware, options.seed, name)
            chosen = [case for case in chosen if only in case.id]
            settings = {"sim": name, "seed": options.seed}
            for done in run_cases(
                chosen,
                simulator,
                self.output,
                lambda built: self.place(built).rtl,
                again=dut_settings(self.description) | hardware_settings(hardware) | settings,
                timed=own and options.cycles == EXACT,
                sums=bool(options.accumulators) and not core.lacks,
            ):
                self.ran += done.applicable
                self.passed += done.applicable and done.passed
                print("\n".join(done.lines), flush=True)
            ran = ran or bool(chosen)
        if not ran:
            text = "{layer} = {given!r} is part of no program's name"
            raise SettingError(text, {"given": only})

    def _simulator(self, run: CampaignRun) -> Simulator:
        return self.asked if run.cells < ICARUS_CELLS else self._quick

    @cached_property
    def _quick(self) -> Simulator:
        """Verilator where there is one, for what is long."""
        if self.asked.name != ICARUS:
            return self.asked
        try:
            return find_simulator(VERILATOR)
        except UserError:
            return self.asked

    def _keep(self, run: CampaignRun) -> Path:
        """Write the package, so that one command repeats its run."""
        folder = self.output / "campaign" / f"{run.package.name}.{run.build or 'usual'}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_package(run.package, folder)
        return folder


def campaign(options: argparse.Namespace) -> Iterator[CampaignRun]:
    """The model behind each kind of stalls, or behind the one that is asked for; then everyday layers and networks."""
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
    what += f", on {run.build}" if run.build else ""
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
    waves = job.request.waves or Waves()
    again = replay_settings(run.model, job.request, job.program.hardware, job.simulator.name, waves)
    yield f"replay with waveform: {command('sim', dut | again)}"
