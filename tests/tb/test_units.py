"""The unit benches on both simulators, with the widths at both ends of their ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.errors import UserError
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.run import run_unit

pytestmark = pytest.mark.slow

CASES = [
    ("mulquant", {}),
    ("mulquant", {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 60, "SHIFT_W": 6, "OUT_W": 2}),
    ("mulquant", {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 2, "SHIFT_W": 5, "OUT_W": 5}),
    ("lut_softmax", {}),
    ("lut_softmax", {"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 1}),
    ("lut_pointwise", {}),
    ("mac_pe", {}),
    ("mac_pe", {"A_W": 3, "W_W": 2, "PSUM_W": 6}),
    ("systolic_array", {}),
    ("systolic_array", {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2}),
    ("systolic_array", {"ROWS": 3, "COLS": 7, "A_W": 5, "W_W": 8}),
]


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize(("unit", "parameters"), CASES, ids=lambda value: value if isinstance(value, str) else None)
def test_unit_matches_golden(unit: str, parameters: dict[str, int], simulator: str, sim_output: Path) -> None:
    outcome = run_unit(unit, find_simulator(simulator), sim_output, parameters=parameters)
    assert outcome.passed, outcome.log.read_text()[-3000:]


def test_unknown_unit_lists_the_units(sim_output: Path) -> None:
    with pytest.raises(UserError, match="unit = 'foo' is not one of mulquant, systolic_array"):
        run_unit("foo", find_simulator("icarus"), sim_output)
