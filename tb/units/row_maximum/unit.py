"""Everything that lists units reads here what row_maximum is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_maximum.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"X_W": 2, "LANES": 1}, {"X_W": 16, "LANES": 64, "TAG_W": 70}),
    refused=({"X_W": 1}, {"X_W": 17}, {"LANES": 65}),
)
