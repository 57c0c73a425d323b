"""Programs that no compiler made: the RTL gives word for word, and cycle for cycle, what the model of the core says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.contract.registers import Status
from t2c.core_model import CoreModel, ProgramError
from t2c.golden.graph.package import Package
from t2c.tb.cosim.capture import read_capture
from t2c.tb.cosim.cosimulation import Cosimulation, locked_cosimulation
from t2c.tb.cosim.on_model import result_words
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.run_check import RunCheck
from t2c.tb.simulation.simulators import find_simulator
from tests.campaign import crossed
from tests.core_net import core_package

HARDWARE = Hardware(rows=4, cols=2, act_depth=1000, wgt_depth=1000, par_depth=50, acc_depth=22, prg_depth=4096)
RUN_FIELDS = [entry for entry in FIELDS if Operation.RUN in entry.readers]


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """A program with changed words, and what the model says of it. words: {banks, address, data} of each result."""

    change: str
    program: list[int]
    words: np.ndarray
    cycles: int


def spoil(job: Cosimulation, rng: np.random.Generator) -> Spoilt | None:
    """Change one or two fields of a RUN by a little; None if the model refuses the program."""
    program = job.program.words()
    runs = [number for number, step in enumerate(job.program.steps) if step.op is Operation.RUN]
    changes = []
    for entry in rng.choice(RUN_FIELDS, int(rng.integers(1, 3)), replace=False):  # type: ignore[arg-type]
        number = int(rng.choice(runs))
        place = number * DESCRIPTOR_WORDS + entry.index
        program[place] = (program[place] + int(rng.choice([-3, -2, -1, 1, 2, 3]))) % (1 << WORD_BITS)
        changes.append(f"step {number}, {entry.name} = {program[place]}")
    model = CoreModel(HARDWARE, program, weights=job.program.weights, params=job.program.params)
    try:
        records = list(model.steps(job.prepared.host.for_model(0, job.program)))
    except ProgramError:
        return None
    words = result_words([record.results for record in records if record.results is not None], HARDWARE)
    if program == job.program.words() or model.status is not Status.DONE:
        return None
    limit = json.loads((job.folder / "job.json").read_text())["cycle_limit"]
    return (
        Spoilt(change="; ".join(changes), program=program, words=words.value, cycles=model.cycles)
        if model.cycles < limit
        else None
    )


def run_on_rtl(job: Cosimulation, spoilt: Spoilt) -> tuple[np.ndarray, int]:
    """Result words and cycles of the RTL."""
    (job.folder / "program.hex").write_text("".join(f"{word:08x}\n" for word in spoilt.program))
    job.run()
    verdict = json.loads((job.folder / "verdict.json").read_text())
    words = read_capture(
        job.folder / "trace.hex", RunCheck(json.loads((job.folder / "job.json").read_text())).trace_bits
    )
    assert not words.unknown.any(), spoilt.change
    return words.value, sum(verdict["layer_cycles"][0])


@pytest.fixture(scope="module")
def package() -> Package:
    return core_package(samples=1)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "seed"), crossed(["stem", "depthwise", "sum", "peak", "wide"], range(6), every=12))
def test_a_changed_program(layer: str, seed: int, package: Package, tmp_path: Path) -> None:
    rng = np.random.default_rng((seed, *layer.encode()))
    request = RunRequest(layer=layer)
    with locked_cosimulation(package, "random", request, HARDWARE, find_simulator("icarus"), tmp_path) as job:
        spoilt = next(found for _ in range(200) if (found := spoil(job, rng)) is not None)
        words, cycles = run_on_rtl(job, spoilt)
    assert words.shape == spoilt.words.shape, spoilt.change
    differs = (words != spoilt.words).any(axis=1)
    assert not differs.any(), f"{spoilt.change}: {differs.sum()} words, the first is {differs.argmax()}"
    assert cycles == spoilt.cycles - 1, spoilt.change


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "field", "value"), [(1, "op", 9), (2, "op", 0xFFFFFFFF), (0, "words", 1), (0, "words", -1)]
)
def test_a_program_that_ends_with_an_error(step: int, field: str, value: int, package: Package, tmp_path: Path) -> None:
    """STATUS, ERROR, LAYER and the cycles after an unknown operation, and after a tlast too early and too late."""
    with locked_cosimulation(
        package, "random", RunRequest(layer="stem"), HARDWARE, find_simulator("icarus"), tmp_path
    ) as job:
        program, index = job.program.words(), {entry.name: entry.index for entry in FIELDS}[field]
        place = step * DESCRIPTOR_WORDS + index
        program[place] = program[place] + value if field == "words" else value
        model = CoreModel(HARDWARE, program, weights=job.program.weights, params=job.program.params)
        model.run(job.prepared.host.for_model(0, job.program))
        (job.folder / "program.hex").write_text("".join(f"{word:08x}\n" for word in program))
        reasons = job.run().reasons
        (cycles,) = json.loads((job.folder / "verdict.json").read_text())["layer_cycles"]
    wanted = f"run 0: STATUS = {int(model.status)}, ERROR = {int(model.error)} at layer {model.layer}"
    assert model.status is Status.ERROR
    assert wanted in reasons
    assert sum(cycles) == model.cycles - 1
