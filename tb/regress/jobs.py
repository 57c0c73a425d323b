"""What a regression runs: example packages, random layers, networks and transformers, and what `legal_jobs` adds."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from t2c.common.errors import SettingError, UserError
from t2c.common.places import ROOT
from t2c.golden.errors import PackageError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import GRAPH_FILE, Package, load_package, save_package
from t2c.mapping.lower import hardware_fields, lowered_kinds
from t2c.tb.components.stalls import PROFILES
from t2c.tb.random_models.networks import random_layer, random_network
from t2c.tb.random_models.transformers import random_transformer
from t2c.tb.regress.job import ALL, BUILD, Job
from t2c.tb.regress.legal_jobs import MadeJob, edge_jobs, element_jobs, hardware_of, random_jobs
from t2c.tb.regress.program_jobs import program_jobs
from t2c.tb.simulation.simulators import ICARUS, VERILATOR

_SPEED = {VERILATOR: 9e7, ICARUS: 1.5e5}
"""Rough array cells times cycles a second; what a job costs depends little on the size of the array."""
_START_S = 2.0
_BUILD_S = {VERILATOR: 30.0, ICARUS: 1.0}
_SIMULATED_S = 2.0
_MAX_IMAGES = 16
_ICARUS_LIMIT_S = 8.0
"""A job of one image that would take longer runs on Verilator only."""

Array = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class RegressionPlan:
    """What is asked for.

    examples: folder of packages; packages: where random ones are written; seed: of the first random layer, network and
    transformer; layers, networks, transformers: how many; arrays: (ROWS, COLS): layers run on the first, whole networks
    of the examples on every one, random networks on them in turn; legal: packages from the whole legal space, as many
    again, edge packages and programs of steps, on hardware of their own; pool: how many random builds join that
    hardware, for the random packages.
    """

    examples: Path
    packages: Path
    seed: int
    layers: int
    networks: int
    arrays: Sequence[Array]
    transformers: int = 0
    legal: bool = False
    pool: int = 0


@dataclass(frozen=True)
class JobList:
    """jobs: what to run, in a stable order; packages: those that the regression makes, by the job's `model`."""

    jobs: list[Job]
    packages: Mapping[str, Callable[[], Package]]

    def write_packages(self, jobs: Iterable[Job]) -> None:
        """Write the packages of some jobs, so that a failure can be run again by its path."""
        for model in dict.fromkeys(job.model for job in jobs if job.model in self.packages):
            save_package(self.packages[model](), ROOT / model)


def list_jobs(plan: RegressionPlan, only: str = "*") -> JobList:
    """Return the jobs whose id matches the pattern, and the builds that they need.

    Raises:
        PackageError: an example is damaged.
        UserError: no job matches, or two would have one id.
    """
    made = [*_random_jobs(plan), *(_legal_jobs(plan) if plan.legal else ())]
    jobs = [*_example_jobs(plan), *(each.job for each in made)]
    jobs += program_jobs(plan.seed, long=plan.pool > 0) if plan.legal else ()
    every = [*_builds(jobs), *jobs]
    ids = [job.id for job in every]
    for twice in {job_id for job_id in ids if ids.count(job_id) > 1}:
        raise UserError(f"two jobs would have the id {twice!r}: rename a package or a layer")
    chosen = [job for job in every if fnmatch.fnmatchcase(job.id, only)]
    if not jobs:
        raise SettingError(
            "nothing to run: no package in {folder}, {random_layers}, {random_networks}, {random_transformers} are 0",
            {"folder": plan.examples},
        )
    if not chosen:
        text = "{only} = {pattern!r} matches none of {count} jobs, such as {first!r}"
        raise SettingError(text, {"pattern": only, "count": len(every), "first": jobs[0].id})
    needed = {job.build_id for job in chosen}
    listed = [job for job in every if job in chosen or (job.is_build and job.id in needed)]
    return JobList(listed, {each.job.model: each.make for each in made})


def _legal_jobs(plan: RegressionPlan) -> Iterable[MadeJob]:
    hardware = hardware_of(plan.arrays[0], plan.seed, plan.pool)
    yield from edge_jobs(hardware, plan.packages)
    yield from random_jobs(hardware, plan.packages, plan.seed, plan.layers, plan.networks)
    yield from element_jobs(plan.packages, plan.seed, plan.networks)


def _example_jobs(plan: RegressionPlan) -> Iterable[Job]:
    # What moves nothing comes with the whole network only.
    alone = {kind.op for kind in lowered_kinds() if kind.moves_data}
    for path in sorted(plan.examples.glob(f"*/{GRAPH_FILE}")):
        try:
            package = load_package(path.parent)
        except PackageError as error:
            raise PackageError(f"{path.parent}: {error}") from error
        name = path.parent.name
        for node in package.graph.nodes:
            if node.op in alone:
                yield from _on_both(package, path.parent, f"{name}.{node.name}", node.name, plan.arrays[0])
        for array in plan.arrays:
            yield from _on_both(package, path.parent, f"{name}.{ALL}", ALL, array)


def _random_jobs(plan: RegressionPlan) -> Iterable[MadeJob]:
    stalls = tuple(PROFILES)
    for seed in range(plan.seed, plan.seed + max(plan.layers, plan.networks, plan.transformers)):
        stall = f"{stalls[seed % len(stalls)]},{stalls[(seed // 2 + 1) % len(stalls)]}"
        choice = []
        if seed < plan.seed + plan.layers:
            package = random_layer(seed)
            choice.append((package, package.graph.nodes[0].name, plan.arrays[0]))
        if seed < plan.seed + plan.networks:
            choice.append((random_network(seed), ALL, plan.arrays[seed % len(plan.arrays)]))
        if seed < plan.seed + plan.transformers:
            array = plan.arrays[seed % len(plan.arrays)]
            choice.append((random_transformer(seed, *array), ALL, array))
        for package, layer, array in choice:
            for job in _on_both(package, plan.packages / package.name, package.name, layer, array):
                yield MadeJob(job=replace(job, seed=seed, stall=stall), make=partial(_as_it_is, package))


def _as_it_is(package: Package) -> Package:
    return package


def _on_both(package: Package, path: Path, prefix: str, layer: str, array: Array) -> Iterable[Job]:
    """A job on Verilator, and one on Icarus if it is small."""
    graph = package.graph
    nodes = graph.nodes if layer == ALL else (graph.node(layer),)
    work = sum(_work(graph, node) for node in nodes)
    for simulator in (VERILATOR, ICARUS):
        one = work / _SPEED[simulator]
        if simulator == ICARUS and one > _ICARUS_LIMIT_S:
            continue
        images = int(np.clip(_SIMULATED_S / one, 1, min(_MAX_IMAGES, len(package.samples))))
        yield Job(
            id=f"{prefix}.{simulator}.{array[0]}x{array[1]}",
            name=package.name,
            model=str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path),
            layer=layer,
            simulator=simulator,
            **hardware_fields(graph, *array),
            images=images,
            estimate=_START_S + images * one,
        )


def _work(graph: Graph, node: Node) -> float:
    """Array cells times cycles that an image takes, roughly."""
    shape = graph.edges[node.output].shape
    if node.weights:
        return float(node.weights.values.size * np.prod(shape[1:]) * min(node.weights.groups, 8))
    taps = node.window.taps if node.window else 1
    return float(np.prod(shape) * taps * 8)


def _builds(jobs: Iterable[Job]) -> list[Job]:
    """The jobs that build the simulators of others."""
    first = {job.build_id: job for job in jobs if not job.is_build}
    return [
        replace(
            job,
            id=build_id,
            name="build",
            model="",
            program=BUILD if job.program else "",
            layer="",
            images=1,
            seed=1,
            stall="none",
            estimate=_BUILD_S[job.simulator] * job.rows * job.cols / 64,
        )
        for build_id, job in first.items()
    ]
