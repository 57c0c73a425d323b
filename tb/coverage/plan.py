"""What `make coverage` runs: every unit bench over its widths, and the core on shipped and random networks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

from t2c.common.places import EXAMPLES
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package, load_package
from t2c.mapping.compiler import ALL
from t2c.tb.components.bench_report import read_report
from t2c.tb.components.bins import Coverage
from t2c.tb.components.stalls import PROFILES
from t2c.tb.cosim.classes import cover_run
from t2c.tb.cosim.cosimulation import harness, locked_cosimulation
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST, UNKNOWN_TEST, RunRequest
from t2c.tb.random_models.builder import RandomBuilder
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.simulation.runner import COVERAGE_DATA, build
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import find_description, run_description

CORE = "core"
WIDE = Hardware(rows=8, cols=4)
TIGHT = Hardware(rows=4, cols=4, act_depth=600, wgt_depth=64, par_depth=8, acc_depth=32)
"""Memories so small that tensors pass in strips, constants are streamed and sums go over several column runs."""
MODELS = ("digits_w8a8", "digits_w4a4", "digits_apot", "digits_sp2")
IMAGES = 2

UNIT_PARAMETERS: Mapping[str, tuple[Mapping[str, int], ...]] = {
    "mulquant": (
        {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 2, "SHIFT_W": 1, "OUT_W": 2},
        {"ACC_W": 20, "SCALE_W": 10, "BIAS_W": 20, "SHIFT_W": 2, "OUT_W": 3},
        {"ACC_W": 12, "SCALE_W": 4, "BIAS_W": 16, "SHIFT_W": 3, "OUT_W": 4},
        {"ACC_W": 16, "SCALE_W": 8, "BIAS_W": 24, "SHIFT_W": 4, "OUT_W": 5},
        {"ACC_W": 29, "SCALE_W": 32, "BIAS_W": 40, "SHIFT_W": 5, "OUT_W": 6},
        {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 60, "SHIFT_W": 6, "OUT_W": 7},
    ),
    "systolic_array": (
        {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2},
        {"ROWS": 3, "COLS": 3, "A_W": 4, "W_W": 3},
        {"ROWS": 4, "COLS": 2, "A_W": 5, "W_W": 4},
        {"ROWS": 5, "COLS": 7, "A_W": 6, "W_W": 5},
        {"ROWS": 6, "COLS": 6, "A_W": 7, "W_W": 6},
        {"ROWS": 8, "COLS": 8, "A_W": 8, "W_W": 7},
    ),
    "mac_pe": ({"A_W": 3, "W_W": 2, "PSUM_W": 6},),
    "lut_softmax": (
        {"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 8, "LEN_W": 1},
        {"X_W": 16, "DEPTH_W": 8, "E_W": 16, "OUT_W": 3, "R_W": 32, "LEN_W": 4},
        {"X_W": 6, "DEPTH_W": 5, "E_W": 8, "OUT_W": 4, "R_W": 14, "LEN_W": 5},
        {"X_W": 5, "DEPTH_W": 4, "E_W": 6, "OUT_W": 5, "R_W": 13, "LEN_W": 3},
        {"X_W": 4, "DEPTH_W": 3, "E_W": 10, "OUT_W": 6, "R_W": 18, "LEN_W": 2},
        {"X_W": 7, "DEPTH_W": 6, "E_W": 14, "OUT_W": 7, "R_W": 23, "LEN_W": 6},
    ),
    "lut_pointwise": ({"X_W": 2, "OUT_W": 2}, {"X_W": 6, "OUT_W": 16}),
    "core_registers": ({"LO_W": 32},),
}
"""Builds of each unit besides its usual one, on Icarus; the usual one runs on Verilator, which counts lines."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One simulation. id: unique; part: the unit, or "core".

    Of a unit: simulator; parameters. Of the core: hardware; model: a package in examples/ or the seed of a random one;
    layer: "" for a random layer; stall: as `parse_stalls` takes it; tests: of tb/cosim/core_tests.py.
    """

    id: str
    part: str
    simulator: str = "verilator"
    parameters: Mapping[str, int] = field(default_factory=dict)
    hardware: Hardware | None = None
    model: str = ""
    layer: str = ALL
    stall: str = "none"
    tests: tuple[str, ...] = (MAIN_TEST,)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a run gave. reasons: why it failed; coverage: its bins, as JSON; data: coverage.dat, or empty."""

    run: Run
    reasons: tuple[str, ...]
    seconds: float
    coverage: dict[str, dict[str, int | str]]
    data: str


def unit_runs() -> Iterator[Run]:
    """Every unit as it is usually built, then over its widths."""
    for unit, others in UNIT_PARAMETERS.items():
        yield Run(id=f"{unit}.usual", part=unit)
        for parameters in others:
            label = "-".join(f"{name}{value}" for name, value in parameters.items())
            yield Run(id=f"{unit}.{label}", part=unit, simulator="icarus", parameters=parameters)


def core_runs() -> Iterator[Run]:
    """Shipped and random networks on both cores, each behind another pair of stall profiles."""
    profiles = tuple(PROFILES)
    pairs = cycle([f"{a},{profiles[(k + shift) % 6]}" for shift in (0, 2, 5) for k, a in enumerate(profiles)])
    wide = [*MODELS, *(f"network-{seed}" for seed in (1, 3, 16)), *(f"layer-{seed}" for seed in (2, 4, 6))]
    tight = ["digits_w8a8", "twice", *(f"network-{seed}" for seed in (1, 2, 3, 4, 5, 8, 9, 10, 13))]
    tight += [f"layer-{seed}" for seed in (1, 5, 13)]
    for name, hardware, models in (("tight", TIGHT, tight), ("wide", WIDE, wide)):
        for model in models:
            # Resets and errors in mid-stream, and an engine that starts again after them, on one network of each core.
            tests = (MAIN_TEST, RESET_TEST, ERROR_TEST) if model == "network-3" else (MAIN_TEST,)
            layer = "" if model.startswith("layer-") else ALL
            yield Run(
                id=f"{CORE}.{name}.{model}",
                part=CORE,
                hardware=hardware,
                model=model,
                layer=layer,
                stall=next(pairs),
                tests=tests,
            )
    yield Run(id=f"{CORE}.wide.spoilt", part=CORE, hardware=WIDE, model="layer-8", layer="", tests=(UNKNOWN_TEST,))


def package_of(model: str) -> Package:
    """The package of a core run: an example, a random layer or network, or the one that adds a tensor to itself."""
    kind, _, seed = model.partition("-")
    if kind == "layer":
        return random_layer(int(seed))
    if kind == "network":
        return random_network(int(seed))
    if kind == "twice":
        builder = RandomBuilder(np.random.default_rng(0), (5, 6, 7))
        edge = builder.conv2d("input", 6, Window(kernel=(3, 3), padding=(1, 1)))
        builder.add(edge, edge)
        return builder.package("random-twice")
    return load_package(EXAMPLES / model)


def build_core(hardware: Hardware, output: Path) -> None:
    """Build the core for its runs."""
    build(harness(hardware, coverage=True), find_simulator("verilator"), output)


def execute(run: Run, output: Path) -> Finding:
    """Simulate one run; a run that failed covers nothing.

    Raises:
        UserError: the simulator is missing, or cannot build.
    """
    started = time.perf_counter()
    reasons, coverage, folder = (_core if run.part == CORE else _unit)(run, output)
    return Finding(
        run=run,
        reasons=reasons,
        seconds=time.perf_counter() - started,
        coverage=coverage.to_json(),
        data=str(folder / COVERAGE_DATA) if run.simulator == "verilator" else "",
    )


def _unit(run: Run, output: Path) -> tuple[tuple[str, ...], Coverage, Path]:
    done = run_description(
        find_description(run.part),
        find_simulator(run.simulator),
        output,
        parameters=run.parameters,
        coverage=run.simulator == "verilator",
    )
    report = read_report(done.folder)
    failed = [f"{name}: {test.error or test.mismatches[0]}" for name, test in report.tests.items() if not test.passed]
    reasons = () if done.outcome.passed else (*failed, *report.explanation, f"see {done.outcome.log}")
    return reasons, report.coverage, done.folder


def _core(run: Run, output: Path) -> tuple[tuple[str, ...], Coverage, Path]:
    assert run.hardware is not None
    package = package_of(run.model)
    layer = run.layer or package.graph.nodes[0].name
    images = min(IMAGES, len(package.samples))
    request = RunRequest(layer=layer, images=images, stall=run.stall, tests=run.tests, coverage=True)
    simulator = find_simulator("verilator")
    with locked_cosimulation(package, run.model, request, run.hardware, simulator, output) as job:
        if run.tests == (UNKNOWN_TEST,):
            outcome = job.run_spoilt()
            return () if outcome.passed else (f"{UNKNOWN_TEST}: see {outcome.log}",), Coverage(), job.folder
        result = job.run()
        coverage = cover_run(job.program, job.tensors, run.stall) if result.passed else Coverage()
        return result.reasons, coverage, job.folder
