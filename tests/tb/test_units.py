"""The unit benches: as shipped and with the widths at both ends of their ranges, on both simulators.

`make test` runs each unit once: as shipped, in turn on one simulator and the other; those whose bench runs longest as
they are shipped, at the narrow end on Icarus. `make faults` runs all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.common.places import RTL
from t2c.tb.catalogue.unit_registry import benched_units, runnable_names
from t2c.tb.random_programs.campaign import cases
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units import program_campaign
from t2c.tb.units.run import run_unit

pytestmark = pytest.mark.slow


LONG = ("core_registers", "layer_norm", "mulquant", "operand_mover", "softmax_rows")


def in_turn(name: str, turn: int, number: int, place: int) -> bool:
    """Whether `make test` runs a unit (its turn), as shipped (0) or at one of its ends, on a simulator (its place)."""
    return (number, place) == ((1, 0) if name in LONG else (0, turn % 2))


CASES = [
    pytest.param(
        unit.name,
        dict(parameters),
        simulator,
        id=f"{unit.name}-{f'end{number}' if number else 'shipped'}-{simulator}",
        marks=() if in_turn(unit.name, turn, number, place) else pytest.mark.campaign,
    )
    for turn, unit in enumerate(benched_units())
    for number, parameters in enumerate(({}, *unit.ends))
    for place, simulator in enumerate(SIMULATORS)
]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("unit", "parameters", "simulator"), CASES)
def test_unit_matches_golden(unit: str, parameters: dict[str, int], simulator: str, sim_output: Path) -> None:
    outcome = run_unit(unit, find_simulator(simulator), sim_output, parameters=parameters)
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("foo", "unit = 'foo' is not one of accumulator, activation_memory, adc_pe"),
        ("axis_fifo", "unit = 'axis_fifo' has no bench; accumulator, activation_memory, adc_pe"),
        ("layer_engine", "unit = 'layer_engine' has no bench of its own; it runs inside the core"),
    ],
)
def test_a_unit_without_a_bench_is_refused_in_a_line(name: str, message: str, sim_output: Path) -> None:
    with pytest.raises(UserError, match=message) as caught:
        run_unit(name, find_simulator("icarus"), sim_output)
    assert "\n" not in str(caught.value)


def test_what_make_sim_takes() -> None:
    assert {"layer_engine", "t2c_core", *(unit.name for unit in benched_units())} == set(runnable_names())


def test_a_program_that_runs_nothing_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs a core whose cycles are known is not applicable to another's; it is not counted among what passed."""
    case = next(cases(1, "icarus"))
    monkeypatch.setattr(program_campaign, "jobs_of", lambda _: [])
    (done,) = program_campaign.run_cases([case], find_simulator("icarus"), tmp_path, lambda _: RTL, again={})
    assert not done.applicable
    assert done.lines == (f"-         {case.id} is not applicable: it needs a core whose cycles are known",)
