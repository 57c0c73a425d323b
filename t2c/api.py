"""The public API: load a package, run golden, compile for the core, run the RTL, read the result; docs/api.md.

`import t2c` has all of it under its own names and loads neither PyTorch nor a simulator before they are used. What is
not named here or there may change at any time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from t2c.common.errors import SettingError, UserError
from t2c.common.places import OUTPUT
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError, RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.golden.target.own_node import with_functions
from t2c.mapping.compiler import ALL
from t2c.mapping.compiler import compile_program as _compile
from t2c.mapping.lower import hardware_fields
from t2c.mapping.program import Program

if TYPE_CHECKING:
    from t2c.tb.cosim.localisation.mismatches import Mismatch, WrongSum

__all__ = [
    "Hardware",
    "Package",
    "PackageError",
    "Program",
    "RangeError",
    "Result",
    "ShapeError",
    "UnitResult",
    "UnsupportedError",
    "UserError",
    "compile_program",
    "golden_tensors",
    "hardware_for",
    "load_package",
    "run_unit",
    "simulate",
]

_Path = str | os.PathLike[str]
Model = Package | _Path
"""A package, its directory, or the name of an example."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What a run of the core on a simulator found; `str()` is the report that `t2c sim` prints.

    verdict: PASS, FAIL, or STOPPED at the last cycle of a waveform; reasons: why it is no PASS; first: the first value
    or accumulator that differs, if one does; table: layers, totals and verdict as text; diagnosis: the first wrong
    signal and how to see it again, as text, where a run failed; figures: all numbers, as they stand in result.json.
    """

    verdict: str
    reasons: tuple[str, ...]
    first: Mismatch | WrongSum | None
    table: str
    diagnosis: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every result word was compared and equal, and all else was as it must be."""
        return self.verdict == "PASS"

    @property
    def cycles(self) -> int:
        """Cycles that the core took, all images together."""
        return int(self.figures["cycles"])

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.table, self.diagnosis)))


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitResult:
    """What the bench of a unit found; `str()` is the report that `t2c sim --unit` prints.

    passed: every test that applies passed; tests: how many ran; compared, mismatches: results; report: as text.
    """

    passed: bool
    tests: int
    compared: int
    mismatches: int
    report: str

    def __str__(self) -> str:
        return self.report


def load_package(model: _Path) -> Package:
    """Load a model package and prove it: schema, hash, shapes, ranges, worst-case accumulators.

    Args:
        model: its directory, or the name of an example that ships, such as "digits_w8a8".

    Raises:
        PackageError, UserError: no such package, or it is damaged; the message names the node and the field.
    """
    return open_package(os.fspath(model))[1]


def golden_tensors(
    package: Model, images: npt.ArrayLike, *, reference: Mapping[str, str] | None = None
) -> dict[str, IntArray]:
    """Run the integer reference model and return every tensor, by the name of its edge, the input included.

    Args:
        package: what to run.
        images: int (N, *input shape), N >= 1, in the format of the input edge, such as `package.samples[:4]`.
        reference: functions of your own in the place of layers, FILE.py:FUNCTION by layer or by op:KIND.

    Raises:
        RangeError, ShapeError: images of another kind.
        UserError: a function that cannot be had, or returns what it must not.
    """
    return with_functions(_named(package)[1].graph, reference or {}).run(images)


def hardware_for(package: Model, **parameters: Any) -> Hardware:
    """The core on which `t2c sim` runs a package: 8 x 8, with the multipliers and biases of the package, and with a row
    engine if a node of it needs one.

    Args:
        package: what to run.
        parameters: fields of `Hardware` that shall be otherwise, such as rows, cols, acc_w, act_depth, element.

    Raises:
        RangeError: a parameter outside its range.
    """
    graph = _named(package)[1].graph
    fields = hardware_fields(graph, parameters.get("rows", 8), parameters.get("cols", 8)) | parameters
    return Hardware(**fields | {"acc_w": parameters.get("acc_w", Hardware.usual_acc_w(fields["scale_w"]))})


def compile_program(package: Model, *, layer: str = ALL, hardware: Hardware | None = None, batch: int = 1) -> Program:
    """Compile a network, or one layer of it, for the core: steps, words of the memories, what the host has to feed.

    Args:
        package: what to run.
        layer: name of a layer, or "all".
        hardware: `hardware_for(package)` if None.
        batch: images of one run.

    Raises:
        KeyError: no such layer; the message lists them.
        UnsupportedError: an operation that the core does not have, or a memory too small for a row or a tile.
        RangeError: accumulators could overflow.
    """
    _, loaded = _named(package)
    return _compile(loaded.graph, layer, hardware or hardware_for(loaded), batch=batch)


def simulate(
    package: Model,
    *,
    layer: str = ALL,
    hardware: Hardware | None = None,
    simulator: str = "icarus",
    images: int = 1,
    first_image: int = 0,
    seed: int = 1,
    stall: str = "none",
    waves: str = "0",
    rtl: _Path | None = None,
    out: _Path = OUTPUT,
    explain: bool = True,
) -> Result:
    """Run a network, or one layer of it, on the RTL, and compare every result word with golden.

    Args:
        package: what to run; given by its path, the command that repeats a failure is complete.
        layer: name of a layer, or "all".
        hardware: `hardware_for(package)` if None.
        simulator: icarus or verilator; model runs the program on the model of the core (docs/core_model.md) instead of
            RTL, without cocotb, back-pressure or waveforms.
        images, first_image: which of the package's samples.
        seed: of every random choice.
        stall: back-pressure, such as "p50", or "p10,bursts" for input and output.
        waves: "1" writes an FST waveform, "FIRST:LAST" one of these cycles.
        rtl: folder with all files of rtl/, where yours are not ours.
        out: folder of builds and results.
        explain: after a mismatch, run again with a probe and name the first wrong signal.

    Raises:
        UserError: a simulator is missing or cannot build, or a request that cannot be served.
        KeyError, UnsupportedError, RangeError: as `compile_program`.
    """
    from t2c.tb.components.stalls import parse_stalls
    from t2c.tb.cosim.cosimulation import locked_cosimulation
    from t2c.tb.cosim.localisation.rerun import diagnose
    from t2c.tb.cosim.on_model import BACKEND, run_on_model
    from t2c.tb.cosim.report import run_table
    from t2c.tb.cosim.request import MODEL, RunRequest, Waves
    from t2c.tb.simulation.simulators import find_simulator

    model, loaded = _named(package)
    on_model = simulator == MODEL
    for name, given, usual in (("stall", stall, "none"), ("waves", waves, "0"), ("rtl", rtl, None)):
        if on_model and given != usual:
            text = "{" + name + "} = {given!r} is for the RTL; the model of the core has none"
            raise SettingError(text, {"given": given})
    parse_stalls(stall)
    request = RunRequest(
        layer=layer, images=images, seed=seed, stall=stall, waves=Waves.parse(waves), first_image=first_image
    )
    if rtl is not None:
        request = replace(request, rtl=Path(rtl).resolve())
    chosen = hardware or hardware_for(loaded)
    found = BACKEND if on_model else find_simulator(simulator)
    with locked_cosimulation(loaded, model, request, chosen, found, Path(out).resolve()) as job:
        run = run_on_model(job) if on_model else job.run()
        wanted = explain and run.verdict == "FAIL" and request.waves is None and not on_model
        diagnosis = diagnose(job, run) if wanted else None
    return Result(
        verdict=run.verdict,
        reasons=run.reasons,
        first=run.first,
        table=run_table(run),
        diagnosis=diagnosis.text() if diagnosis else "",
        figures=run.to_json(),
    )


def run_unit(
    unit: str,
    *,
    dut: _Path | None = None,
    simulator: str = "icarus",
    parameters: Mapping[str, int] | None = None,
    seed: int = 1,
    waves: bool = False,
    out: _Path = OUTPUT,
) -> UnitResult:
    """Run the bench of one unit on our RTL, or on a module of your own.

    Args:
        unit: such as "mulquant"; the error of an unknown one lists all.
        dut: description of your module, docs/bring_your_own_rtl.md; our own unit if None.
        simulator: icarus or verilator.
        parameters: of the unit, where they differ from its defaults or from the description's.
        seed: of every random choice.
        waves: write an FST waveform.
        out: folder of builds and results.

    Raises:
        UserError: a simulator is missing, the description does not fit the module, or the unit runs in the core alone.
    """
    from t2c.tb.components.bench_report import read_report
    from t2c.tb.simulation.simulators import find_simulator
    from t2c.tb.units.run import find_description, run_description
    from t2c.tb.units.unit_command import replay_command, unit_lines

    description = find_description(unit, None if dut is None else Path(dut))
    found = find_simulator(simulator)
    run = run_description(description, found, Path(out).resolve(), parameters=parameters, seed=seed, waves=waves)
    report = read_report(run.folder)
    lines = unit_lines(description, found, seed, run, replay_command(description, found, seed))
    return UnitResult(
        passed=run.outcome.passed,
        tests=run.outcome.tests,
        compared=report.compared,
        mismatches=report.failed,
        report="\n".join(lines),
    )


def _named(package: Model) -> tuple[str, Package]:
    """What a report calls a package, and the package."""
    if isinstance(package, Package):
        return package.name, package
    path, loaded = open_package(os.fspath(package))
    return str(path), loaded
