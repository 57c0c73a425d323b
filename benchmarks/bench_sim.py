"""Simulation speed: a layer run under cocotb beside a plain C++ main of the same Verilated model; MAC utilisation.

Run as `make bench-sim`. Both sides simulate the same job in turn; the figures are medians, and the ratio is taken
pair by pair.
"""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from golden.command import Parser, open_package, run
from golden.package import Package
from mapping.hardware import Hardware
from tb.errors import UserError
from tb.layer_job import harness, run_layer
from tb.layer_request import LayerRequest
from tb.layer_result import LayerResult
from tb.runner import ROOT, Build, build
from tb.simulators import Simulator, find_simulator

TARGET = 0.5
SPEED_LAYER, SPEED_IMAGES = "conv2", 360
UTILISATION_IMAGES = 32
OUTPUT = ROOT / "sim_build"


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Cycles per second of one pair of runs."""

    cocotb: float
    plain: float

    @property
    def ratio(self) -> float:
        return self.cocotb / self.plain


def build_plain(built: Build) -> Path:
    """Link benchmarks/plain_main.cpp against the objects of a cocotb build.

    Raises:
        UserError: the compiler refuses; the message has its first line.
    """
    target = built.directory / "plain_main"
    include = Path(built.simulator.environment.get("VERILATOR_ROOT", "/usr/share/verilator")) / "include"
    runtime = [str(path) for path in sorted(built.directory.glob("verilated*.o"))]
    command = [
        *("g++", "-O3", "-std=c++20", "-fcoroutines", f"-I{built.directory}", f"-I{include}", f"-I{include}/vltstd"),
        *("-DVM_COVERAGE=0", "-DVM_TRACE=0", "-DVM_TIMING=1", "-o", str(target)),
        *(str(Path(__file__).parent / "plain_main.cpp"), str(built.directory / "Vtop__ALL.a"), *runtime),
        *("-lpthread", "-latomic"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"g++ cannot link the plain main: {done.stderr.splitlines()[0]}: {shlex.join(command)}")
    return target


def run_plain(binary: Path, result: LayerResult) -> float:
    """Run the job of a finished cocotb run again without cocotb and return cycles per second.

    Raises:
        UserError: it captured other words than the cocotb run did.
    """
    folder = Path(result.figures["log"]).parent
    job = json.loads((folder / "job.json").read_text())
    batch = job["batches"][0]
    capture = (folder / "capture.hex").read_text()
    files = [
        f"+{name}={folder / f'{name}.hex'}" for name in ("stimulus", "descriptors", "weights", "params", "capture")
    ]
    arguments = [str(batch["load_words"]), str(batch["descriptors"]), str(job["seed"]), *files]
    done = subprocess.run([str(binary), *arguments], capture_output=True, text=True, check=True)
    cycles, seconds, _ = done.stdout.split()[-3:]
    if (folder / "capture.hex").read_text() != capture:
        raise UserError("the plain C++ main captured other words than the cocotb run")
    return int(cycles) / float(seconds)


def measure(package: Package, hardware: Hardware, simulator: Simulator, repeats: int) -> list[Speed]:
    """Time both sides in turn, after one run of each that does not count."""
    binary = build_plain(build(harness(hardware), simulator, OUTPUT))
    request = LayerRequest(layer=SPEED_LAYER, images=SPEED_IMAGES)
    speeds = []
    for _ in range(repeats + 1):
        result = run_layer(package, package.name, request, hardware, simulator, OUTPUT)
        if not result.passed:
            raise UserError(f"the run failed: {'; '.join(result.reasons)}")
        speeds.append(Speed(cocotb=result.figures["cycles_per_second"], plain=run_plain(binary, result)))
    return speeds[1:]


def utilisation(package: Package, hardware: Hardware, simulator: Simulator) -> list[LayerResult]:
    """Run every conv2d and linear layer and return the results."""
    names = [node.name for node in package.graph.nodes if node.op in ("conv2d", "linear")]
    request = [LayerRequest(layer=name, images=UTILISATION_IMAGES) for name in names]
    return [run_layer(package, package.name, one, hardware, simulator, OUTPUT) for one in request]


def main() -> int:
    """Print both tables and write sim_build/bench_sim.json."""
    parser = Parser(prog="bench-sim", description="Simulation speed and MAC utilisation.")
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    simulator = find_simulator("verilator")
    _, package = open_package("digits_w8a8", ROOT / "examples")
    record: dict[str, object] = {}
    print(f"simulated cycles per second, {package.name} {SPEED_LAYER}, {SPEED_IMAGES} images, median of {repeats}")
    print(f"{'array':<8}{'cocotb':>12}{'plain C++':>12}{'ratio':>8}  target {TARGET}")
    for size in (8, 16):
        speeds = measure(package, Hardware(rows=size, cols=size), simulator, repeats)
        cocotb, plain, ratio = (
            statistics.median(getattr(speed, side) for speed in speeds) for side in ("cocotb", "plain", "ratio")
        )
        verdict = "met" if ratio >= TARGET else "missed"
        print(f"{size}x{size:<5}{cocotb:>13,.0f}{plain:>12,.0f}{ratio:>8.2f}  {verdict}", flush=True)
        record[f"speed_{size}x{size}"] = {"cocotb": cocotb, "plain": plain, "ratio": ratio}
    for size in (8, 16):
        print(f"\nMAC utilisation, {UTILISATION_IMAGES} images, {size}x{size} array")
        print(f"{'model':<14}{'layer':<10}{'cycles':>10}{'ideal':>10}{'utilisation':>13}  verdict")
        for name in ("digits_w8a8", "digits_w4a4"):
            _, model = open_package(name, ROOT / "examples")
            for result in utilisation(model, Hardware(rows=size, cols=size), simulator):
                f = result.figures
                print(
                    f"{name:<14}{f['layer']:<10}{f['cycles']:>10,}{f['ideal_cycles']:>10,}{f['utilisation']:>13.1%}"
                    f"  {result.verdict}"
                )
                record[f"{name}.{f['layer']}.{size}x{size}"] = {"cycles": f["cycles"], "utilisation": f["utilisation"]}
    (OUTPUT / "bench_sim.json").write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
