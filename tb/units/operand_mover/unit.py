"""Everything that lists units reads here what operand_mover is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.operand_mover.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ROWS": 9, "COLS": 3, "X_W": 6, "W_W": 8, "ADDR_W": 24, "WGT_ADDR_W": 24},
    bench="t2c.tb.units.operand_mover.bench",
    tests=("tiles", "lanes", "counters", "followers", "reset_in_mid_step"),
    interface=Interface(),
    mutated=True,
    ends=(
        {"ROWS": 2, "COLS": 1, "X_W": 2, "ADDR_W": 1, "WGT_ADDR_W": 1},
        {"ROWS": 16, "COLS": 16, "X_W": 8, "ADDR_W": 12, "WGT_ADDR_W": 12},
    ),
    covered=(
        {"ROWS": 2, "COLS": 2, "ADDR_W": 17, "WGT_ADDR_W": 20},
        {"ROWS": 6, "COLS": 2, "X_W": 5, "W_W": 3, "ADDR_W": 10, "WGT_ADDR_W": 9},
        {"ROWS": 4, "COLS": 4, "X_W": 3},
        {"ROWS": 256, "COLS": 64},
        {"ROWS": 8, "COLS": 1, "X_W": 4, "W_W": 4},
    ),
    linted=(
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 8, "ADDR_W": 1, "WGT_ADDR_W": 1},
        {"ROWS": 6, "COLS": 2, "X_W": 8, "W_W": 2},
        {"ROWS": 256, "COLS": 4, "ADDR_W": 24, "WGT_ADDR_W": 24},
    ),
    refused=({"ROWS": 6, "COLS": 4},),
    proofs=PROOFS,
)
