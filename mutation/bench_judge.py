"""Run a unit's bench on one mutant, up to the first thing that is wrong, and tell a kill from a broken run."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.judge import Judge, Surroundings
from mutation.mutant_result import BROKEN, KILLED, SURVIVED, MutantResult
from mutation.netlist import MutatedUnit, make_mutants
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.components.bench_report import read_report
from t2c.tb.components.scoreboard import STOP_AT_MISMATCH
from t2c.tb.units.run import run_unit
from t2c.tb.units.table_choice import named_table

_COMPLAINTS = {"AssertionError", "AxiLiteError", "ComparisonsFailed", "StreamError", "SimTimeoutError"}
"""How a bench says that the unit is wrong. Any other exception is a fault of the harness, which kills nothing."""
_NOT_RUN = "RegressionTerminated"
_FIRST_ONLY = {"COCOTB_MAX_FAILURES": "1", STOP_AT_MISMATCH: "1"}
_COMPONENTS = ("t2c.tb.components.", "t2c.tb.units.stream_bench")


@dataclass(frozen=True, kw_only=True)
class BenchJudge(Judge):
    """The cocotb tests of the unit's own bench, at its default parameters, with each table that is made for it."""

    @property
    def tests(self) -> tuple[str, ...]:
        return units()[self.unit].tests

    def roots(self) -> tuple[str, ...]:
        return (units()[self.unit].bench,)

    def counts(self, module: str) -> bool:
        return module.startswith((*_COMPONENTS, f"{units()[self.unit].bench.rpartition('.')[0]}."))

    def make(self, rtl: Path, folder: Path, *, count: int, seed: int) -> MutatedUnit:
        return make_mutants(self.unit, self.parameters, rtl, self.files(rtl), folder, count=count, seed=seed)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables with which the bench runs; the one without a name is the bench's own, or none."""
        kind = units()[self.unit].table
        return ("", *(kind.names[1:] if kind else ()))

    def run(self, unit: MutatedUnit, number: int, place: Surroundings) -> MutantResult:
        """See Judge; with one table after another until it notices something."""
        seconds = 0.0
        for table in self.tables:
            result = self._run(unit, number, place, table)
            seconds += result.seconds
            if result.verdict != SURVIVED:
                break
        return replace(result, seconds=seconds)

    def _run(self, unit: MutatedUnit, number: int, place: Surroundings, table: str) -> MutantResult:
        """The bench with that table, up to the first thing that is wrong."""
        outcome = run_unit(
            unit.name,
            place.simulator,
            place.folder,
            seed=place.seed,
            rtl=unit.folder,
            plusargs={"mutant": str(number)},
            environment=_FIRST_ONLY,
            folder_suffix=f"mutant{number}{table and f'-{table}'}",
            table=named_table(unit.name, table, self.parameters, place.seed) if table else None,
        )
        if outcome.passed:
            return MutantResult(number=number, verdict=SURVIVED, reason="every test passes", seconds=outcome.seconds)
        folder = outcome.log.parent
        failure = None if outcome.crashed else first_failure(folder / "results.xml")
        if failure is None or not failure.complaint:
            text = f"{failure.text}; see" if failure else "the simulation came to no verdict; see"
            return MutantResult(number=number, verdict=BROKEN, reason=f"{text} {outcome.log}", seconds=outcome.seconds)
        findings = read_report(folder).tests.get(failure.test)
        return MutantResult(
            number=number,
            verdict=KILLED,
            reason=f"{failure.test}{table and f', table {table}'}",
            compared=findings.compared if findings else 0,
            seconds=outcome.seconds,
        )


@dataclass(frozen=True, kw_only=True)
class TestFailure:
    """The first test of a run that failed. kind: type of its exception; message: the first line of it."""

    test: str
    kind: str
    message: str

    @property
    def complaint(self) -> bool:
        """It is about the design, and not about the harness."""
        return self.kind in _COMPLAINTS

    @property
    def text(self) -> str:
        return f"{self.test}: {self.kind}: {self.message}"


def first_failure(path: Path) -> TestFailure | None:
    """Of the tests in results.xml that ran; None if none failed, or there is no such file."""
    if not path.is_file():
        return None
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        found = case.find("failure")
        if found is None:
            found = case.find("error")
        if found is not None and found.get("type") != _NOT_RUN:
            message = (found.get("message") or "no message").splitlines() or ["no message"]
            return TestFailure(test=case.get("name", ""), kind=found.get("type", ""), message=message[0])
    return None
