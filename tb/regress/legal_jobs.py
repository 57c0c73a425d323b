"""Jobs from the legal space: random packages and edge packages on builds of their own.

A package is made when its job is to run, so that a pattern or a part costs no more than what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from t2c.common.places import ROOT
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.tb.components.stalls import PROFILES
from t2c.tb.random_models.edges import EDGES, Edge
from t2c.tb.random_models.element_models import element_hardware, element_network
from t2c.tb.random_models.legal import CYCLES, LAYER, SAMPLES, hardware_pool, legal_layer, legal_network
from t2c.tb.random_models.variants import VARIANTS
from t2c.tb.regress.job import ALL, Job
from t2c.tb.simulation.simulators import ICARUS, VERILATOR

FIRST = "deep"
"""The variant for edge packages that small memories do not hold; besides, they run on the first of ARRAYS."""
VERILATOR_ONLY = (FIRST, "tall")
"""Variants whose packages are long, or whose array is too large for Icarus."""
_ICARUS_EVERY, _ICARUS_CYCLES = 3, 10_000
"""One random package in so many is short and runs on both simulators."""
_SECONDS = 3.5


@dataclass(frozen=True, kw_only=True)
class MadeJob:
    """A job and the package that its `model` is to be."""

    job: Job
    make: Callable[[], Package]


def hardware_of(array: tuple[int, int], seed: int, pool: int) -> dict[str, Hardware]:
    """Hardware by the name that ends a job's: the variants, the usual memories on an array, and random hardware."""
    rows, cols = array
    drawn = {f"pool-{seed + index}": hardware for index, hardware in enumerate(hardware_pool(seed, pool))}
    return {**VARIANTS, f"{rows}x{cols}": Hardware(rows=rows, cols=cols), **drawn}


def edge_jobs(hardware: Mapping[str, Hardware], folder: Path) -> Iterator[MadeJob]:
    """Every edge package on every hardware that it is for; the small ones on both simulators."""
    for name, built in hardware.items():
        simulators = (VERILATOR,) if name in VERILATOR_ONLY else (VERILATOR, ICARUS)
        for edge in EDGES.values():
            if not runs_on(edge, name, built):
                continue
            for simulator in simulators if edge.small and not edge.on else (VERILATOR,):
                label = f"edge-{edge.name}"
                job = _job(label, simulator, name, built, folder, layer=edge.layer, images=edge.images)
                yield MadeJob(job=job, make=partial(edge.make, built))


def runs_on(edge: Edge, name: str, hardware: Hardware) -> bool:
    """Whether an edge package is for that hardware: small ones are for all variants, others for large memories.

    Args:
        edge: the package.
        name: of the hardware.
        hardware: its parameters.
    """
    usual = replace(Hardware(), rows=hardware.rows, cols=hardware.cols)
    if edge.on:
        return name == edge.on
    return name == FIRST or hardware == usual or (edge.small and not name.startswith("pool-"))


def random_jobs(
    hardware: Mapping[str, Hardware], folder: Path, seed: int, layers: int, networks: int
) -> Iterator[MadeJob]:
    """Random layers and networks, on each hardware in turn, behind each kind of stalls in turn."""
    names, stalls = tuple(hardware), tuple(PROFILES)
    for kind, make, count, layer in (("layer", legal_layer, layers, LAYER), ("network", legal_network, networks, ALL)):
        for number in range(seed, seed + count):
            name = names[number % len(names)]
            short = number % _ICARUS_EVERY == 0
            stall = f"{stalls[number % len(stalls)]},{stalls[(number // 2 + 2) % len(stalls)]}"
            made = partial(make, number, hardware[name], _ICARUS_CYCLES if short else CYCLES)
            for simulator in (VERILATOR, ICARUS) if short and name not in VERILATOR_ONLY else (VERILATOR,):
                label = f"legal-{kind}-{number}"
                images = SAMPLES if kind == "layer" else 2
                job = _job(label, simulator, name, hardware[name], folder, layer=layer, images=images)
                yield MadeJob(job=replace(job, seed=number, stall=stall), make=made)


def element_jobs(folder: Path, seed: int, count: int) -> Iterator[MadeJob]:
    """Random networks on arrays of other elements, each kind in turn, behind each kind of stalls in turn."""
    stalls = tuple(PROFILES)
    for number in range(seed, seed + count):
        hardware = element_hardware(number)
        name = f"{hardware.rows}x{hardware.cols}"
        stall = f"{stalls[number % len(stalls)]},{stalls[(number // 2 + 1) % len(stalls)]}"
        for simulator in (VERILATOR, ICARUS) if number % _ICARUS_EVERY == 0 else (VERILATOR,):
            job = _job(f"element-{number}", simulator, name, hardware, folder, layer=ALL, images=2)
            yield MadeJob(job=replace(job, seed=number, stall=stall), make=partial(element_network, number))


def _job(label: str, simulator: str, name: str, hardware: Hardware, folder: Path, *, layer: str, images: int) -> Job:
    path = folder / f"{label}.{name}"
    return Job(
        id=f"{label}.{simulator}.{name}",
        name=label,
        model=str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path),
        layer=layer,
        simulator=simulator,
        images=images,
        estimate=_SECONDS,
        **asdict(hardware),
    )
