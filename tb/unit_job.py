"""One unit bench: build the unit alone and run its cocotb tests."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tb.errors import UserError
from tb.runner import RTL, Design, Outcome, build, simulate
from tb.simulators import Simulator


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit with a bench. module: the bench; parameters: the defaults it is built with; tests: all of the bench's."""

    module: str
    parameters: Mapping[str, int]
    tests: tuple[str, ...]


UNITS = {
    "mulquant": Unit(
        module="tb.benches.mulquant",
        parameters={"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
        tests=("corners", "random_data", "pairs", "stalls", "latency", "reset_in_mid_stream"),
    ),
    "systolic_array": Unit(
        module="tb.benches.systolic_array",
        parameters={"ROWS": 4, "COLS": 4, "A_W": 9, "W_W": 8},
        tests=("corners", "random_tiles", "gaps", "latency", "reset_in_mid_stream"),
    ),
    "core_registers": Unit(
        module="tb.benches.core_registers",
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

    def __getitem__(self, name: str) -> int:
        return self.parameters[name]

    def to_environment(self) -> dict[str, str]:
        return {"T2C_UNIT": json.dumps({"parameters": dict(self.parameters), "seed": self.seed})}

    @classmethod
    def from_environment(cls) -> UnitSettings:
        return cls(**json.loads(os.environ["T2C_UNIT"]))


def run_unit(
    name: str,
    simulator: Simulator,
    output: Path,
    *,
    parameters: Mapping[str, int] | None = None,
    seed: int = 1,
    rtl: Path = RTL,
    waves: bool = False,
) -> Outcome:
    """Run every test of a unit's bench.

    Args:
        name: of the unit, as in UNITS.
        simulator: where.
        output: folder of all simulation output (sim_build).
        parameters: elaboration parameters that differ from the unit's defaults.
        seed: of stimulus and simulator.
        rtl: folder of the RTL under test.
        waves: write an FST.

    Raises:
        UserError: an unknown unit; the message lists the units.
        SimulatorError: the simulator refuses the sources.
    """
    if name not in UNITS:
        raise UserError(f"UNIT = {name!r} is not one of {', '.join(UNITS)}")
    unit = UNITS[name]
    settings = UnitSettings(parameters={**unit.parameters, **(parameters or {})}, seed=seed)
    design = Design(top=name, parameters=settings.parameters, rtl=rtl, published=("*_i", "*_o", "*_ni"))
    built = build(design, simulator, output, waves=waves)
    label = "-".join(f"{key}{value}" for key, value in (parameters or {}).items())
    folder = output / "-".join(filter(None, [name, simulator.name, label]))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return simulate(
            built,
            module=unit.module,
            tests=unit.tests,
            directory=folder,
            seed=seed,
            environment=settings.to_environment(),
        )
