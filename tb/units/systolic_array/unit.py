"""Everything that lists units reads here what systolic_array is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import FIXED_LATENCY, VALID_ONLY, Interface, Stream
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.systolic_array.style import ARRAY_STYLE

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ROWS": 4, "COLS": 4, "A_W": 9, "W_W": 8},
    bench="t2c.tb.units.systolic_array.bench",
    tests=("corners", "random_tiles", "gaps", "latency", "reset_in_mid_stream"),
    interface=Interface(
        handshakes=(VALID_ONLY, FIXED_LATENCY),
        source=Stream(valid="a_valid"),
        sink=Stream(valid="psum_valid", data=("psum_data",)),
        lanes={"w_data": "COLS", "a_data": "ROWS", "psum_data": "COLS"},
        features={"double_buffer": ("a_first",)},
        style=ARRAY_STYLE,
        needs={"latency": ("latency",), "reset_in_mid_stream": ("reset",)},
    ),
    inside_core="i_engine.i_array",
    ends=(
        {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2},
        {"ROWS": 3, "COLS": 7, "A_W": 5, "W_W": 8},
    ),
    covered=(
        {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2},
        {"ROWS": 3, "COLS": 3, "A_W": 4, "W_W": 3},
        {"ROWS": 4, "COLS": 2, "A_W": 5, "W_W": 4},
        {"ROWS": 5, "COLS": 7, "A_W": 6, "W_W": 5},
        {"ROWS": 6, "COLS": 6, "A_W": 7, "W_W": 6},
        {"ROWS": 8, "COLS": 8, "A_W": 8, "W_W": 7},
    ),
    linted=({}, {"ROWS": 2, "COLS": 1, "A_W": 3, "W_W": 2}, {"ROWS": 5, "COLS": 9}),
    refused=({"ROWS": 1}, {"A_W": 10}, {"PSUM_W": 18}),
    mutated=True,
)
