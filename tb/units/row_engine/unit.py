"""Everything that lists units reads here what row_engine is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    linted=(
        {},
        {"ROWS": 2, "COLS": 1, "LANES": 1, "X_W": 2, "ACT_ADDR_W": 1, "PAR_ADDR_W": 2},
        {"ROWS": 12, "COLS": 6, "LANES": 2, "ACT_ADDR_W": 24, "PAR_ADDR_W": 24},
        {"LANES": 8},
        {"ROWS": 64, "COLS": 64, "LANES": 64, "SCALE_W": 2, "BIAS_W": 2},
    ),
    refused=({"ROWS": 8}, {"LANES": 3}, {"COLS": 4, "LANES": 8}, {"X_W": 9}),
)
