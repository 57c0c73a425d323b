"""Everything that lists units reads here what table_lanes is."""

from __future__ import annotations

from pathlib import Path

from t2c.contract.field_kinds import TABLE_BITS
from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "COLS": 4, "DEPTH": 4096, "ADDR_W": 12, "ROW_LANES": 2, "TABLE_W": TABLE_BITS},
    bench="t2c.tb.units.table_lanes.bench",
    tests=("entries", "random_data"),
    interface=Interface(),
    mutated=True,
    covered=(
        {"X_W": 2, "COLS": 1, "DEPTH": 4, "ADDR_W": 2, "ROW_LANES": 0},
        {"X_W": 5, "COLS": 3, "DEPTH": 100, "ADDR_W": 7, "ROW_LANES": 1},
        {"COLS": 2, "DEPTH": 1 << 16, "ADDR_W": 16},
    ),
    linted=(
        {},
        {"X_W": 2, "COLS": 1, "DEPTH": 4, "ADDR_W": 2},
        {"COLS": 256, "DEPTH": 1 << 16, "ADDR_W": 16, "ROW_LANES": 64},
        {"X_W": 5, "DEPTH": 100, "ADDR_W": 7, "ROW_LANES": 1},
    ),
    refused=({"X_W": 1}, {"X_W": 9}, {"DEPTH": 255, "ADDR_W": 8}, {"ROW_LANES": 32}),
)
