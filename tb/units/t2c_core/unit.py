"""Everything that lists units reads here what t2c_core is."""

from __future__ import annotations

from pathlib import Path

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    programs=True,
    linted=(
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2},
        {"ROWS": 16, "COLS": 2, "TBL_DEPTH": 300},
        {"ROWS": 4, "COLS": 4, "X_W": 2, "W_W": 8, "ACC_W": 24},
        {"ACT_DEPTH": 2, "WGT_DEPTH": 2, "PAR_DEPTH": 4, "ACC_DEPTH": 2, "PRG_DEPTH": 64},
        {"ACT_DEPTH": 1 << 17, "WGT_DEPTH": 1000, "PAR_DEPTH": 5, "ACC_DEPTH": 1 << 16, "PRG_DEPTH": DESCRIPTOR_WORDS},
        {"ROW_LANES": 4},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2, "ROW_LANES": 1},
        {"ROWS": 16, "COLS": 8, "ROW_LANES": 8},
        {"ROWS": 12, "COLS": 6, "ROW_LANES": 2},
    ),
    refused=(
        {"TBL_DEPTH": 255},
        {"TBL_DEPTH": 65537},
        {"ACT_DEPTH": 1},
        {"PAR_DEPTH": 3},
        {"PRG_DEPTH": DESCRIPTOR_WORDS - 1},
        {"ROWS": 8, "COLS": 16},
        {"ROW_LANES": 3},
        {"ROW_LANES": 32},
    ),
    mutated=True,
)
