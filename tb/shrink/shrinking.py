"""Shrink a run that fails, and say what it came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package, save_package
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest, replay_command
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.shrink.case import Failure, ShrinkCase, failure_of
from t2c.tb.shrink.moves.area import area
from t2c.tb.shrink.moves.channels import channels
from t2c.tb.shrink.moves.constants import constants, stall, zero_points
from t2c.tb.shrink.moves.images import images
from t2c.tb.shrink.moves.layers import bypass, cut, operand
from t2c.tb.shrink.moves.values import values
from t2c.tb.shrink.moves.window import groups, kernel, strides
from t2c.tb.shrink.search import Move, Search
from t2c.tb.simulation.simulators import Simulator

MOVES: tuple[Move, ...] = (
    images, cut, bypass, operand, area, channels, stall, kernel, strides, groups, constants, zero_points, values,
)  # fmt: skip
"""In the order in which they are tried: what makes later tries quicker comes first."""


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """What shrinking came to. package: where it was written; text: for the report; replay: the command that runs it."""

    package: Path
    text: str
    replay: str
    case: ShrinkCase
    failure: Failure
    tries: int


def shrink(
    package: Package,
    request: RunRequest,
    hardware: Hardware,
    simulator: Simulator,
    output: Path,
    target: Path,
    seconds: float,
    *,
    moves: tuple[Move, ...] = MOVES,
    say: Callable[[str], None] = lambda text: None,
) -> Shrunk | None:
    """Find the smallest package that fails as this one does, and write it.

    Args:
        package, request, hardware, simulator, output: as `cosimulate` takes them; the hardware stays what it is.
        target: folder that the package is written to, whole or not at all.
        seconds: after which the search stops with what it has.
        moves: what is tried.
        say: told of the start.

    Returns:
        None if the run does not fail.

    Raises:
        UserError, ValueError, LookupError, NotImplementedError: the run cannot be run.
    """
    request = replace(request, waves=None)
    short = replace(package, graph=replace(package.graph, name=f"shrunk-{package.name}"[:100]))

    def attempt(case: ShrinkCase) -> Failure | None:
        return failure_of(_run(case, hardware, simulator, output))

    first = ShrinkCase(package=short, request=request)
    failure = attempt(first)
    if failure is None:
        return None
    search = Search(case=first, failure=failure, attempt=attempt, seconds=seconds)
    say(f"shrinking, for at most {seconds:g} s, what fails with: {failure.kind}")
    search.run(moves)
    case = search.case
    save_package(replace(case.package, description=f"shrunk from {package.name}"), target)
    written = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    replay = replay_command(str(written), case.request, hardware, simulator.name, None)
    lines = (
        f"shrunk to: {describe(case)}",
        f"from:      {describe(first)}; {search.tries} runs, {search.ended}",
        f"replay:    {replay}",
    )
    return Shrunk(
        package=target, text="\n".join(lines), replay=replay, case=case, failure=search.failure, tries=search.tries
    )


def _run(case: ShrinkCase, hardware: Hardware, simulator: Simulator, output: Path) -> RunResult:
    return cosimulate(case.package, case.package.name, case.request, hardware, simulator, output)


def describe(case: ShrinkCase) -> str:
    """A line: layers, the input's shape, images."""
    graph = case.package.graph
    names = [node.op for node in graph.nodes]
    layers = f"{len(names)} layers" if len(names) > 3 else " + ".join(names)
    shape, images = "x".join(map(str, graph.edges[graph.input].shape)), case.request.images
    return f"{layers} on {shape}, {images} image{'s' if images > 1 else ''}"
