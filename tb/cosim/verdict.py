"""The verdict on a run: PASS only for a proven match, otherwise every reason why not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.mapping.compiler import ALL
from t2c.mapping.cycles import layer_cycles, layer_ideal_cycles, total_cycles
from t2c.mapping.program import Program
from t2c.tb.cosim.localisation.mismatches import (
    Mismatch,
    WrongSum,
    mismatches_of,
    result_layers,
    step_layers,
    wrong_sums_of,
)
from t2c.tb.cosim.request import MODEL, RTL_BACKEND, RunRequest, Waves, replay_command
from t2c.tb.cosim.run_files import Prepared
from t2c.tb.simulation.runner import Outcome
from t2c.tb.simulation.simulators import Simulator

SHOWN = 8
"""Mismatches that a report lists."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run found; `to_json` is sim_build/<run>/result.json.

    verdict: PASS, FAIL, or STOPPED (with the last cycle of the waveform that was asked for; nothing was judged);
    reasons: why it is no PASS; first: the first mismatch, or a wrong accumulator of an earlier layer, if there is one;
    misplaced: a result word that went to a wrong place, if that came before any mismatch.
    """

    verdict: str
    reasons: tuple[str, ...]
    figures: dict[str, Any]
    first: Mismatch | WrongSum | None = None
    misplaced: str | None = None

    @property
    def passed(self) -> bool:
        return self.verdict == "PASS"

    def to_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "reasons": list(self.reasons), **self.figures}


def _reasons(
    prepared: Prepared, request: RunRequest, folder: Path, outcome: Outcome, found: dict[str, Any]
) -> list[str]:
    """Everything but mismatches that keeps the run from being a proven match."""
    trace = prepared.trace
    wanted = int(trace.kept.sum() + trace.kept[trace.looked_up].sum()) * prepared.runs
    reasons = list(found.get("faults", ()))
    if not found:
        reasons.append(f"the bench gave no verdict; see {outcome.log}")
    elif found.get("stopped"):
        return [found["stopped"]]
    elif found["nonce"] != json.loads((folder / "job.json").read_text())["nonce"]:
        reasons.append("the verdict belongs to another run")
    elif found["compared"] == 0 or (found["outputs_compared"] == 0 and not found["mismatches"]):
        reasons.append("nothing was compared")
    elif not found["mismatches"] and not found["wrong_sums"]:
        sums = 0 if prepared.sums is None else int(prepared.sums.kept.sum()) * prepared.runs
        for what, came, all_of_them in (
            ("values", found["compared"], wanted),
            ("accumulators", found["sums_compared"], sums),
        ):
            reasons += [f"{came} {what} compared, not all {all_of_them}"] if came != all_of_them else []
    if outcome.tests != len(request.tests):
        reasons.append(f"{outcome.tests} of {len(request.tests)} benches ran; see {outcome.log}")
    if outcome.crashed:
        reasons.append(f"the simulator ended with an error; see {outcome.log}")
    return reasons


def judge(
    program: Program,
    prepared: Prepared,
    request: RunRequest,
    model: str,
    simulator: Simulator,
    folder: Path,
    outcome: Outcome,
    labels: IntArray,
) -> RunResult:
    """Put together what the bench found (verdict.json, mismatches.npy), what the simulator said and what was run."""
    hardware = program.hardware
    found: dict[str, Any] = {}
    if (folder / "verdict.json").is_file():
        found = json.loads((folder / "verdict.json").read_text())
    rows = np.load(folder / "mismatches.npy") if "compared" in found else np.zeros((0, 6), dtype=np.int32)
    mismatches = mismatches_of(program, prepared.trace, rows, SHOWN)
    misplaced = _misplaced(program, prepared, found, rows)
    sum_rows = np.load(folder / "wrong_sums.npy") if "compared" in found else np.zeros((0, 6), dtype=np.int64)
    wrong_sums = _wrong_sums(program, prepared, sum_rows)
    # What MulQuant hides in one layer may show in a later one, which is not at fault.
    timing: list[str] = found.get("timing", [])
    differing: list[tuple[Mismatch | WrongSum, ...]] = [mismatches, wrong_sums]
    differing.sort(key=lambda found: (found[0].run, program.layer_names.index(found[0].layer)) if found else (0, 0))
    reasons = [misplaced] if misplaced else []
    reasons += [m.text() for found in differing for m in found] + _reasons(prepared, request, folder, outcome, found)
    reasons += timing if request.exact_cycles else []
    if not outcome.passed and not reasons:
        reasons.append(f"{outcome.failed} of {outcome.tests} benches failed; see {outcome.log}")
    figures = {
        "model": model,
        "layer": request.layer,
        "backend": MODEL if simulator.name == MODEL else RTL_BACKEND,
        "simulator": f"{simulator.name} {simulator.version}",
        "array": f"{hardware.rows}x{hardware.cols}",
        "images": request.images,
        "batch": program.batch,
        "seed": request.seed,
        "stall": request.stall,
        "spilled": list(program.spilled),
        "left_to_the_host": [node.name for node in program.tail],
        "layers": (layers := _layer_figures(program, prepared, found, rows, sum_rows)),
        "compared": sum(entry["compared"] for entry in layers),
        "mismatches": found.get("mismatches", 0),
        "accumulators": _primary_sums(prepared) * len(found.get("layer_cycles", [])),
        "wrong_accumulators": found.get("wrong_sums", 0),
        **_totals(program, prepared, found, hardware.rows * hardware.cols),
        "timing": timing,
        "simulated_cycles": found.get("simulated_cycles", 0),
        "cycles_per_second": found.get("cycles_per_second", 0.0),
        "seconds": outcome.seconds,
        "accuracy": _accuracy(program, prepared, folder, labels) if request.layer == ALL and not reasons else None,
        "hardware": asdict(hardware),
        "log": str(outcome.log),
        "waves": str(outcome.waves) if outcome.waves else None,
        "replay": replay_command(model, request, hardware, simulator.name, request.waves or Waves()),
    }
    verdict = "FAIL" if reasons or found.get("mismatches") or found.get("wrong_sums") else "PASS"
    if found.get("stopped"):
        verdict, reasons = "STOPPED", [found["stopped"]]
    first = next((found[0] for found in differing if found), None)
    return RunResult(verdict=verdict, reasons=tuple(reasons), figures=figures, first=first, misplaced=misplaced)


def _wrong_sums(program: Program, prepared: Prepared, rows: IntArray) -> tuple[WrongSum, ...]:
    return () if prepared.sums is None else wrong_sums_of(program, prepared.trace, prepared.sums, rows, SHOWN)


def _primary_sums(prepared: Prepared) -> int:
    """Accumulators of one run, each channel once."""
    return 0 if prepared.sums is None else int(prepared.sums.primary.sum())


def _misplaced(
    program: Program, prepared: Prepared, found: dict[str, Any], rows: np.typing.NDArray[np.int32]
) -> str | None:
    """The first result word that went to a wrong place, unless a value differs before it."""
    places = found.get("misplaced", [])
    if not places:
        return None
    run, word = places[0]["run"], places[0]["word"]
    if len(rows) and (rows[0, 0], rows[0, 1]) < (run, word):
        return None
    work = program.steps[int(prepared.trace.step[word])].work
    assert work is not None
    return f"layer {work.plan.node.name}: run {run}: {places[0]['text']}"


def _totals(program: Program, prepared: Prepared, found: dict[str, Any], elements: int) -> dict[str, Any]:
    runs = found.get("layer_cycles", [])
    cycles = sum(map(sum, runs))
    macs = program.macs * program.batch * len(runs)
    return {
        "cycles": cycles,
        "expected_cycles": total_cycles(program) * len(runs),
        "ideal_cycles": sum(layer_ideal_cycles(program).values()) * len(runs),
        "macs": macs,
        "utilisation": macs / (cycles * elements) if cycles else 0.0,
    }


def _layer_figures(
    program: Program,
    prepared: Prepared,
    found: dict[str, Any],
    rows: np.typing.NDArray[np.int32],
    sum_rows: IntArray,
) -> list[dict[str, Any]]:
    """One entry a layer, with the loading of inputs first and the storing of outputs last."""
    cycles = np.zeros(len(program.layer_names), dtype=np.int64)
    for run in found.get("layer_cycles", []):
        cycles[: len(run)] += np.array(run[: len(cycles)], dtype=np.int64)
    runs, expected, ideal = len(found.get("layer_cycles", [])), layer_cycles(program), layer_ideal_cycles(program)
    trace = prepared.trace
    layer_of, written = (layers[trace.step] for layers in (step_layers(program), result_layers(program)))
    compared = np.bincount(written, trace.primary.sum(axis=1), len(cycles)).astype(int) * runs
    # A tensor that passes another node's table is compared before it; it is nowhere else.
    fused = trace.looked_up[(layer_of != written)[trace.looked_up]]
    compared += np.bincount(layer_of[fused], trace.primary[fused].sum(axis=1), len(cycles)).astype(int) * runs
    mine = np.where(rows[:, 5], layer_of[rows[:, 1]], written[rows[:, 1]])
    wrong = np.bincount(mine, minlength=len(cycles))
    sums, wrong_sums = np.zeros(len(cycles), int), np.zeros(len(cycles), int)
    if prepared.sums is not None:
        sums += np.bincount(layer_of[prepared.sums.result], prepared.sums.primary.sum(axis=1), len(cycles)).astype(int)
        wrong_sums += np.bincount(layer_of[prepared.sums.result[sum_rows[:, 1]]], minlength=len(cycles))
    elements = program.hardware.rows * program.hardware.cols
    tables = {node.name: node for node in program.tables_of.values()}
    figures = []
    for number, name in enumerate(program.layer_names):
        plan = program.plans.get(name)
        node = plan.node if plan else tables.get(name)
        macs = plan.macs * program.batch * runs if plan else 0
        figures.append(
            {
                "layer": name,
                "operation": node.op if node else "",
                "shape": list(program.layouts[node.output].shape) if node else [],
                "compared": int(compared[number]),
                "mismatches": int(wrong[number]),
                "accumulators": int(sums[number]) * runs,
                "wrong_accumulators": int(wrong_sums[number]),
                "cycles": int(cycles[number]),
                "expected_cycles": expected.get(number, 0) * runs,
                "ideal_cycles": ideal.get(number, 0) * runs,
                "macs": macs,
                "utilisation": macs / (int(cycles[number]) * elements) if cycles[number] else 0.0,
            }
        )
    return figures


def _accuracy(program: Program, prepared: Prepared, folder: Path, labels: IntArray) -> float | None:
    """Share of images whose largest output, as the RTL stored it, is at the label; None if the output is no vector, or
    the host has the last layers."""
    layout, edge = program.layouts[program.output], program.graph.edges[program.output]
    if program.tail or layout.shape[1:] not in ((), (1, 1)):
        return None
    right = 0
    for run in range(prepared.runs):
        raw = np.load(folder / f"stored_{run}.npy").astype(np.int64)
        word, bank = layout.places
        lanes = raw.reshape(program.batch, layout.size, layout.rows)[:, word, bank]
        values = twos_complement(lanes, program.hardware.x_w) if edge.signed else lanes
        first = run * program.batch
        right += int((values.argmax(axis=1) == labels[first : first + program.batch]).sum())
    return right / (prepared.runs * program.batch)
