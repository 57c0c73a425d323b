"""Everything that lists units reads here what activation_memory is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "ROWS": 4, "DEPTH": 4096, "ADDR_W": 12},
    bench="t2c.tb.units.activation_memory.bench",
    tests=("banks", "random_data"),
    interface=Interface(),
    mutated=True,
    covered=(
        {"X_W": 2, "ROWS": 2, "DEPTH": 2, "ADDR_W": 1},
        {"ROWS": 3, "DEPTH": 1 << 17, "ADDR_W": 17},
        {"DEPTH": 3000},
    ),
    linted=({}, {"X_W": 2, "ROWS": 2, "DEPTH": 2, "ADDR_W": 1}, {"DEPTH": 3000, "ADDR_W": 12}),
)
