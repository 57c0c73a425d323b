"""One unit bench: build the unit alone and run its cocotb tests."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from t2c.common.errors import SettingError
from t2c.tb.catalogue.interface import ROW
from t2c.tb.catalogue.unit_registry import find_unit
from t2c.tb.catalogue.unit_table import TABLE_FILE, UnitTable
from t2c.tb.components.bench_report import clear_report
from t2c.tb.dut.description import Description, load_description
from t2c.tb.dut.file_fields import lay_out
from t2c.tb.dut.loader import is_own, load_module
from t2c.tb.simulation.runner import Outcome, build, simulate
from t2c.tb.simulation.simulators import Simulator
from t2c.tb.units.table_choice import named_table, table_from_file, table_from_function
from t2c.tb.units.unit_settings import UnitSettings


@dataclass(frozen=True, kw_only=True)
class UnitRun:
    """A run of a unit bench. missing: test -> why it does not apply to this module; folder: of the run."""

    outcome: Outcome
    missing: Mapping[str, str]
    folder: Path


def run_unit(name: str, simulator: Simulator, output: Path, **options: Any) -> Outcome:
    """Run every test of our own unit's bench; arguments as `run_description`."""
    return run_description(find_description(name), simulator, output, **options).outcome


def find_description(name: str, dut: Path | None = None) -> Description:
    """The description of our own unit, or one that a user brings for it.

    Raises:
        UserError: an unknown unit, one of another unit, or a description that cannot be used.
    """
    unit = find_unit(name)
    description = load_description(dut or unit.description)
    if description.unit != name:
        raise description.error("unit", f"unit: this describes a {description.unit}, not a {name}")
    return description


def run_description(
    description: Description,
    simulator: Simulator,
    output: Path,
    *,
    parameters: Mapping[str, int] | None = None,
    seed: int = 1,
    rtl: Path | None = None,
    waves: bool = False,
    plusargs: Mapping[str, Path | str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder_suffix: str = "",
    table: UnitTable | None = None,
    coverage: bool = False,
    only: Collection[str] = (),
) -> UnitRun:
    """Run every test of a unit's bench that applies to the module.

    Args:
        description: of the module under test.
        simulator: where.
        output: folder of all simulation output (sim_build).
        parameters: of our unit, where they differ from its defaults.
        seed: of stimulus and simulator.
        rtl: folder that takes the place of our own unit's RTL.
        waves: write an FST.
        plusargs: name to value, for $value$plusargs.
        environment: more variables for the bench.
        folder_suffix: gives the run a folder of its own, beside the one that such runs share.
        table: for a unit with a table; it goes before `parameters`. That of the description, or one made for them, if
            None.
        coverage: Verilator counts lines and toggles.
        only: names of tests; all of the bench's if empty.

    Raises:
        YamlError, SourceError: the description does not fit the module.
        SimulatorError: the simulator refuses the sources.
        SettingError: the unit has no bench of its own.
    """
    unit = find_unit(description.unit)
    if not unit.bench:
        raise SettingError("{unit} = {name!r} has no bench of its own; it runs inside the core", {"name": unit.name})
    if unit.table and not table:
        given = {**unit.parameters, **description.unit_parameters, **(parameters or {})}
        if description.table:
            table = table_from_file(unit.name, description.table, given)
        elif description.reference and ROW not in description.interface.reference:
            table = table_from_function(unit.name, description.reference, given)
    parameters = {**(parameters or {}), **(table.parameters if table else {})}
    chosen = {**description.unit_parameters, **parameters}
    values = {**unit.parameters, **chosen}
    dut = "" if is_own(description) else f"{description.path.resolve().parent.name}-{description.path.stem}"
    label = "-".join(f"{key}{value}" for key, value in parameters.items())
    folder = output / "-".join(filter(None, [description.unit, dut, simulator.name, label, folder_suffix]))
    folder.mkdir(parents=True, exist_ok=True)
    loaded = load_module(description, values, output, rtl, table=folder / TABLE_FILE if unit.table else None)
    settings = UnitSettings(parameters=values, seed=seed, traits=loaded.traits)
    built = build(replace(loaded.design, coverage=coverage), simulator, output, waves=waves)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clear_report(folder)
        lay_out(description.files, folder)
        plusargs = {**{name: str(value) for name, value in description.plusargs.items()}, **(plusargs or {})}
        if unit.table:
            made = table or named_table(description.unit, "", values, seed)
            plusargs = {**plusargs, unit.table.plusarg: made.write(folder)}
        outcome = simulate(
            built,
            module=unit.bench,
            tests=[test for test in unit.tests if test not in loaded.missing and (not only or test in only)],
            directory=folder,
            seed=seed,
            plusargs=plusargs,
            environment={**settings.to_environment(), **(environment or {})},
        )
    return UnitRun(outcome=outcome, missing=loaded.missing, folder=folder)
