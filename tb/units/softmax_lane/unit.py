"""Everything that lists units reads here what softmax_lane is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.softmax_lane.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"E_W": 4, "R_W": 6, "OUT_W": 2}, {"E_W": 16, "R_W": 24, "OUT_W": 8}),
    refused=({"E_W": 17}, {"R_W": 23}, {"R_W": 33}, {"OUT_W": 9}),
)
