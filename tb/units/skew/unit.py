"""Everything that lists units reads here what skew is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"LANES": 5, "W": 9, "REVERSE": 0, "STEP": 1, "RESET": 1},
    bench="t2c.tb.units.skew.bench",
    tests=("words", "reset_in_mid_stream"),
    interface=Interface(),
    mutated=True,
    covered=(
        {"REVERSE": 1, "RESET": 0},
        {"LANES": 1, "W": 1},
        {"LANES": 16, "W": 21, "REVERSE": 1},
        {"LANES": 4, "STEP": 2},
    ),
    linted=({}, {"LANES": 1, "W": 1}, {"REVERSE": 1, "RESET": 1}),
)
