"""Everything that lists units reads here what lut_pointwise is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import AXIS_LAST, FIXED_LATENCY, VALID_ONLY, VALID_READY, Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.lut_pointwise.proofs import PROOFS
from t2c.tb.units.lut_pointwise.tables import ElementTable

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"X_W": 8, "OUT_W": 8},
    bench="t2c.tb.units.lut_pointwise.bench",
    tests=("sweep", "stalls", "latency", "reset_in_mid_stream"),
    table=ElementTable(),
    interface=Interface(
        handshakes=(VALID_READY, VALID_ONLY, FIXED_LATENCY),
        **AXIS_LAST,
        reference=("x",),
        needs={"latency": ("latency",), "reset_in_mid_stream": ("reset",)},
    ),
    covered=({"X_W": 2, "OUT_W": 2}, {"X_W": 6, "OUT_W": 16}),
    linted=({}, {"X_W": 2, "OUT_W": 2}, {"X_W": 16, "OUT_W": 16}),
    refused=({"X_W": 1}, {"OUT_W": 17}),
    proofs=PROOFS,
    mutated=True,
)
