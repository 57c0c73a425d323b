"""One layer on the engine: prepare the files, run the simulator, read the verdict."""

from __future__ import annotations

import fcntl
import json
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from golden.formats import IntArray
from golden.package import Package
from golden.vectors import layer_vectors
from mapping.descriptor import Descriptor
from mapping.hardware import Hardware
from mapping.images import write_activations, write_constants, write_descriptors
from mapping.layer import LayerProgram, map_layer
from tb.errors import UserError
from tb.runner import HDL, RTL, Build, Design, Outcome, build, simulate
from tb.simulators import Simulator
from tb.stalls import parse_stalls

MODULE = "tb.benches.layer_engine"
HARNESS_WORDS = 1 << 18
"""STIM_DEPTH and CAP_DEPTH of tb/hdl/layer_harness.v."""
DESCRIPTOR_DEPTH = 1 << 10
STALE = ("capture.hex", "verdict.json", "result.json", "results.xml", "dump.fst", "waves.fst")
"""What a run writes; removed before the next one."""
MAIN_TEST, RESET_TEST = "layer", "layer_after_reset_in_mid_stream"


@dataclass(frozen=True, kw_only=True)
class LayerRequest:
    """What `make sim` asks for.

    layer: node name; images: how many of the package's samples; seed: of the run; stall: back-pressure profiles;
    waves: write an FST; tests: cocotb tests of tb/benches/layer_engine.py to run; rtl: folder of the RTL under test.
    """

    layer: str
    images: int = 4
    seed: int = 1
    stall: str = "none"
    waves: bool = False
    tests: tuple[str, ...] = (MAIN_TEST,)
    rtl: Path = field(default=RTL)


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


def harness(hardware: Hardware, rtl: Path = RTL) -> Design:
    """The engine in its simulation harness; the same build for every layer with this hardware."""
    parameters = hardware.parameters() | {
        "STIM_DEPTH": HARNESS_WORDS,
        "CAP_DEPTH": HARNESS_WORDS,
        "DESC_DEPTH": DESCRIPTOR_DEPTH,
    }
    extra = (HDL / "stall_gen.v", HDL / "layer_harness.v")
    return Design(top="layer_harness", parameters=parameters, rtl=rtl, extra=extra, timing=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerJob:
    """One layer, ready to be simulated: every file of the run is in `folder`.

    folder: job.json, expected.npy, *.hex; plusargs: the files by the name under which the simulation takes them.
    """

    program: LayerProgram
    model: str
    request: LayerRequest
    simulator: Simulator
    output: Path
    folder: Path
    plusargs: dict[str, Path]

    def run(self) -> LayerResult:
        """Build (or reuse) the simulator, run the bench, write result.json.

        Raises:
            SimulatorError: the simulator cannot build the RTL.
        """
        request = self.request
        design = harness(self.program.hardware, request.rtl)
        built = build(design, self.simulator, self.output, waves=request.waves)
        outcome = simulate(
            built,
            module=MODULE,
            tests=request.tests,
            directory=self.folder,
            seed=request.seed,
            plusargs=self.plusargs,
            environment={"T2C_JOB": str(self.folder / "job.json")},
        )
        result = _result(self, built, outcome)
        (self.folder / "result.json").write_text(json.dumps(result.to_json(), indent=1) + "\n")
        return result


def prepare_layer(
    package: Package, model: str, request: LayerRequest, hardware: Hardware, simulator: Simulator, output: Path
) -> LayerJob:
    """Map one layer of a package and write every file of the run.

    Args:
        package: the model.
        model: its path, for the report and the replay command.
        request: what to run.
        hardware: engine parameters.
        simulator: where.
        output: folder of all simulation output (sim_build).

    Raises:
        KeyError, UnsupportedError, RangeError: as `mapping.layer.map_layer`.
        UserError: more images than the package or the harness holds, or an unknown stall profile.
    """
    program = map_layer(package.graph, request.layer, hardware)
    available = len(package.samples)
    if not 1 <= request.images <= available:
        raise UserError(f"IMAGES = {request.images} is outside 1..{available}, the samples of {model}")
    folder = run_folder(package, request.layer, hardware, simulator, output)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in STALE:
        (folder / stale).unlink(missing_ok=True)
    vectors = layer_vectors(package.graph, request.layer, package.samples[: request.images])
    plusargs = _write_files(program, request, vectors.inputs[0], vectors.output, folder)
    return LayerJob(
        program=program,
        model=model,
        request=request,
        simulator=simulator,
        output=output,
        folder=folder,
        plusargs=plusargs,
    )


def run_layer(
    package: Package, model: str, request: LayerRequest, hardware: Hardware, simulator: Simulator, output: Path
) -> LayerResult:
    """Run one layer of a package on the RTL and compare every output with golden; see `prepare_layer`.

    A second run of the same layer, simulator and array waits for the first: they share a folder.
    """
    folder = run_folder(package, request.layer, hardware, simulator, output)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return prepare_layer(package, model, request, hardware, simulator, output).run()


def run_folder(package: Package, layer: str, hardware: Hardware, simulator: Simulator, output: Path) -> Path:
    """Where the files of a run go."""
    return output / f"{package.name}-{layer}-{simulator.name}-{hardware.rows}x{hardware.cols}"


def _write_files(
    program: LayerProgram, request: LayerRequest, inputs: IntArray, expected: IntArray, folder: Path
) -> dict[str, Path]:
    """Write ROM images, stimulus, descriptors, expected outputs and job.json; return the plusargs."""
    stall_in, stall_out = parse_stalls(request.stall)
    plusargs = write_constants(program, folder)
    plusargs |= {name: folder / f"{name}.hex" for name in ("stimulus", "descriptors", "capture")}
    words = write_activations(program, inputs, plusargs["stimulus"])
    if max(words, program.order.words(request.images)) > HARNESS_WORDS:
        raise UserError(f"IMAGES = {request.images}: the harness holds {HARNESS_WORDS} words; take fewer images")
    descriptors: list[Descriptor] = []
    batches = []
    for first in range(0, request.images, program.max_images):
        images = min(program.max_images, request.images - first)
        runs = program.descriptors(images)
        load_words = words // request.images * images
        batches.append(
            {
                "first_image": first,
                "images": images,
                "load_words": load_words,
                "first_descriptor": len(descriptors),
                "descriptors": len(runs),
                "last_words": program.last_words(images),
                "cycle_limit": _cycle_limit(program, images, load_words),
            }
        )
        descriptors += runs
    if len(descriptors) > DESCRIPTOR_DEPTH:
        raise UserError(
            f"IMAGES = {request.images}: {len(descriptors)} descriptors, the harness holds {DESCRIPTOR_DEPTH}"
        )
    write_descriptors(descriptors, plusargs["descriptors"])
    np.save(folder / "expected.npy", expected)
    job = {
        "layer": request.layer,
        "order": asdict(program.order),
        "nonce": secrets.token_hex(8),
        "rows": program.hardware.rows,
        "x_w": program.hardware.x_w,
        "signed": program.target.signed,
        "stall_in": asdict(stall_in),
        "stall_out": asdict(stall_out),
        "seed": request.seed,
        "batches": batches,
        "expected": str(folder / "expected.npy"),
        "capture": str(plusargs["capture"]),
        "verdict": str(folder / "verdict.json"),
    }
    (folder / "job.json").write_text(json.dumps(job, indent=1) + "\n")
    return plusargs


def _cycle_limit(program: LayerProgram, images: int, words: int) -> int:
    """Cycles after which a batch counts as stuck: twice what the worst profile (one cycle in ten is free) takes."""
    return 20 * (program.ideal_cycles(images) + words + program.order.words(images)) + 5000


def _reasons(job: LayerJob, outcome: Outcome, found: dict[str, Any]) -> list[str]:
    """Everything that keeps the run from being a proven match."""
    wanted = int(np.prod(job.program.target.shape)) * job.request.images
    reasons = [mismatch["text"] for mismatch in found.get("first", ())] + [*found.get("faults", ())]
    if not found:
        reasons.append(f"the bench gave no verdict; see {outcome.log}")
    elif found["nonce"] != json.loads((job.folder / "job.json").read_text())["nonce"]:
        reasons.append("the verdict belongs to another run of this layer")
    elif found["compared"] == 0:
        reasons.append("nothing was compared")
    elif found["compared"] != wanted:
        reasons.append(f"{found['compared']} values compared, not all {wanted}")
    if outcome.tests != len(job.request.tests):
        reasons.append(f"{outcome.tests} of {len(job.request.tests)} benches ran; see {outcome.log}")
    if outcome.crashed:
        reasons.append(f"the simulator ended with an error; see {outcome.log}")
    if not outcome.passed and not reasons:
        reasons.append(f"{outcome.failed} of {outcome.tests} benches failed; see {outcome.log}")
    return reasons


def _result(job: LayerJob, built: Build, outcome: Outcome) -> LayerResult:
    program, request, hardware = job.program, job.request, job.program.hardware
    found: dict[str, Any] = {}
    if (job.folder / "verdict.json").is_file():
        found = json.loads((job.folder / "verdict.json").read_text())
    reasons = _reasons(job, outcome, found)
    cycles = found.get("run_cycles", 0)
    macs = program.macs * request.images
    figures = {
        "model": job.model,
        "layer": request.layer,
        "operation": program.node.op,
        "simulator": f"{built.simulator.name} {built.simulator.version}",
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
        "ideal_cycles": sum(program.ideal_cycles(images) for images in _batches(program, request)),
        "load_cycles": found.get("load_cycles", 0),
        "macs": macs,
        "utilisation": macs / (cycles * hardware.rows * hardware.cols) if cycles > 0 else 0.0,
        "simulated_cycles": found.get("simulated_cycles", 0),
        "cycles_per_second": found.get("cycles_per_second", 0.0),
        "seconds": outcome.seconds,
        "hardware": asdict(hardware),
        "log": str(outcome.log),
        "waves": str(outcome.waves) if outcome.waves else None,
        "replay": replay_command(job.model, request, hardware, built.simulator.name),
    }
    return LayerResult(verdict="FAIL" if reasons else "PASS", reasons=tuple(reasons), figures=figures)


def _batches(program: LayerProgram, request: LayerRequest) -> Sequence[int]:
    """Images of each batch."""
    full, rest = divmod(request.images, program.max_images)
    return [program.max_images] * full + ([rest] if rest else [])


def replay_command(model: str, request: LayerRequest, hardware: Hardware, simulator: str) -> str:
    """The command that repeats this run and writes its waveform."""
    settings = {
        "MODEL": model,
        "LAYER": request.layer,
        "SIM": simulator,
        "ROWS": hardware.rows,
        "COLS": hardware.cols,
        "ACC_W": hardware.acc_w,
        "IMAGES": request.images,
        "SEED": request.seed,
        "STALL": request.stall,
        "WAVES": 1,
    }
    return "make sim " + " ".join(f"{name}={shlex.quote(str(value))}" for name, value in settings.items())
