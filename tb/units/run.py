"""One unit bench: build the unit alone and run its cocotb tests."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from t2c.common.errors import SettingError
from t2c.common.places import RTL
from t2c.tb.components.bench_report import clear_report
from t2c.tb.dut.description import Description, load_description
from t2c.tb.dut.engine import UNIT as ENGINE
from t2c.tb.dut.loader import is_own, open_door, own_description
from t2c.tb.dut.traits import Traits
from t2c.tb.simulation.runner import Outcome, build, simulate
from t2c.tb.simulation.simulators import Simulator
from t2c.tb.units.tables import FILE as TABLE_FILE
from t2c.tb.units.tables import UnitTable, named_table


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit with a bench.

    module: the bench; parameters: the defaults it is built with; tests: all of the bench's; table: the plusarg by which
    the unit gets its table, empty if it has none.
    """

    module: str
    parameters: Mapping[str, int]
    tests: tuple[str, ...]
    table: str = ""


UNITS = {
    "mulquant": Unit(
        module="t2c.tb.units.mulquant.bench",
        parameters={"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
        tests=("corners", "random_data", "pairs", "stalls", "latency", "reset_in_mid_stream"),
    ),
    "systolic_array": Unit(
        module="t2c.tb.units.systolic_array.bench",
        parameters={"ROWS": 4, "COLS": 4, "A_W": 9, "W_W": 8},
        tests=("corners", "random_tiles", "gaps", "latency", "reset_in_mid_stream"),
    ),
    "mac_pe": Unit(
        module="t2c.tb.units.mac_pe.bench",
        parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
        tests=("corners", "random_data", "chain", "swap_without_a_word", "reset_with_a_word_kept"),
    ),
    "lut_softmax": Unit(
        module="t2c.tb.units.lut_softmax.bench",
        parameters={"X_W": 8, "DEPTH_W": 7, "E_W": 12, "OUT_W": 8, "R_W": 22, "LEN_W": 6},
        tests=("corners", "random_data", "stalls", "timing", "overlong_rows", "reset_in_mid_row"),
        table="exp",
    ),
    "lut_pointwise": Unit(
        module="t2c.tb.units.lut_pointwise.bench",
        parameters={"X_W": 8, "OUT_W": 8},
        tests=("sweep", "stalls", "latency", "reset_in_mid_stream"),
        table="table",
    ),
    "core_registers": Unit(
        module="t2c.tb.units.core_registers.bench",
        parameters={"ROWS": 16, "COLS": 8, "X_W": 6, "W_W": 4, "LO_W": 5},
        tests=(
            "addresses",
            "strobes",
            "channel_order",
            "programs",
            "same_cycle",
            "cycle_count",
            "reset",
            "random_data",
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class UnitSettings:
    """What a unit bench must know of its build; by environment, since Verilator publishes no parameter."""

    parameters: Mapping[str, int]
    seed: int
    traits: Traits

    def __getitem__(self, name: str) -> int:
        return self.parameters[name]

    def to_environment(self) -> dict[str, str]:
        settings = {"parameters": dict(self.parameters), "seed": self.seed, "traits": self.traits.to_json()}
        return {"T2C_UNIT": json.dumps(settings)}

    @classmethod
    def from_environment(cls) -> UnitSettings:
        stored = json.loads(os.environ["T2C_UNIT"])
        return cls(**{**stored, "traits": Traits.from_json(stored["traits"])})


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
    if name not in UNITS:
        raise SettingError(
            "{unit} = {name!r} is not one of {names}", {"name": name, "names": ", ".join((*UNITS, ENGINE))}
        )
    description = load_description(dut) if dut else own_description(name)
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
    rtl: Path = RTL,
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
        rtl: folder that takes the place of our own RTL.
        waves: write an FST.
        plusargs: name to value, for $value$plusargs.
        environment: more variables for the bench.
        folder_suffix: gives the run a folder of its own, beside the one that such runs share.
        table: for a unit with a table; it goes before `parameters`. One made for them if None.
        coverage: Verilator counts lines and toggles.
        only: names of tests; all of the bench's if empty.

    Raises:
        DescriptionError, SourceError: the description does not fit the module.
        SimulatorError: the simulator refuses the sources.
    """
    unit = UNITS[description.unit]
    parameters = {**(parameters or {}), **(table.parameters if table else {})}
    chosen = {**description.unit_parameters, **parameters}
    values = {**unit.parameters, **chosen}
    dut = "" if is_own(description) else f"{description.path.resolve().parent.name}-{description.path.stem}"
    label = "-".join(f"{key}{value}" for key, value in parameters.items())
    folder = output / "-".join(filter(None, [description.unit, dut, simulator.name, label, folder_suffix]))
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_door(description, values, output, rtl, table=folder / TABLE_FILE if unit.table else None)
    settings = UnitSettings(parameters=values, seed=seed, traits=opened.traits)
    built = build(replace(opened.design, coverage=coverage), simulator, output, waves=waves)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clear_report(folder)
        if unit.table:
            made = table or named_table(description.unit, "", values, seed)
            plusargs = {**(plusargs or {}), unit.table: made.write(folder)}
        outcome = simulate(
            built,
            module=unit.module,
            tests=[test for test in unit.tests if test not in opened.missing and (not only or test in only)],
            directory=folder,
            seed=seed,
            plusargs=plusargs,
            environment={**settings.to_environment(), **(environment or {})},
        )
    return UnitRun(outcome=outcome, missing=opened.missing, folder=folder)
