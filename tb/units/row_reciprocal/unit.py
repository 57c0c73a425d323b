"""Everything that lists units reads here what row_reciprocal is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_reciprocal.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"S_W": 2, "R_W": 1}, {"S_W": 28, "R_W": 32, "TAG_W": 70}),
    refused=({"S_W": 1}, {"S_W": 49}, {"R_W": 33}),
)
