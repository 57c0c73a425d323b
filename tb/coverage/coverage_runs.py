"""What `make coverage` runs: every unit bench over its widths, and the core on shipped and random networks."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

from t2c.common.places import EXAMPLES
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import GRAPH_FILE, Package, load_package
from t2c.mapping.compiler import ALL
from t2c.tb.catalogue.unit_registry import benched_units
from t2c.tb.components.bench_report import read_report
from t2c.tb.components.bins import Coverage
from t2c.tb.components.stalls import PROFILES
from t2c.tb.cosim.cosimulation import harness, locked_cosimulation
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, UNKNOWN_TEST, RunRequest
from t2c.tb.coverage.core_classes import cover_run
from t2c.tb.coverage.program_classes import cover_program
from t2c.tb.random_models.builder import RandomBuilder
from t2c.tb.random_models.edges import EDGES
from t2c.tb.random_models.joins import joined_network
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_models.products import products_network
from t2c.tb.random_models.transformers import random_transformer
from t2c.tb.random_programs.campaign import case_of, cases, jobs_of
from t2c.tb.simulation.runner import COVERAGE_DATA, build
from t2c.tb.simulation.simulators import ICARUS, VERILATOR, find_simulator
from t2c.tb.units.run import find_description, run_description

CORE, PROGRAMS = "core", "programs"
WIDE = Hardware(rows=8, cols=4, row_lanes=4)
TIGHT = Hardware(rows=4, cols=4, act_depth=600, wgt_depth=64, par_depth=8, acc_depth=32, row_lanes=2)
"""Memories so small that tensors pass in strips, constants are streamed and sums go over several column runs."""
SMALL = "digits_*"
"""Packages of examples/ that take seconds; the others would take hours with counters."""
IMAGES = 2
COUNTED: Mapping[str, tuple[Mapping[str, int], ...]] = {
    "layer_norm": ({"X_W": 16, "LANES": 8, "LEN_W": 5, "E_W": 47, "ROOT_W": 20, "FRAC_W": 4},),
    "lut_softmax": ({"X_W": 16, "DEPTH_W": 8, "E_W": 16, "OUT_W": 3, "R_W": 32, "LEN_W": 4},),
    "operand_mover": ({"ROWS": 256, "COLS": 64},),
    "softmax_rows": ({"X_W": 16, "LANES": 8, "LEN_W": 5, "E_W": 16, "R_W": 32, "OUT_W": 3},),
    "tile_loader": ({"ROWS": 256},),
}
"""Builds of units on Verilator, besides the usual one, for bits of registers that this one does not have or move."""
FROM_ZERO = {"SIM_CMD_SUFFIX": "+verilator+rand+reset+0"}
"""What cocotb's runner puts behind every other argument: registers begin at 0 here, and not anywhere, since Verilator
counts a random start value as a toggle. All that runs here runs elsewhere too, from random values."""

Covered = tuple[tuple[str, ...], Coverage, list[Path]]
"""Of a run: reasons against it, bins, folders of its simulations."""


@dataclass(frozen=True, kw_only=True)
class CoverageRun:
    """One simulation. id: unique; part: the unit, or "core".

    Of a unit: simulator; parameters. Of a program: program, the id of a case, which builds its core itself. Of the
    core: hardware; model: a package in examples/, an edge package or the seed of a random one; layer: "" for a random
    layer; stall: as `parse_stalls` takes it; tests: of tb/cosim/core_tests.py.
    """

    id: str
    part: str
    simulator: str = VERILATOR
    parameters: Mapping[str, int] = field(default_factory=dict)
    hardware: Hardware | None = None
    model: str = ""
    layer: str = ALL
    stall: str = "none"
    tests: tuple[str, ...] = (MAIN_TEST,)
    program: str = ""


@dataclass(frozen=True, kw_only=True)
class CoverageFinding:
    """What a run gave. reasons: why it failed; coverage: its bins, as JSON; data: each coverage.dat."""

    run: CoverageRun
    reasons: tuple[str, ...]
    seconds: float
    coverage: dict[str, dict[str, int | str]]
    data: tuple[str, ...]


def program_runs() -> Iterator[CoverageRun]:
    """The campaign of programs that `make regress` has too, but for what runs on Icarus."""
    for case in cases(1, VERILATOR):
        yield CoverageRun(id=f"{PROGRAMS}.{case.id}", part=PROGRAMS, program=case.id)


def unit_runs() -> Iterator[CoverageRun]:
    """Every unit as it is usually built, on Verilator, which counts lines; then over its widths, most on Icarus."""
    for unit in benched_units():
        yield CoverageRun(id=f"{unit.name}.usual", part=unit.name)
        counted = COUNTED.get(unit.name, ())
        builds = [(VERILATOR, each) for each in counted] + [
            (ICARUS, each) for each in unit.covered if each not in counted
        ]
        for simulator, parameters in builds:
            label = "-".join(f"{name}{value}" for name, value in parameters.items())
            yield CoverageRun(id=f"{unit.name}.{label}", part=unit.name, simulator=simulator, parameters=parameters)


def small_examples() -> list[str]:
    """Names of the shipped packages that are run with counters: those for multipliers, as the cores here have."""
    found = [path.parent for path in EXAMPLES.glob(f"{SMALL}/{GRAPH_FILE}")]
    return sorted(path.name for path in found if not any(node.products for node in load_package(path).graph.nodes))


def core_runs() -> Iterator[CoverageRun]:
    """Shipped and random networks on both cores, each behind another pair of stall profiles."""
    profiles = tuple(PROFILES)
    count = len(profiles)
    pairs = cycle([f"{a},{profiles[(k + shift) % count]}" for shift in (0, 2, 5) for k, a in enumerate(profiles)])
    wide = [
        *small_examples(),
        *(f"network-{seed}" for seed in (1, 3, 16)),
        *(f"layer-{seed}" for seed in (2, 4, 6)),
        "joined-0",
        *(f"products-{heads}" for heads in ("1x5", "2x4", "3x8")),
        *(f"transformer-{seed}" for seed in (1, 2, 3)),
        "edge-constants",
    ]
    tight = ["digits_w8a8", "twice", *(f"network-{seed}" for seed in (1, 3, 4, 5, 9, 10, 13, 18, 22))]
    tight += [*(f"layer-{seed}" for seed in (1, 5, 13)), "joined-1"]
    tight += [*(f"products-{heads}" for heads in ("2x6", "2x70")), "transformer-8", "transformer-24"]
    for name, hardware, models in (("tight", TIGHT, tight), ("wide", WIDE, wide)):
        for model in models:
            # Resets and errors in mid-stream, and an engine that starts again after them, on one network of each core.
            tests = (MAIN_TEST, RESET_TEST, ERROR_TEST) if model == "network-3" else (MAIN_TEST,)
            layer = "" if model.startswith("layer-") else ALL
            yield CoverageRun(
                id=f"{CORE}.{name}.{model}",
                part=CORE,
                hardware=hardware,
                model=model,
                layer=layer,
                stall=next(pairs),
                tests=tests,
            )
    yield CoverageRun(
        id=f"{CORE}.wide.spoilt", part=CORE, hardware=WIDE, model="layer-8", layer="", tests=(UNKNOWN_TEST,)
    )


def package_of(model: str, hardware: Hardware) -> Package:
    """The package of a run on that core: an example, a random one, or the network that adds a tensor to itself."""
    kind, _, seed = model.partition("-")
    if kind == "layer":
        return random_layer(int(seed))
    if kind == "network":
        return random_network(int(seed))
    if kind == "joined":
        return joined_network(int(seed))
    if kind == "products":
        heads, depth = map(int, seed.split("x"))
        return products_network(heads, depth)
    if kind == "edge":
        return EDGES[seed].make(hardware)
    if kind == "transformer":
        return random_transformer(int(seed), hardware.rows, hardware.cols)
    if kind == "twice":
        builder = RandomBuilder(np.random.default_rng(0), (5, 6, 7))
        edge = builder.conv2d("input", 6, Window(kernel=(3, 3), padding=(1, 1)))
        builder.add(edge, edge)
        return builder.package("random-twice")
    return load_package(EXAMPLES / model)


def build_core(hardware: Hardware, output: Path) -> None:
    """Build the core for its runs."""
    build(harness(hardware, coverage=True), find_simulator(VERILATOR), output)


def execute(run: CoverageRun, output: Path) -> CoverageFinding:
    """Simulate one run; a run that failed covers nothing.

    Raises:
        UserError: the simulator is missing, or cannot build.
    """
    started = time.perf_counter()
    with _environment(FROM_ZERO):
        reasons, coverage, folders = (_program if run.program else _core if run.part == CORE else _unit)(run, output)
    return CoverageFinding(
        run=run,
        reasons=reasons,
        seconds=time.perf_counter() - started,
        coverage=coverage.to_json(),
        data=tuple(str(folder / COVERAGE_DATA) for folder in folders) if run.simulator == VERILATOR else (),
    )


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _unit(run: CoverageRun, output: Path) -> Covered:
    done = run_description(
        find_description(run.part),
        find_simulator(run.simulator),
        output,
        parameters=run.parameters,
        coverage=run.simulator == VERILATOR,
    )
    report = read_report(done.folder)
    failed = [f"{name}: {test.error or test.mismatches[0]}" for name, test in report.tests.items() if not test.passed]
    reasons = () if done.outcome.passed else (*failed, *report.explanation, f"see {done.outcome.log}")
    return reasons, report.coverage, [done.folder]


def _program(run: CoverageRun, output: Path) -> Covered:
    case, simulator = case_of(run.program), find_simulator(VERILATOR)
    # What is excused in each of the programs has to stay so: nothing is declared here.
    coverage, reasons, folders = Coverage(), [], []
    for job in jobs_of(case, coverage=True):
        result = job.run(simulator, output)
        folders.append(result.folder)
        reasons += list(result.reasons)
        if result.passed:
            coverage.merge(cover_program(job.program.steps, job.program.hardware))
    return tuple(reasons), Coverage() if reasons else coverage, folders


def _core(run: CoverageRun, output: Path) -> Covered:
    assert run.hardware is not None
    package = package_of(run.model, run.hardware)
    layer = run.layer or package.graph.nodes[0].name
    images = min(IMAGES, len(package.samples))
    request = RunRequest(layer=layer, images=images, stall=run.stall, tests=run.tests, coverage=True)
    simulator = find_simulator(VERILATOR)
    with locked_cosimulation(package, run.model, request, run.hardware, simulator, output) as job:
        if run.tests == (UNKNOWN_TEST,):
            outcome = job.run_spoilt()
            return () if outcome.passed else (f"{UNKNOWN_TEST}: see {outcome.log}",), Coverage(), [job.folder]
        result = job.run()
        coverage = cover_run(job.program, job.tensors, run.stall) if result.passed else Coverage()
        return result.reasons, coverage, [job.folder]
