"""Whole networks on the core, layer by layer: cycles beside the analytic count, seconds and memory."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from typing import Any

from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.contract.hardware import Hardware
from t2c.contract.schedule import fill_cycles
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.mapping.lower import lowered_kinds, row_lanes_for
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import Simulator, find_simulator

OUTPUT = ROOT / "sim_build"
HARDWARE = Hardware(rows=16, cols=16)
UTILISATION_TARGET = 0.9
PHOTO_SECONDS, PHOTO_GIB = 120.0, 4.0
"""For an image of 224 x 224, everything counted: of processor, and of memory."""


def verdict(met: bool) -> str:
    """The last word of a line."""
    return "met" if met else "MISSED"


def run_all(package: Package, simulator: Simulator, images: int, hardware: Hardware = HARDWARE) -> RunResult:
    """Run a whole network and compare everything.

    Raises:
        UserError: the run failed.
    """
    request = RunRequest(layer="all", images=images)
    result = cosimulate(package, f"examples/{package.name}", request, hardware, simulator, OUTPUT)
    if not result.passed:
        raise UserError(f"{package.name} failed: {'; '.join(result.reasons)}")
    return result


def is_full(package: Package, name: str) -> bool:
    """Whether K and N are multiples of ROWS and COLS, with at least 256 output pixels, and no groups."""
    node = package.graph.node(name)
    if node.weights is None or node.weights.groups > 1:
        return False
    pixels = 1
    for extent in package.graph.edges[node.output].shape[1:]:
        pixels *= extent
    outputs, channels = node.weights.values.shape[:2]
    return channels % HARDWARE.rows == 0 and outputs % HARDWARE.cols == 0 and pixels >= 256


def row_steps(package: Package) -> set[str]:
    """Layers of a network that the row engine runs."""
    plain = {kind.op for kind in lowered_kinds(row_engine=False)}
    return {node.name for node in package.graph.nodes if node.op not in plain}


def processor_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def print_network(package: Package, simulator: Simulator) -> dict[str, Any]:
    """One image: a line per layer, cycles beside the analytic count; seconds and memory."""
    started, processor = time.perf_counter(), processor_seconds()
    lanes = row_lanes_for(package.graph, HARDWARE.rows, HARDWARE.cols)
    f = run_all(package, simulator, 1, replace(HARDWARE, row_lanes=lanes)).figures
    wall, processor = time.perf_counter() - started, processor_seconds() - processor
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    fill = fill_cycles(HARDWARE)
    print(f"\n{package.name}, 1 image, all tensors compared, 16x16 array")
    print(f"  {'layer':<24}{'cycles':>12}{'weight-stationary':>19}{'beyond':>9}{'utilisation':>13}")
    lowest = 1.0
    for layer in f["layers"]:
        if not layer["cycles"] or layer["layer"].startswith("("):
            continue
        full = is_full(package, layer["layer"])
        lowest = min(lowest, layer["utilisation"]) if full else lowest
        share = f"{layer['utilisation']:.1%}{' *' if full else '  '}" if layer["macs"] else ""
        beyond = layer["cycles"] - layer["ideal_cycles"]
        print(f"  {layer['layer']:<24}{layer['cycles']:>12,}{layer['ideal_cycles']:>19,}{beyond:>9,}{share:>13}")
    print(f"  {'total':<24}{f['cycles']:>12,}{f['ideal_cycles']:>19,}{'':>9}{f['utilisation']:>11.1%}")
    print(f"  weight-stationary: sum of max(pixels, ROWS) over tiles, and ROWS a step; fill: {fill} cycles a step")
    if lowest < 1.0:
        print(f"  lowest utilisation of full layers (*): {lowest:.1%}", end="; ")
        print(f"target {UTILISATION_TARGET:.0%}: {verdict(lowest >= UTILISATION_TARGET)}")
    rows = sum(layer["cycles"] for layer in f["layers"] if layer["layer"] in row_steps(package)) / f["cycles"]
    if lanes:
        print(f"  row steps at ROW_LANES = {lanes}: {rows:.1%} of the cycles")
    simulation = f["simulated_cycles"] / f["cycles_per_second"]
    memory = max(own, children) / (1 << 20)
    print(f"  simulation {simulation:.1f} s, everything {wall:.1f} s, {processor:.1f} s of it of processor", end=", ")
    print(f"largest process {memory:.2f} GiB", flush=True)
    return {
        "cycles": f["cycles"],
        "ideal": f["ideal_cycles"],
        "utilisation": f["utilisation"],
        "row_share": rows,
        "simulation_s": simulation,
        "wall_s": wall,
        "processor_s": processor,
        "gib": memory,
    }


def print_photos(names: list[str]) -> None:
    """Networks that are too large for every day, layer by layer, and whether they keep within their bounds."""
    simulator = find_simulator("verilator")
    for name in names:
        _, package = open_package(name)
        found = print_network(package, simulator)
        for figure, limit, unit in (("processor_s", PHOTO_SECONDS, "s"), ("gib", PHOTO_GIB, "GiB")):
            value = found[figure]
            print(f"  {figure}: {value:.2f} {unit}, target below {limit:g}: {verdict(value < limit)}", flush=True)
