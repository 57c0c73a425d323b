"""Everything that lists units reads here what delay_line is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"W": 9, "DEPTH": 5, "RESET": 1},
    bench="t2c.tb.units.delay_line.bench",
    tests=("words", "reset_in_mid_stream"),
    interface=Interface(),
    mutated=True,
    covered=({"DEPTH": 0}, {"W": 1, "DEPTH": 1}, {"W": 24, "DEPTH": 31, "RESET": 0}),
    linted=({}, {"DEPTH": 0}, {"W": 1, "DEPTH": 1, "RESET": 1}),
)
