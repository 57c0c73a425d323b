"""Everything that lists units reads here what softmax_rows is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import VALID_ONLY, VALID_READY, Interface, Stream
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.softmax_rows.proofs import PROOFS

RESULT = ("m_axis_tdata", "m_axis_tkeep", "m_axis_tlast")
LEAST = {"X_W": 2, "LANES": 1, "LEN_W": 1, "E_W": 4, "R_W": 6, "OUT_W": 2}

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "LANES": 2, "LEN_W": 6, "E_W": 12, "R_W": 22, "OUT_W": 8},
    bench="t2c.tb.units.softmax_rows.bench",
    proofs=PROOFS,
    mutated=True,
    tests=("corners", "random_data", "stalls", "standstill", "timing", "overlong_rows", "reset_in_mid_row"),
    interface=Interface(
        handshakes=(VALID_READY, VALID_ONLY),
        source=Stream(valid="s_axis_tvalid", ready="s_axis_tready"),
        sink=Stream(valid="m_axis_tvalid", ready="m_axis_tready", data=RESULT),
        lanes={name: "LANES" for name in ("s_axis_tdata", "s_axis_tkeep", "table_addr", "table_data", *RESULT[:2])},
        features={"overlong": ("overlong",), "timing": ()},
        needs={"overlong_rows": ("overlong",), "timing": ("timing",), "reset_in_mid_row": ("reset",)},
        constants=("x_signed", "reciprocal_bits", "result_bits"),
        waiting="(4 << LEN_W) // LANES",
    ),
    ends=(LEAST, {"X_W": 16, "LANES": 8, "LEN_W": 5, "E_W": 16, "R_W": 32}),
    covered=(
        LEAST,
        {"X_W": 16, "LANES": 8, "LEN_W": 5, "E_W": 16, "R_W": 32, "OUT_W": 3},
        {"X_W": 12, "LANES": 4, "LEN_W": 4, "E_W": 12, "R_W": 20, "OUT_W": 4},
        {"X_W": 6, "LANES": 16, "LEN_W": 5, "E_W": 8, "R_W": 18, "OUT_W": 5},
        {"X_W": 4, "LANES": 1, "LEN_W": 5, "E_W": 10, "R_W": 16, "OUT_W": 6},
        {"X_W": 10, "LANES": 4, "LEN_W": 4, "E_W": 14, "R_W": 24, "OUT_W": 7},
    ),
    linted=({}, LEAST, {"X_W": 16, "LANES": 64, "LEN_W": 12}, {"X_W": 2, "LANES": 2, "LEN_W": 2, "R_W": 24}),
    refused=(
        {"X_W": 1},
        {"X_W": 17},
        {"LANES": 3},
        {"LANES": 128},
        {"LEN_W": 2},
        {"LEN_W": 13},
        {"E_W": 17},
        {"R_W": 23},
        {"R_W": 33},
        {"OUT_W": 9},
    ),
)
