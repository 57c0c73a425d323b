"""Everything that lists units reads here what mulquant is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import AXIS, FIXED_LATENCY, VALID_ONLY, VALID_READY, Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.mulquant.proofs import PROOFS

OPERANDS = (("acc", "ACC_W"), ("multiplier", "SCALE_W"), ("bias", "BIAS_W"), ("shift", "SHIFT_W"))
REFERENCE = ("acc", "multiplier", "bias", "shift", "rounding", "zero_point", "lo", "hi")
"""What a function of the user's own is called with."""

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
    bench="t2c.tb.units.mulquant.bench",
    tests=("corners", "random_data", "pairs", "stalls", "latency", "reset_in_mid_stream"),
    interface=Interface(
        handshakes=(VALID_READY, VALID_ONLY, FIXED_LATENCY),
        **AXIS,
        silent="s_axis_tuser",
        fields={
            "s_axis_tdata": (("acc", "ACC_W"), ("multiplier", "SCALE_W"), ("bias", "BIAS_W"), ("shift", "SHIFT_W"))
        },
        constants=("zero_point", "lo", "hi", "bias", "shift"),
        features={"pairs": ("s_axis_tuser",)},
        needs={"pairs": ("pairs",), "latency": ("latency",), "reset_in_mid_stream": ("reset",)},
        narrow=("zero_point", "lo", "hi"),
        rounding="rounding",
        numbers={name: name != "shift" for name in ("acc", "multiplier", "bias", "shift", "zero_point", "lo", "hi")},
        requantises=True,
        constant=("multiplier", "bias", "shift"),
        laned=("s_axis_tdata", "m_axis_tdata"),
        reference=REFERENCE,
    ),
    ends=(
        {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 60, "SHIFT_W": 6, "OUT_W": 2},
        {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 2, "SHIFT_W": 5, "OUT_W": 5},
    ),
    covered=(
        {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 2, "SHIFT_W": 1, "OUT_W": 2},
        {"ACC_W": 20, "SCALE_W": 10, "BIAS_W": 20, "SHIFT_W": 2, "OUT_W": 3},
        {"ACC_W": 12, "SCALE_W": 4, "BIAS_W": 16, "SHIFT_W": 3, "OUT_W": 4},
        {"ACC_W": 16, "SCALE_W": 8, "BIAS_W": 24, "SHIFT_W": 4, "OUT_W": 5},
        {"ACC_W": 29, "SCALE_W": 32, "BIAS_W": 40, "SHIFT_W": 5, "OUT_W": 6},
        {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 60, "SHIFT_W": 6, "OUT_W": 7},
    ),
    linted=(
        {},
        {"ACC_W": 8, "SCALE_W": 2, "BIAS_W": 60, "SHIFT_W": 1, "OUT_W": 2},
        {"ACC_W": 48, "SCALE_W": 13, "BIAS_W": 2},
    ),
    refused=({"SHIFT_W": 7}, {"OUT_W": 9}, {"ACC_W": 48, "SCALE_W": 14}),
    proofs=PROOFS,
    mutated=True,
)
