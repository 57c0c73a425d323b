"""Everything that lists units reads here what lut_softmax is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import AXIS_LAST, ROW, VALID_ONLY, VALID_READY, Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.lut_softmax.proofs import PROOFS
from t2c.tb.units.lut_softmax.tables import ExponentialTable

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "DEPTH_W": 7, "E_W": 12, "OUT_W": 8, "R_W": 22, "LEN_W": 6},
    bench="t2c.tb.units.lut_softmax.bench",
    tests=("corners", "random_data", "stalls", "timing", "overlong_rows", "reset_in_mid_row"),
    table=ExponentialTable(),
    interface=Interface(
        handshakes=(VALID_READY, VALID_ONLY),
        **AXIS_LAST,
        features={"overlong": ("overlong",), "timing": ()},
        needs={"overlong_rows": ("overlong",), "timing": ("timing",), "reset_in_mid_row": ("reset",)},
        constants=("x_signed",),
        waiting="2 << LEN_W",
        reference=(ROW,),
    ),
    ends=({"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 1},),
    covered=(
        {"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 8, "LEN_W": 1},
        {"X_W": 16, "DEPTH_W": 8, "E_W": 16, "OUT_W": 3, "R_W": 32, "LEN_W": 4},
        {"X_W": 6, "DEPTH_W": 5, "E_W": 8, "OUT_W": 4, "R_W": 14, "LEN_W": 5},
        {"X_W": 5, "DEPTH_W": 4, "E_W": 6, "OUT_W": 5, "R_W": 13, "LEN_W": 3},
        {"X_W": 4, "DEPTH_W": 3, "E_W": 10, "OUT_W": 6, "R_W": 18, "LEN_W": 2},
        {"X_W": 7, "DEPTH_W": 6, "E_W": 14, "OUT_W": 7, "R_W": 23, "LEN_W": 6},
    ),
    linted=(
        {},
        {"X_W": 2, "DEPTH_W": 1, "E_W": 4, "OUT_W": 2, "R_W": 6, "LEN_W": 1},
        {"X_W": 16, "DEPTH_W": 16, "E_W": 16, "OUT_W": 8, "R_W": 32, "LEN_W": 12},
    ),
    refused=(
        {"X_W": 17},
        {"DEPTH_W": 9},
        {"E_W": 3},
        {"OUT_W": 9},
        {"R_W": 19},
        {"R_W": 33},
        {"LEN_W": 13},
    ),
    proofs=PROOFS,
    mutated=True,
)
