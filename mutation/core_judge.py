"""Run small networks on a mutant of the core beside the reference model, up to the first run that is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mutation.bench_judge import first_failure
from mutation.core_runs import CORE_RUNS, CoreRun
from mutation.equivalence import Thoroughness
from mutation.judge import Judge, Surroundings
from mutation.mutant_result import BROKEN, KILLED, SURVIVED, MutantResult
from mutation.netlist import MutatedUnit, make_mutants
from t2c.common.places import HDL
from t2c.contract.hardware import Hardware
from t2c.tb.catalogue.unit import CORE
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.cosim.cosimulation import MODULE, STALE, Cosimulation, prepare
from t2c.tb.cosim.request import RunRequest

_SMALL = {"act_depth": 1024, "wgt_depth": 4096, "par_depth": 128, "acc_depth": 16, "prg_depth": 8192}
HARDWARE = {
    CORE: Hardware(rows=4, cols=2, **_SMALL),
    "layer_engine": Hardware(rows=4, cols=4, **_SMALL),
}
"""At which the core is flattened, by the unit that is mutated in it: the core itself is one."""


@dataclass(frozen=True, kw_only=True)
class CoreJudge(Judge):
    """Whole runs of the core, in which the unit has its place; `mutation.core_runs` lists them."""

    mutants: ClassVar[int] = 120
    thoroughness: ClassVar[Thoroughness] = Thoroughness(guard_w=0, depth=0, limit_s=5)

    @property
    def parameters(self) -> Mapping[str, int]:
        return self.hardware.parameters()

    @property
    def hardware(self) -> Hardware:
        return HARDWARE[self.unit]

    @property
    def top(self) -> str:
        return CORE

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(run.name for run in CORE_RUNS)

    def roots(self) -> tuple[str, ...]:
        return (MODULE, "mutation.core_judge")

    def counts(self, module: str) -> bool:
        return module.startswith(("mutation.core_", "t2c.tb.cosim.", "t2c.tb.random_models."))

    def make(self, rtl: Path, folder: Path, *, count: int, seed: int) -> MutatedUnit:
        within, files = units()[self.unit].inside_core, self.files(rtl)
        seen = sorted(set(re.findall(r"\bi_dut\.(\w+)", (HDL / "core_harness.v").read_text())))
        return make_mutants(CORE, self.parameters, rtl, files, folder, count=count, seed=seed, within=within, seen=seen)

    def run(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        """As `Judge.run`; the reason says whether the run's results show it or only its accumulators do, and in the
        latter case whether another run notices it without them."""
        seconds, first = 0.0, ""
        for run in CORE_RUNS:
            for accumulators in (False,) if first else (True, False):
                job = _prepared(self, unit.folder, run, place, accumulators)
                for stale in STALE:
                    (job.folder / stale).unlink(missing_ok=True)
                plusargs = {**job.prepared.plusargs, "mutant": Path(str(number))}
                object.__setattr__(job.prepared, "plusargs", plusargs)
                result = job.run()
                seconds += result.figures["seconds"]
                if result.passed:
                    break
                known = {"number": number, "seconds": seconds, "compared": result.figures["compared"]}
                failure = first_failure(job.folder / "results.xml")
                if failure is None or not failure.complaint:
                    text = failure.text if failure else result.reasons[0]
                    return MutantResult(verdict=BROKEN, reason=f"{run.name}: {text}; see {job.folder}", **known)
                if not accumulators or not result.figures["wrong_accumulators"]:
                    reason = f"{first}, accumulators" if first and first != run.name else run.name
                    return MutantResult(verdict=KILLED, reason=reason, **known)
                first = run.name
        if first:
            reason = f"{first}, accumulators alone"
            return MutantResult(number=number, verdict=KILLED, reason=reason, seconds=seconds)
        return MutantResult(number=number, verdict=SURVIVED, reason="every run passes", seconds=seconds)


_made: dict[tuple[Path, str, bool], Cosimulation] = {}
"""Jobs of this process, by folder of the campaign, name of the run, and whether accumulators are compared."""


def _prepared(judge: CoreJudge, rtl: Path, run: CoreRun, place: Surroundings, accumulators: bool) -> Cosimulation:
    """The files of a run, made once a process: only the mutant changes."""
    key = (place.folder, run.name, accumulators)
    if key not in _made:
        request = RunRequest(
            layer=run.layer,
            images=run.images,
            seed=place.seed,
            stall=run.stall,
            tests=run.tests,
            rtl=rtl,
            accumulators=accumulators,
        )
        output = place.folder / f"worker-{os.getpid()}" / f"{run.name}{'-sums' if accumulators else ''}"
        output.mkdir(parents=True, exist_ok=True)
        (output / "builds").symlink_to(place.folder / "builds")
        package = run.package()
        _made[key] = prepare(package, package.name, request, judge.hardware, place.simulator, output)
    return _made[key]
