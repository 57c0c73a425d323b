"""The verdict on a layer run: PASS only for a proven match, otherwise every reason why not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mapping.layer import LayerProgram
from tb.layer_request import LayerRequest, replay_command
from tb.runner import Outcome
from tb.simulators import Simulator


@dataclass(frozen=True, kw_only=True)
class LayerResult:
    """What a run found; `to_json` is sim_build/<run>/result.json. verdict: PASS or FAIL; reasons: why it failed."""

    verdict: str
    reasons: tuple[str, ...]
    figures: dict[str, Any]

    @property
    def passed(self) -> bool:
        return self.verdict == "PASS"

    def to_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "reasons": list(self.reasons), **self.figures}


def _reasons(
    program: LayerProgram, request: LayerRequest, folder: Path, outcome: Outcome, found: dict[str, Any]
) -> list[str]:
    """Everything that keeps the run from being a proven match."""
    wanted = int(np.prod(program.target.shape)) * request.images
    reasons = [mismatch["text"] for mismatch in found.get("first", ())] + [*found.get("faults", ())]
    if not found:
        reasons.append(f"the bench gave no verdict; see {outcome.log}")
    elif found["nonce"] != json.loads((folder / "job.json").read_text())["nonce"]:
        reasons.append("the verdict belongs to another run of this layer")
    elif found["compared"] == 0:
        reasons.append("nothing was compared")
    elif found["compared"] != wanted:
        reasons.append(f"{found['compared']} values compared, not all {wanted}")
    if outcome.tests != len(request.tests):
        reasons.append(f"{outcome.tests} of {len(request.tests)} benches ran; see {outcome.log}")
    if outcome.crashed:
        reasons.append(f"the simulator ended with an error; see {outcome.log}")
    if not outcome.passed and not reasons:
        reasons.append(f"{outcome.failed} of {outcome.tests} benches failed; see {outcome.log}")
    return reasons


def judge(
    program: LayerProgram, request: LayerRequest, model: str, simulator: Simulator, folder: Path, outcome: Outcome
) -> LayerResult:
    """Put together what the bench found (verdict.json), what the simulator said and what the layer is."""
    hardware = program.hardware
    found: dict[str, Any] = {}
    if (folder / "verdict.json").is_file():
        found = json.loads((folder / "verdict.json").read_text())
    reasons = _reasons(program, request, folder, outcome, found)
    cycles = found.get("run_cycles", 0)
    macs = program.macs * request.images
    figures = {
        "model": model,
        "layer": request.layer,
        "operation": program.node.op,
        "simulator": f"{simulator.name} {simulator.version}",
        "array": f"{hardware.rows}x{hardware.cols}",
        "input_shape": list(program.source.shape),
        "weight_shape": list(program.node.weight.shape),
        "output_shape": list(program.target.shape),
        "formats": {
            "input": f"{program.source.format} zp {program.source.zero_point}",
            "weight": f"s{program.node.weight_bits}",
            "output": f"{program.target.format} zp {program.target.zero_point}",
            "rounding": program.node.mulquant.rounding.value,
        },
        "images": request.images,
        "seed": request.seed,
        "stall": request.stall,
        "compared": found.get("compared", 0),
        "mismatches": found.get("mismatches", 0),
        "cycles": cycles,
        "ideal_cycles": sum(program.ideal_cycles(images) for images in program.batches(request.images)),
        "load_cycles": found.get("load_cycles", 0),
        "macs": macs,
        "utilisation": macs / (cycles * hardware.rows * hardware.cols) if cycles > 0 else 0.0,
        "simulated_cycles": found.get("simulated_cycles", 0),
        "cycles_per_second": found.get("cycles_per_second", 0.0),
        "seconds": outcome.seconds,
        "hardware": asdict(hardware),
        "log": str(outcome.log),
        "waves": str(outcome.waves) if outcome.waves else None,
        "replay": replay_command(model, request, hardware, simulator.name),
    }
    return LayerResult(verdict="FAIL" if reasons else "PASS", reasons=tuple(reasons), figures=figures)
