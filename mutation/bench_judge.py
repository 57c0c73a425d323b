"""Run a unit's bench on one mutant, up to the first thing that is wrong, and tell a kill from a broken run."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from mutation.mutant_result import BROKEN, KILLED, SURVIVED, MutantResult
from mutation.netlist import MutatedUnit
from t2c.tb.components.bench_report import read_report
from t2c.tb.components.scoreboard import STOP_AT_MISMATCH
from t2c.tb.simulation.simulators import Simulator
from t2c.tb.units.run import run_unit

_COMPLAINTS = {"AssertionError", "ComparisonsFailed", "StreamError", "SimTimeoutError"}
"""How a bench says that the unit is wrong. Any other exception is a fault of the harness, which kills nothing."""
_NOT_RUN = "RegressionTerminated"
_FIRST_ONLY = {"COCOTB_MAX_FAILURES": "1", STOP_AT_MISMATCH: "1"}


def run_bench(unit: MutatedUnit, number: int, simulator: Simulator, output: Path, seed: int) -> MutantResult:
    """Run the bench on a mutant; 0 is the unit itself.

    Returns:
        KILLED with the test and its comparisons, SURVIVED, or BROKEN with the reason.

    Raises:
        SimulatorError: the netlist cannot be built.
    """
    outcome = run_unit(
        unit.name,
        simulator,
        output,
        seed=seed,
        rtl=unit.folder,
        plusargs={"mutant": str(number)},
        environment=_FIRST_ONLY,
        folder_suffix=f"mutant{number}",
    )
    if outcome.passed:
        return MutantResult(number=number, verdict=SURVIVED, reason="every test passes", seconds=outcome.seconds)
    folder = outcome.log.parent
    failure = None if outcome.crashed else _first_failure(folder / "results.xml")
    if failure is None:
        reason = f"the simulation came to no verdict; see {outcome.log}"
        return MutantResult(number=number, verdict=BROKEN, reason=reason, seconds=outcome.seconds)
    test, kind, message = failure
    if kind not in _COMPLAINTS:
        reason = f"{test}: {kind}: {message}; see {outcome.log}"
        return MutantResult(number=number, verdict=BROKEN, reason=reason, seconds=outcome.seconds)
    findings = read_report(folder).tests.get(test)
    compared = findings.compared if findings else 0
    return MutantResult(number=number, verdict=KILLED, reason=test, compared=compared, seconds=outcome.seconds)


def _first_failure(path: Path) -> tuple[str, str, str] | None:
    """(test, exception type, first line of its message) of the first test that ran and failed."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        found = case.find("failure")
        if found is None:
            found = case.find("error")
        if found is not None and found.get("type") != _NOT_RUN:
            message = (found.get("message") or "no message").splitlines()
            return case.get("name", ""), found.get("type", ""), message[0] if message else ""
    return None
