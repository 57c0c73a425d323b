"""The condensed campaign that judges mutants of the core: small networks and random programs, the cheapest first."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.bench_judge import first_failure
from mutation.judge import Surroundings
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL
from t2c.tb.cosim.cosimulation import STALE, Cosimulation, prepare
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, RunRequest
from t2c.tb.random_models.edges import EDGES
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_programs.campaign import EVENTS, FIELDS, RANDOM, SHORT, ProgramCase, jobs_of
from t2c.tb.random_programs.program_run import ProgramJob


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What a run says of a mutant.

    passed: it notices nothing; broken: why it came to no verdict; sums_only: only accumulators are wrong; compared: how
    much was.
    """

    passed: bool
    broken: str = ""
    sums_only: bool = False
    compared: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CoreRun(ABC):
    """A run of the campaign. name: unique; seed: of what runs."""

    name: str
    seed: int

    @abstractmethod
    def look(self, rtl: Path, hardware: Hardware, number: int, place: Surroundings) -> Noticed:
        """Run it on a mutant of the core in this folder."""


def _folder(place: Surroundings, name: str) -> Path:
    """Of a run in this process, with the builds of all."""
    folder = place.folder / f"worker-{os.getpid()}" / name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "builds").is_symlink():
        (folder / "builds").symlink_to(place.folder / "builds")
    return folder


@dataclass(frozen=True, kw_only=True)
class PackageRun(CoreRun):
    """A network beside the reference model, accumulators included.

    make: it, from the seed and for the hardware; tests: of core_tests.py.
    """

    make: Callable[[int, Hardware], Package]
    layer: str = ALL
    images: int = 1
    stall: str = "none"
    tests: tuple[str, ...] = (MAIN_TEST,)

    def look(self, rtl: Path, hardware: Hardware, number: int, place: Surroundings) -> Noticed:
        seconds = 0.0
        for accumulators in (True, False):
            job = self._prepared(rtl, hardware, place, accumulators)
            for stale in STALE:
                (job.folder / stale).unlink(missing_ok=True)
            plusargs = {**job.prepared.plusargs, "mutant": Path(str(number))}
            result = replace(job, prepared=replace(job.prepared, plusargs=plusargs)).run()
            seconds += result.figures["seconds"]
            if result.passed:
                return Noticed(passed=accumulators, sums_only=not accumulators, seconds=seconds)
            failure = first_failure(job.folder / "results.xml")
            broken = "" if failure and failure.complaint else f"{failure.text if failure else result.reasons[0]}"
            noticed = Noticed(passed=False, broken=broken, compared=result.figures["compared"], seconds=seconds)
            if broken or not result.figures["wrong_accumulators"]:
                return noticed
        return noticed

    def _prepared(self, rtl: Path, hardware: Hardware, place: Surroundings, accumulators: bool) -> Cosimulation:
        """The files of the run, made once a process: only the mutant changes."""
        folder = _folder(place, f"{self.name}{'-sums' if accumulators else ''}")
        if folder not in _made:
            request = RunRequest(
                layer=self.layer,
                images=self.images,
                seed=place.seed,
                stall=self.stall,
                tests=self.tests,
                rtl=rtl,
                accumulators=accumulators,
            )
            package = self.make(self.seed, hardware)
            _made[folder] = prepare(package, package.name, request, hardware, place.simulator, folder)
        return _made[folder]


_made: dict[Path, Cosimulation] = {}


@dataclass(frozen=True, kw_only=True)
class ProgramRun(CoreRun):
    """A program of random steps beside the model of the core. kind, build: of the campaign of random programs."""

    kind: str
    build: str

    def look(self, rtl: Path, hardware: Hardware, number: int, place: Surroundings) -> Noticed:
        seconds, compared, sums_only = 0.0, 0, False
        for job in self._jobs(rtl):
            result = replace(job, plusargs={"mutant": str(number)}).run(place.simulator, _folder(place, self.name))
            seconds, compared = seconds + result.seconds, compared + result.compared
            sums_only = sums_only or result.sums_only
            if not result.passed and not result.sums_only:
                hung = [reason for reason in result.reasons if reason.startswith("the bench did not run")]
                return Noticed(passed=False, broken="; ".join(hung), compared=compared, seconds=seconds)
        return Noticed(passed=not sums_only, sums_only=sums_only, compared=compared, seconds=seconds)

    def _jobs(self, rtl: Path) -> list[ProgramJob]:
        """Made once a process."""
        key = (rtl, self.kind, self.build, self.seed)
        if key not in _jobs:
            _jobs[key] = jobs_of(ProgramCase(kind=self.kind, build=self.build, seed=self.seed), rtl)
        return _jobs[key]


_jobs: dict[tuple[Path, str, str, int], list[ProgramJob]] = {}


def _programs(build: str, *kinds: str, seed: int = 1) -> list[CoreRun]:
    again = f"-{seed}" if seed > 1 else ""
    return [ProgramRun(name=f"{kind}-program{again}", kind=kind, build=build, seed=seed) for kind in kinds]


def _layer(seed: int, _: Hardware) -> Package:
    return random_layer(seed)


def _network(seed: int, _: Hardware) -> Package:
    return random_network(seed)


def _edge(name: str) -> CoreRun:
    """An edge package, which follows from the hardware alone."""

    def make(_: int, hardware: Hardware) -> Package:
        return EDGES[name].make(hardware)

    return PackageRun(name=f"edge-{name}", make=make, seed=1)


PACKAGES: tuple[CoreRun, ...] = (
    PackageRun(name="network", make=_network, seed=1),
    *(PackageRun(name=f"layer-{seed}", make=_layer, seed=seed) for seed in (1, 4, 6)),
    PackageRun(name="stalls", make=_network, seed=3, stall="p50", images=2),
    PackageRun(name="resets", make=_layer, seed=3, tests=(RESET_TEST,)),
    PackageRun(name="misplaced-tlast", make=_layer, seed=1, tests=(ERROR_TEST,)),
    *map(_edge, ("zero-points", "sums-of-words", "copies", "strips")),
)
RUNS: dict[str, tuple[CoreRun, ...]] = {
    "small": (
        *_programs("small", SHORT, RANDOM, FIELDS),
        *PACKAGES,
        *_programs("small", RANDOM, seed=2),
        *_programs("small", "pairs4", "extents", EVENTS),
    ),
    "odd": (
        *_programs("odd", SHORT, RANDOM, FIELDS),
        *_programs("odd", RANDOM, seed=2),
        *_programs("odd", RANDOM, seed=3),
        *_programs("odd", "windows", "pairs", EVENTS),
    ),
}
"""By the build of the core, those that show most first; packages of 8 bits run where the core has as many."""
FIRST = 3
"""So many of them come before a proof of equivalence is tried, the others after it."""
