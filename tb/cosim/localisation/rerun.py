"""After a mismatch, run again with the probe on the failing value, name the first wrong signal, and write an FST
around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.contract.operations import ROW_STEPS
from t2c.tb.cosim.cosimulation import MODULE, Cosimulation, harness
from t2c.tb.cosim.localisation.core_probe import Probe, Stage, read_probe, write_windows
from t2c.tb.cosim.localisation.first_wrong_signal import Localiser
from t2c.tb.cosim.localisation.passages import Passage, passages_of, windows_of
from t2c.tb.cosim.localisation.probed_run import Finding, ProbedRun
from t2c.tb.cosim.localisation.row_events import Event, RowEvents, read_events
from t2c.tb.cosim.localisation.row_stages import RowStages
from t2c.tb.cosim.request import Waves, replay_command
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.runner import build, simulate

AROUND = 64
"""Cycles before and after the first wrong one that the FST holds."""
LOOK_TEST = "look"
"""The cocotb test of tb/cosim/core_tests.py that runs with the probe."""
CAPTURES = ("trace", "before", "sums", "steps")
"""Files of the failed run that the next one leaves as they are."""
_NEVER = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Where a run went wrong. finding: the first wrong signal; waves: FST around it, if one was written; replay: the
    command that shows it again."""

    finding: Finding
    waves: Path | None
    replay: str

    def text(self) -> str:
        """Lines for the report."""
        lines = [f"first wrong signal: {self.finding.text}"]
        if self.waves is not None:
            lines.append(f"waveform around it: {self.waves}")
        lines.append(f"replay with waveform: {self.replay}")
        return "\n".join(f"  {line}" for line in lines)


def diagnose(job: Cosimulation, result: RunResult) -> Diagnosis | None:
    """Locate the first mismatch of a failed run.

    Args:
        job: the run; its files are still those of the failure.
        result: its result.

    Returns:
        None if no value differed (the reasons then say all there is).

    Raises:
        SimulatorError: the simulator cannot build the design with the probe.
    """
    if result.misplaced is not None:
        return _misplaced(job, result.misplaced)
    mismatch = result.first
    if mismatch is None:
        return None
    program = job.program
    batch = slice(mismatch.run * program.batch, (mismatch.run + 1) * program.batch)
    tensors = {edge: values[batch] for edge, values in job.tensors.items()}
    if program.steps[mismatch.step].op in ROW_STEPS:
        place = _place(job, mismatch.word)
        rows = RowStages(program, mismatch.step, place, mismatch.lane, tensors, _rows(job, mismatch.run, mismatch.step))
        return _shown(job, rows.find(), mismatch.run)
    passages = passages_of(program, job.prepared.trace, mismatch.word)
    seen = _probed(job, mismatch.run, mismatch.lane, passages)
    finding = Localiser(program, mismatch, passages, tensors, seen).find()
    return _shown(job, finding, mismatch.run)


def _misplaced(job: Cosimulation, text: str) -> Diagnosis:
    """The first result word that went to a wrong place, in the cycle in which it did."""
    place = json.loads((job.folder / "verdict.json").read_text())["misplaced"][0]
    step = int(job.prepared.trace.step[place["word"]])
    if job.program.steps[step].op in ROW_STEPS:
        group = _rows(job, place["run"], step).at(Event.GROUP, _place(job, place["word"]))
        finding = Finding(unit="row_writer", text=f"address of a result: {text}", cycle=group.cycle if group else None)
        return _shown(job, finding, place["run"])
    passages = passages_of(job.program, job.prepared.trace, place["word"])
    run = ProbedRun(job.program, _probed(job, place["run"], 0, passages))
    cycle = run.passed(passages[-1], Stage.RESULT)
    return _shown(job, Finding(unit="output_writer", text=f"address of a result: {text}", cycle=cycle), place["run"])


def _place(job: Cosimulation, word: int) -> int:
    """Number of a result word among those of its step."""
    step = job.prepared.trace.step
    return int(word - (step < step[word]).sum())


def _rows(job: Cosimulation, run: int, step: int) -> RowEvents:
    """What the probe of the row engine writes down during one step of the program."""
    seen = _folder(job) / "rows.txt"
    seen.unlink(missing_ok=True)
    number = sum(made.op in ROW_STEPS for made in job.program.steps[:step])
    _look(job, run, {"rows_seen": seen}, row_step=number, first=_NEVER, last=_limit(job))
    return read_events(seen)


def _probed(job: Cosimulation, run: int, column: int, passages: list[Passage]) -> Probe:
    """What the probe on one array column writes down while these pixels pass."""
    folder, hardware = _folder(job), job.program.hardware
    entries = write_windows(windows_of(passages), folder / "windows.hex", hardware)
    (folder / "probe.txt").unlink(missing_ok=True)
    probe = {"windows": folder / "windows.hex", "probe": folder / "probe.txt"}
    _look(job, run, probe, column=column, windows=entries, first=_NEVER, last=_limit(job))
    return read_probe(folder / "probe.txt", hardware)


def _shown(job: Cosimulation, finding: Finding, run: int) -> Diagnosis:
    """The finding with a waveform of the cycles around it and a command that gives one."""
    program, request = job.program, job.request
    cycle = finding.cycle if finding.cycle is not None else _limit(job)
    window = Waves(first=max(cycle - AROUND, 0), last=cycle + AROUND)
    waves = None if finding.cycle is None else waves_of(job, run, window.first, cycle + AROUND)
    # A run of the same image alone shows the same: the core keeps nothing from image to image.
    image = request.first_image + run * program.batch
    alone = replace(request, images=program.batch, first_image=image)
    replay = replay_command(job.model, alone, program.hardware, job.simulator.name, window)
    return Diagnosis(finding=finding, waves=waves, replay=replay)


def waves_of(job: Cosimulation, run: int, first: int, last: int) -> Path | None:
    """Repeat a job up to one of its runs and write an FST of some cycles of that; return it, if one was written.

    Raises:
        SimulatorError: the simulator cannot build the design with the probe.
    """
    return _look(job, run, {}, first=first, last=last)


def _folder(job: Cosimulation) -> Path:
    folder = job.folder / "look"
    folder.mkdir(exist_ok=True)
    return folder


def _limit(job: Cosimulation) -> int:
    """Cycles after which a run counts as stuck."""
    return int(json.loads((job.folder / "job.json").read_text())["cycle_limit"])


def _look(
    job: Cosimulation,
    run: int,
    files: Mapping[str, Path],
    *,
    first: int,
    last: int,
    column: int = 0,
    windows: int = 0,
    row_step: int = _NEVER,
) -> Path | None:
    """Run the bench's look test with more plusargs; return its FST, if it wrote one."""
    design, folder = harness(job.program.hardware, job.request.rtl, job.output, probe=True), _folder(job)
    built = build(design, job.simulator, job.output, waves=True)
    for stale in folder.glob("*.fst"):
        stale.unlink()
    wish = {"run": run, "windows": windows, "column": column, "row_step": row_step, "first": first, "last": last}
    outcome = simulate(
        built,
        module=MODULE,
        tests=(LOOK_TEST,),
        directory=folder,
        seed=job.request.seed,
        plusargs={**{name: path for name, path in job.prepared.plusargs.items() if name not in CAPTURES}, **files},
        environment={"T2C_JOB": str(job.folder / "job.json"), "T2C_LOOK": json.dumps(wish)},
        limit=job.prepared.seconds,
    )
    return outcome.waves
