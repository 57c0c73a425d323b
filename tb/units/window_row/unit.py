"""Everything that lists units reads here what window_row is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "ADDR_W": 24, "GEO_W": 16},
    bench="t2c.tb.units.window_row.bench",
    tests=("edges", "operands", "configurations", "random_data", "reset_in_mid_stream"),
    interface=Interface(),
    covered=({"X_W": 2, "ADDR_W": 1}, {"X_W": 3, "ADDR_W": 7}),
    linted=({}, {"X_W": 2, "ADDR_W": 1}, {"ADDR_W": 24}),
    mutated=True,
)
