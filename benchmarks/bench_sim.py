"""Simulation speed and MAC utilisation of whole networks on the core.

Run as `make bench-sim`. Each ratio is taken within one run of the benchmark, pair by pair; figures are medians.
"""

from __future__ import annotations

import json
import shlex
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.networks_on_core import HARDWARE, OUTPUT, print_network, print_photos, run_all, verdict
from benchmarks.page import recorded
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.places import ROOT
from t2c.contract.hardware import Hardware
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import harness
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.runner import Build, build
from t2c.tb.simulation.simulators import SIMULATORS, Simulator, find_simulator

SPEED_MODEL, SPEED_IMAGES, GROWTH = "resnet20", 4, (1, 4, 16)
RATIO_TARGET = 0.5
ICARUS_RATIO = 1_000
"""Verilator's cycles a second in those of Icarus, which takes a word whole at every change of a part.

A word as wide as the array made it three times as slow.
"""
RESNET20_SECONDS = 5.0
VIT7_SECONDS, VIT7_UTILISATION, VIT7_ROW_SHARE = 15.0, 0.75, 0.15
COUNTED_MODEL, COUNTED_ARRAYS = "digits_w8a8", {8: 8_000, 16: 16_000}
"""Arrays, and how many instructions a cycle they may take."""
FLAT = 0.8
"""Cycles per second of any number of images, relative to the best: above this the cost grows linearly."""
PLUSARGS = {
    **{name: f"{name}.hex" for name in ("program", "weights", "params", "trace", "stored", "cycles")},
    **{name: f"{name}.bin" for name in ("host", "transfers")},
}


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


def plain_command(binary: Path, result: RunResult, runs: int | None = None) -> list[str]:
    """What runs the job of a finished cocotb run without cocotb; runs: how many of its runs, all if None."""
    folder = Path(result.figures["log"]).parent
    job = json.loads((folder / "job.json").read_text())
    files = [f"+{name}={folder / file}" for name, file in PLUSARGS.items()]
    numbers = [runs or job["runs"], job["input_words"], job["transfers"], *job["output"], job["seed"]]
    return [str(binary), *map(str, numbers), *files]


def run_plain(binary: Path, result: RunResult) -> float:
    """Run the job of a finished cocotb run again without cocotb and return cycles per second.

    Raises:
        UserError: its last run gave other result words than the cocotb run did.
    """
    trace = Path(result.figures["log"]).parent / "trace.hex"
    words = trace.read_text()
    done = subprocess.run(plain_command(binary, result), capture_output=True, text=True, check=True)
    cycles, seconds, _ = done.stdout.split()[-3:]
    if trace.read_text() != words:
        raise UserError("the plain C++ main gave other result words than the cocotb run")
    return int(cycles) / float(seconds)


def instructions_a_cycle(package: Package, simulator: Simulator, hardware: Hardware) -> tuple[float, int]:
    """Instructions of the simulator per simulated cycle, and of how many cycles, without cocotb.

    Callgrind counts one run and two runs of the same program; the difference is free of the start.
    """
    result = run_all(package, simulator, 2, hardware)
    binary = build_plain(build(harness(hardware), simulator, OUTPUT))
    counts, cycles = [], []
    for runs in (1, 2):
        counted = binary.with_name(f"callgrind.{runs}")
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}"]
        command = [*tool, *plain_command(binary, result, runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        total = next(line for line in counted.read_text().splitlines() if line.startswith("summary:"))
        counts.append(int(total.split()[1]))
        cycles.append(int(done.stdout.split()[-3]))
    return (counts[1] - counts[0]) / (cycles[1] - cycles[0]), cycles[1] - cycles[0]


def print_instructions(package: Package, simulator: Simulator) -> dict[str, Any]:
    """Instructions a cycle of two arrays: unlike seconds they are the same on any machine."""
    if shutil.which("valgrind") is None:
        print("instructions a cycle: valgrind is not there")
        return {}
    found = {}
    for size, limit in COUNTED_ARRAYS.items():
        count, cycles = instructions_a_cycle(package, simulator, Hardware(rows=size, cols=size))
        found[f"{size}x{size}"] = count
        print(f"{package.name} on {size}x{size}: {count:,.0f} instructions a cycle over {cycles:,} cycles; ", end="")
        print(f"target {limit:,}: {verdict(count <= limit)}", flush=True)
    return found


def measure_speed(package: Package, simulator: Simulator, repeats: int) -> list[Speed]:
    """Time both sides in turn, after one run of each that does not count."""
    binary = build_plain(build(harness(HARDWARE), simulator, OUTPUT))
    speeds = []
    for _ in range(repeats + 1):
        result = run_all(package, simulator, SPEED_IMAGES)
        speeds.append(Speed(cocotb=result.figures["cycles_per_second"], plain=run_plain(binary, result)))
    return speeds[1:]


def print_speed(package: Package, simulator: Simulator, repeats: int) -> dict[str, Any]:
    """cocotb beside plain C++."""
    speeds = measure_speed(package, simulator, repeats)
    cocotb, plain, ratio = (
        statistics.median(getattr(s, side) for s in speeds) for side in ("cocotb", "plain", "ratio")
    )
    print(f"{package.name}, {SPEED_IMAGES} images, simulated cycles per second, median of {repeats}")
    print(f"  cocotb {cocotb:,.0f}, plain C++ {plain:,.0f}, ratio {ratio:.2f}", end="; ")
    print(f"target {RATIO_TARGET}: {verdict(ratio >= RATIO_TARGET)}", flush=True)
    return {"cocotb": cocotb, "plain": plain, "ratio": ratio}


def print_simulators(package: Package, repeats: int) -> float:
    """Icarus beside Verilator, in turns; the ratio is taken within each pair."""
    pairs = []
    for _ in range(repeats):
        slow, fast = (run_all(package, find_simulator(name), 1).figures["cycles_per_second"] for name in SIMULATORS)
        pairs.append((slow, fast / slow))
    slow, ratio = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{package.name}, 1 image, median of {repeats}: Icarus {slow:,.0f} cycles a second, ", end="")
    print(f"Verilator {ratio:,.0f} times as many; limit {ICARUS_RATIO}: {verdict(ratio <= ICARUS_RATIO)}", flush=True)
    return ratio


def print_growth(package: Package, simulator: Simulator, repeats: int) -> dict[str, Any]:
    """Cycles per second against the number of images; the ratio is taken within each round."""
    rounds = [
        [run_all(package, simulator, images).figures["cycles_per_second"] for images in GROWTH] for _ in range(repeats)
    ]
    flat = statistics.median(min(speeds) / max(speeds) for speeds in rounds)
    found = {str(n): statistics.median(speeds) for n, speeds in zip(GROWTH, zip(*rounds, strict=True), strict=True)}
    print(f"{package.name}, cycles per second by images, median of {repeats}")
    shown = ", ".join(f"{images}: {speed:,.0f}" for images, speed in found.items())
    print(f"  {shown}; lowest / highest {flat:.2f}, target {FLAT}: {verdict(flat >= FLAT)}", flush=True)
    return {**found, "lowest_to_highest": flat}


def main() -> int:
    """Print everything and write sim_build/bench_sim.json."""
    parser = Parser(prog="bench-sim", description="Simulation speed and MAC utilisation of whole networks.")
    parser.add_argument("--repeats", type=int, default=3)
    add_options(parser, "bench-sim")
    options = parser.parse_args()
    name = f"bench-sim MODELS={options.models}" if options.models else "bench-sim"
    with recorded(name, bool(options.write)):
        if options.models:
            print_photos(options.models.split(","))
        else:
            print_everything(options.repeats)
    return 0


def print_everything(repeats: int) -> None:
    """Measure speed, instructions, growth and the networks of every day."""
    simulator = find_simulator("verilator")
    _, package = open_package(SPEED_MODEL)
    _, counted = open_package(COUNTED_MODEL)
    record: dict[str, Any] = {
        "speed": print_speed(package, simulator, repeats),
        "verilator_to_icarus": print_simulators(counted, repeats),
        "instructions_a_cycle": print_instructions(counted, simulator),
        "growth": print_growth(package, simulator, repeats),
    }
    for name in ("digits_w8a8", SPEED_MODEL, "mobilenet_v1", "vit2", "vit7"):
        if not (ROOT / "examples" / name).is_dir():
            print(f"\n{name}: not there; 'make model MODELS={name}' makes it")
            continue
        _, package = open_package(name)
        record[name] = print_network(package, simulator)
    print()
    for name, figure, limit in ((SPEED_MODEL, "simulation_s", RESNET20_SECONDS), ("vit7", "wall_s", VIT7_SECONDS)):
        if name in record:
            value = record[name][figure]
            print(f"{name} {figure}: {value:.2f} s, target below {limit:g}: {verdict(value < limit)}")
    if "vit7" in record:
        used, rows = record["vit7"]["utilisation"], record["vit7"]["row_share"]
        print(
            f"vit7 utilisation {used:.1%}, target {VIT7_UTILISATION:.0%}: {verdict(used >= VIT7_UTILISATION)}; ", end=""
        )
        print(f"row steps {rows:.1%}, target below {VIT7_ROW_SHARE:.0%}: {verdict(rows < VIT7_ROW_SHARE)}")
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "bench_sim.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    run(main, extra=(UserError,))
