"""Everything that lists units reads here what layer_engine is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

SUMS = ("sum_valid", "sum_data")
"""The trace of sums before requantisation."""

UNIT = Unit(
    folder=Path(__file__).parent,
    interface=Interface(
        lanes={
            "act_raddr": "ROWS",
            "act_rdata": "ROWS",
            "wgt_rdata": "COLS",
            "par_rdata": "COLS",
            "out_data": "COLS",
            "sum_data": "COLS",
        },
        optional=SUMS,
    ),
    inside_core="i_engine",
    linted=(
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2},
        {"ROWS": 8, "COLS": 2, "ACC_W": 24, "GROUP_W": 2},
        {"ACC_DEPTH": 2, "ACT_ADDR_W": 1, "WGT_ADDR_W": 1, "PAR_ADDR_W": 2},
        {"ACC_DEPTH": 1 << 16, "ACT_ADDR_W": 24, "WGT_ADDR_W": 24, "PAR_ADDR_W": 24},
    ),
    refused=({"X_W": 1}, {"ACC_W": 21}, {"ACC_DEPTH": 7}, {"ROWS": 16, "COLS": 3}),
    mutated=True,
)
