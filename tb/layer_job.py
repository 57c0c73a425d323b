"""One layer on the engine: prepare the files, run the simulator, read the verdict."""

from __future__ import annotations

import fcntl
import json
from dataclasses import dataclass
from pathlib import Path

from golden.package import Package
from golden.vectors import layer_vectors
from mapping.hardware import Hardware
from mapping.layer import LayerProgram, map_layer
from tb.errors import UserError
from tb.layer_files import DESCRIPTOR_DEPTH, HARNESS_WORDS, write_files
from tb.layer_request import LayerRequest
from tb.layer_result import LayerResult, judge
from tb.runner import HDL, RTL, Design, build, simulate
from tb.simulators import Simulator

MODULE = "tb.benches.layer_engine"
STALE = ("capture.hex", "verdict.json", "result.json", "results.xml", "dump.fst", "waves.fst")
"""What a run writes; removed before the next one."""


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
        result = judge(self.program, request, self.model, self.simulator, self.folder, outcome)
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
    plusargs = write_files(program, request, vectors.inputs[0], vectors.output, folder)
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
