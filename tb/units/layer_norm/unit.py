"""Everything that lists units reads here what layer_norm is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import VALID_ONLY, VALID_READY, Interface, Stream
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.layer_norm.proofs import PROOFS

RESULT = ("m_axis_tdata", "m_axis_tkeep", "m_axis_tlast")
WIDE = {"E_W": 48, "ROOT_W": 20, "FRAC_W": 20, "SCALE_W": 32, "BIAS_W": 60, "SHIFT_W": 6, "OUT_W": 8}
NARROW = {"E_W": 1, "ROOT_W": 8, "FRAC_W": 4, "SCALE_W": 2, "BIAS_W": 2, "SHIFT_W": 1, "OUT_W": 2}

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={
        **{"X_W": 8, "LANES": 4, "LEN_W": 6, "E_W": 32, "ROOT_W": 16, "FRAC_W": 12},
        **{"SCALE_W": 16, "BIAS_W": 32, "SHIFT_W": 6, "OUT_W": 8},
    },
    bench="t2c.tb.units.layer_norm.bench",
    proofs=PROOFS,
    tests=("corners", "random_data", "stalls", "standstill", "timing", "overlong_rows", "reset_in_mid_row"),
    interface=Interface(
        handshakes=(VALID_READY, VALID_ONLY),
        source=Stream(valid="s_axis_tvalid", ready="s_axis_tready"),
        sink=Stream(valid="m_axis_tvalid", ready="m_axis_tready", data=RESULT),
        lanes={name: "LANES" for name in ("s_axis_tdata", "s_axis_tkeep", "param_data", *RESULT[:2])},
        features={"overlong": ("overlong",), "timing": ()},
        needs={"overlong_rows": ("overlong",), "timing": ("timing",), "reset_in_mid_row": ("reset",)},
        constants=("x_signed", "zero_point", "lo", "hi"),
        narrow=("zero_point", "lo", "hi"),
        rounding="rounding",
        waiting="(4 << LEN_W) // LANES",
    ),
    ends=(
        {"X_W": 2, "LANES": 1, "LEN_W": 1, **NARROW},
        {"X_W": 16, "LANES": 8, "LEN_W": 5, **WIDE},
    ),
    mutated=True,
    covered=(
        {"X_W": 2, "LANES": 1, "LEN_W": 1, **NARROW},
        {"X_W": 16, "LANES": 8, "LEN_W": 5, **WIDE, "OUT_W": 3},
        {"X_W": 12, "LANES": 2, "LEN_W": 4, "ROOT_W": 8, "FRAC_W": 8, "OUT_W": 4},
        {"X_W": 6, "LANES": 16, "LEN_W": 5, "OUT_W": 5},
        {"X_W": 4, "LANES": 1, "LEN_W": 5, "E_W": 12, "OUT_W": 6},
        {"X_W": 10, "LANES": 4, "LEN_W": 4, "E_W": 48, "OUT_W": 7},
    ),
    linted=(
        {},
        {"X_W": 2, "LANES": 1, "LEN_W": 1, **NARROW},
        {"X_W": 16, "LANES": 64, "LEN_W": 12, **WIDE},
        {"X_W": 2, "LANES": 2, "LEN_W": 2, "E_W": 48, "ROOT_W": 20, "FRAC_W": 4},
        {"X_W": 16, "LANES": 1, "LEN_W": 12, "E_W": 1, "ROOT_W": 8, "FRAC_W": 8},
    ),
    refused=(
        {"X_W": 1},
        {"X_W": 17},
        {"LANES": 3},
        {"LANES": 128},
        {"LEN_W": 2},
        {"LEN_W": 13},
        {"E_W": 49},
        {"ROOT_W": 7},
        {"ROOT_W": 21},
        {"FRAC_W": 3},
        {"FRAC_W": 17},
        {"SCALE_W": 33},
        {"BIAS_W": 61},
        {"SHIFT_W": 7},
        {"OUT_W": 9},
    ),
)
