"""What a unit bench leaves behind in its run folder: report.json, test by test, and the bins that it hit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from t2c.tb.components.bins import Coverage

REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one cocotb test found.

    compared, failed: comparisons, and those that differed; error: what else ended the test, in one line, or empty;
    mismatches: the first that differed, as text.
    """

    compared: int
    failed: int
    error: str = ""
    mismatches: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failed and not self.error


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitReport:
    """All tests of a run, by name in the order in which they ran, what explains their mismatches, and their bins.

    explanation: lines that say which class of inputs differs, or that a stream is shifted.
    """

    tests: Mapping[str, Findings] = field(default_factory=dict)
    explanation: tuple[str, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def compared(self) -> int:
        return sum(test.compared for test in self.tests.values())

    @property
    def failed(self) -> int:
        return sum(test.failed for test in self.tests.values())


def add_test(folder: Path, name: str, findings: Findings, explanation: Sequence[str], coverage: Coverage) -> None:
    """Add a test to the report of its run, or begin the report; `clear_report` comes before a run.

    explanation: of the mismatches of all tests so far.
    """
    report = read_report(folder)
    report.coverage.merge(coverage)
    stored = {
        "tests": {test: asdict(found) for test, found in {**report.tests, name: findings}.items()},
        "explanation": list(explanation),
        "coverage": report.coverage.to_json(),
    }
    (folder / REPORT).write_text(json.dumps(stored, indent=1) + "\n")


def read_report(folder: Path) -> UnitReport:
    """The report that lies in a run folder; without tests if none came so far as to write one."""
    path = folder / REPORT
    if not path.is_file():
        return UnitReport()
    stored = json.loads(path.read_text())
    tests = {
        name: Findings(**{**test, "mismatches": tuple(test["mismatches"])}) for name, test in stored["tests"].items()
    }
    return UnitReport(
        tests=tests,
        explanation=tuple(stored["explanation"]),
        coverage=Coverage.from_json(stored["coverage"]),
    )


def clear_report(folder: Path) -> None:
    """Remove the report of an earlier run, which must not be taken for this one's."""
    (folder / REPORT).unlink(missing_ok=True)
