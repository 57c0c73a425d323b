"""One run of the core: compile, prepare the files, run the simulator, read the verdict."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.common.errors import SettingError
from t2c.common.places import HDL, OUTPUT, RTL
from t2c.contract.element_rtl import element_rtl
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL, compile_largest_batch, compile_program
from t2c.mapping.program import Program
from t2c.tb.cosim.request import UNKNOWN_TEST, RunRequest
from t2c.tb.cosim.run_files import Prepared, write_files
from t2c.tb.cosim.verdict import RunResult, judge
from t2c.tb.simulation.runner import Design, Outcome, build, simulate
from t2c.tb.simulation.simulators import Simulator

MODULE = "t2c.tb.cosim.core_tests"
BENCH_FILE = "core_tests.py"
"""The one file whose assertions explain themselves; cocotb would rewrite NumPy's too, at every start."""
STALE = (
    "trace.hex",
    "before.hex",
    "sums.hex",
    "steps.hex",
    "stored.hex",
    "cycles.hex",
    "mismatches.npy",
    "verdict.json",
    "result.json",
    "results.xml",
)
"""What a run writes; removed before the next one, with every waveform."""


def harness(
    hardware: Hardware, rtl: Path = RTL, output: Path = OUTPUT, *, probe: bool = False, coverage: bool = False
) -> Design:
    """The core in its simulation harness; the same build for every model with this hardware.

    Args:
        hardware, rtl: of the core.
        output: folder for RTL that is made of it, if its array has other elements.
        probe, coverage: write down what passes through the engine; count lines and toggles.
    """
    parameters = hardware.parameters() | {"PROBE": int(probe)}
    names = ("stall_gen.v", "axil_host.v", *(("core_probe.v", "row_probe.v") if probe else ()), "core_harness.v")
    extra = tuple(HDL / name for name in names)
    return Design(
        top="core_harness",
        parameters=parameters,
        rtl=element_rtl(hardware, rtl, output),
        extra=extra,
        timing=True,
        own_waves=True,
        coverage=coverage,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Cosimulation:
    """One run, ready to be simulated: every file is in `folder`.

    program: what the core runs; tensors: golden's, of all images, by edge; labels: of the images.
    """

    program: Program
    model: str
    request: RunRequest
    simulator: Simulator
    output: Path
    folder: Path
    prepared: Prepared
    tensors: dict[str, IntArray]
    labels: IntArray

    def run(self) -> RunResult:
        """Build (or reuse) the simulator, run the bench, write result.json.

        Raises:
            SimulatorError: the simulator cannot build the RTL.
        """
        request, outcome = self.request, self._simulate(self.request.tests)
        result = judge(
            self.program, self.prepared, request, self.model, self.simulator, self.folder, outcome, self.labels
        )
        (self.folder / "result.json").write_text(json.dumps(result.to_json(), indent=1) + "\n")
        return result

    def run_spoilt(self) -> Outcome:
        """Give the program's first step an operation that the core does not have, and demand that it says so.

        The job can be run no more after that.
        """
        program = self.prepared.plusargs["program"]
        _, rest = program.read_text().split("\n", 1)
        program.write_text(f"{max(Operation) + 1:08x}\n{rest}")
        return self._simulate((UNKNOWN_TEST,))

    def _simulate(self, tests: Sequence[str]) -> Outcome:
        request = self.request
        design = harness(self.program.hardware, request.rtl, self.output, coverage=request.coverage)
        built = build(design, self.simulator, self.output, waves=request.waves is not None)
        return simulate(
            built,
            module=MODULE,
            tests=tests,
            directory=self.folder,
            seed=request.seed,
            plusargs=self.prepared.plusargs,
            environment={"T2C_JOB": str(self.folder / "job.json"), "COCOTB_REWRITE_ASSERTION_FILES": BENCH_FILE},
            limit=self.prepared.seconds,
        )


def prepare(
    package: Package, model: str, request: RunRequest, hardware: Hardware, simulator: Simulator, output: Path
) -> Cosimulation:
    """Compile a network or one layer of a package and write every file of the run.

    A single layer runs as many images at once as fit; the whole network as many as are asked for.

    Args:
        package: the model.
        model: its path, for the report and the replay command.
        request: what to run.
        hardware: the core's parameters.
        simulator: where.
        output: folder of all simulation output (sim_build).

    Raises:
        KeyError, UnsupportedError, RangeError: as `t2c.mapping.compiler.compile_program`.
        SettingError: more images than the package holds, or an unknown stall profile.
    """
    graph, layer = package.graph, request.layer
    if layer != ALL:
        graph.node(layer)
    folder = run_folder(package, layer, hardware, simulator, output)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (*STALE, *(path.name for path in folder.glob("*.fst")), *(p.name for p in folder.glob("*_*.npy"))):
        (folder / stale).unlink(missing_ok=True)
    available = len(package.samples)
    if not 0 <= request.first_image < available:
        raise _outside("first_image", request.first_image, 0, available - 1, model)
    left = available - request.first_image
    if not 1 <= request.images <= left:
        raise _outside("images", request.images, 1, left, model)
    if layer == ALL:
        program = compile_program(graph, ALL, hardware, batch=math.gcd(request.batch, request.images))
    else:
        program = compile_largest_batch(graph, layer, hardware, request.images)
    chosen = slice(request.first_image, request.first_image + request.images)
    tensors = _tensors(program, package.samples[chosen])
    runs = [
        {edge: values[start : start + program.batch] for edge, values in tensors.items()}
        for start in range(0, request.images, program.batch)
    ]
    return Cosimulation(
        program=program,
        model=model,
        request=request,
        simulator=simulator,
        output=output,
        folder=folder,
        prepared=write_files(program, request, runs, folder, hardware),
        tensors=tensors,
        labels=package.labels[chosen],
    )


def _tensors(program: Program, samples: IntArray) -> dict[str, IntArray]:
    """Golden's tensors on the program's edges, image by image, in the smallest integers that hold them all."""
    last = program.nodes[-1]
    parts: list[dict[str, IntArray]] = []
    for image in samples:
        values: dict[str, IntArray] = {}
        for node, arguments, result in program.graph.narrow_steps(image[np.newaxis]):
            for name, value in (*zip(node.inputs, arguments, strict=True), (node.output, result)):
                if name in program.layouts and name not in values:
                    values[name] = value.astype(np.int16)
            if node is last:
                break
        parts.append(values | {name: held[np.newaxis].astype(np.int16) for name, held in program.operands.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in program.layouts}


@contextlib.contextmanager
def locked_cosimulation(
    package: Package, model: str, request: RunRequest, hardware: Hardware, simulator: Simulator, output: Path
) -> Iterator[Cosimulation]:
    """Prepare a job (see `prepare`) and keep its folder to oneself: a second run of the same layer, simulator and array
    waits."""
    folder = run_folder(package, request.layer, hardware, simulator, output)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield prepare(package, model, request, hardware, simulator, output)


def cosimulate(
    package: Package, model: str, request: RunRequest, hardware: Hardware, simulator: Simulator, output: Path
) -> RunResult:
    """Run a network or one layer of a package on the RTL and compare every result with golden."""
    with locked_cosimulation(package, model, request, hardware, simulator, output) as job:
        return job.run()


def run_folder(package: Package, layer: str, hardware: Hardware, simulator: Simulator, output: Path) -> Path:
    """Where the files of a run go."""
    return output / f"{package.name}-{layer}-{simulator.name}-{hardware.rows}x{hardware.cols}"


def _outside(name: str, value: int, low: int, high: int, model: str) -> SettingError:
    text = "{" + name + "} = {value} is outside {low}..{high}, the samples of {package}"
    return SettingError(text, {"value": value, "low": low, "high": high, "package": model})
