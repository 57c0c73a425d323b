"""Everything that lists units reads here what row_sums is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_sums.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    mutated=True,
    linted=({}, {"X_W": 2, "LANES": 1, "LEN_W": 1}, {"X_W": 16, "LANES": 64, "LEN_W": 12}),
    refused=({"X_W": 1}, {"X_W": 17}, {"LANES": 3}, {"LANES": 128}, {"LEN_W": 2}, {"LEN_W": 13}),
)
