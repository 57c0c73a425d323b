"""What is said and kept of a run that failed: where it went wrong, and a waveform of the cycles around that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from t2c.tb.cosim.cosimulation import Cosimulation
from t2c.tb.cosim.localisation.rerun import AROUND, diagnose, waves_of
from t2c.tb.cosim.request import MODEL
from t2c.tb.cosim.verdict import RunResult


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """text: lines for the report, the last one the command that runs it again; waves: an FST, if one was written."""

    text: str
    waves: Path | None = None


def follow_up(job: Cosimulation, result: RunResult) -> FollowUp:
    """Locate the fault of a failed run; where no value differs, show the end of the run that failed.

    Args:
        job: the run; its files are still those of the failure.
        result: its result.

    Raises:
        SimulatorError: the simulator cannot build the design with the probe.
    """
    replay = result.figures["replay"]
    if job.simulator.name == MODEL:
        return FollowUp(text=f"  replay: {replay}")
    if job.request.waves is not None:
        written = result.figures["waves"]
        return FollowUp(text=f"  replay with waveform: {replay}", waves=Path(written) if written else None)
    diagnosis = diagnose(job, result)
    if diagnosis is not None and diagnosis.waves is not None:
        return FollowUp(text=diagnosis.text(), waves=diagnosis.waves)
    text = diagnosis.text() if diagnosis is not None else f"  replay with waveform: {replay}"
    end = _end(job)
    waves = waves_of(job, end[0], max(end[1] - AROUND, 0), end[1] + AROUND) if end else None
    return FollowUp(text=f"  waveform of the end: {waves}\n{text}" if waves else text, waves=waves)


def _end(job: Cosimulation) -> tuple[int, int] | None:
    """The last run that was simulated, and the cycle in which it ended; None if the bench did not get there."""
    verdict, limit = job.folder / "verdict.json", json.loads((job.folder / "job.json").read_text())["cycle_limit"]
    found = json.loads(verdict.read_text()) if verdict.is_file() else {}
    cycles = found.get("layer_cycles", [])
    if not cycles:
        return None
    stuck = any("not done after" in fault for fault in found.get("faults", ()))
    return len(cycles) - 1, limit if stuck else sum(cycles[-1])
