"""Mutants of the core, and of the layer engine in it: judged by whole runs, up to the first one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mutation.core_runs import FIRST, RUNS, CoreRun
from mutation.equivalence import Thoroughness
from mutation.judge import Judge, Surroundings
from mutation.mutant_result import BROKEN, KILLED, SURVIVED, MutantResult
from mutation.netlist import MutatedUnit, make_mutants
from t2c.common.places import HDL
from t2c.contract.hardware import Hardware
from t2c.tb.catalogue.unit import CORE
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.random_programs.builds import BUILDS

BUILD_OF = {CORE: "small", "layer_engine": "odd"}
"""Build at which the core is flattened, by the unit that is mutated in it: the core itself is one."""
_SUMS, _SUMS_ALONE = ", accumulators", ", accumulators alone"
"""Ends of a reason: where accumulators showed a mutant first, and where nothing else did."""
_ROOMS = ("mutation.core_", "t2c.tb.cosim.", "t2c.tb.random_models.", "t2c.tb.random_programs.")


@dataclass(frozen=True, kw_only=True)
class CoreJudge(Judge):
    """Whole runs of the core, in which the unit has its place; `mutation.core_runs` lists them."""

    thoroughness: ClassVar[Thoroughness] = Thoroughness(guard_w=0, depth=0, limit_s=3, rounds=8)

    @property
    def mutants(self) -> int:
        return 120 if self.unit == CORE else super().mutants

    @property
    def parameters(self) -> Mapping[str, int]:
        return self.hardware.parameters()

    @property
    def hardware(self) -> Hardware:
        """The core's."""
        return BUILDS[BUILD_OF[self.unit]]

    @property
    def top(self) -> str:
        return CORE

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(run.name for run in RUNS[BUILD_OF[self.unit]])

    def roots(self) -> tuple[str, ...]:
        return ("t2c.tb.cosim.core_tests", "t2c.tb.random_programs.bench", "mutation.core_judge")

    def counts(self, module: str) -> bool:
        return module.startswith(_ROOMS)

    def make(self, rtl: Path, folder: Path, *, count: int, seed: int) -> MutatedUnit:
        within, files = units()[self.unit].inside_core, self.files(rtl)
        harness = "".join((HDL / name).read_text() for name in ("core_harness.v", "program_harness.v"))
        seen = sorted(set(re.findall(r"\bi_dut\.(\w+)", harness)))
        return make_mutants(CORE, self.parameters, rtl, files, folder, count=count, seed=seed, within=within, seen=seen)

    def run(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        """As `Judge.run`, by the first runs, which show most; a proof of equivalence is cheaper than all the others.

        Where only the accumulators of a run are wrong, the reason says so, and whether any later run notices the mutant
        by other things.
        """
        runs = RUNS[BUILD_OF[self.unit]]
        result = self._look(runs[:FIRST], unit, number, place)
        alone = result.verdict == KILLED and result.reason.endswith(_SUMS_ALONE)
        return self._look(runs, unit, number, place) if alone else result

    def last_word(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult | None:
        """The other runs."""
        result = self._look(RUNS[BUILD_OF[self.unit]][FIRST:], unit, number, place)
        return None if result.verdict == SURVIVED else result

    def _look(self, runs: Sequence[CoreRun], unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        seconds, first = 0.0, ""
        for run in runs:
            noticed = run.look(unit.folder, self.hardware, number, place)
            seconds += noticed.seconds
            if noticed.broken:
                reason = f"{run.name}: {noticed.broken}"
                return MutantResult(number=number, verdict=BROKEN, reason=reason, seconds=seconds)
            if noticed.passed:
                continue
            if noticed.sums_only:
                first = first or run.name
                continue
            reason = f"{first}{_SUMS}" if first else run.name
            return MutantResult(
                number=number, verdict=KILLED, reason=reason, compared=noticed.compared, seconds=seconds
            )
        if first:
            reason = f"{first}{_SUMS_ALONE}"
            return MutantResult(number=number, verdict=KILLED, reason=reason, seconds=seconds)
        return MutantResult(number=number, verdict=SURVIVED, reason="every run passes", seconds=seconds)

    def remarks(self, results: Sequence[MutantResult]) -> list[str]:
        reasons = [result.reason for result in results if result.verdict == KILLED]
        alone = sum(reason.endswith(_SUMS_ALONE) for reason in reasons)
        first = sum(reason.endswith(_SUMS) for reason in reasons)
        return [
            f"With accumulators compared {len(reasons)} are killed, without them {len(reasons) - alone};",
            f"of these {first} show in accumulators in an earlier run than in results.",
        ]
