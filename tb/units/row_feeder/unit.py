"""Everything that lists units reads here what row_feeder is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_feeder.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"ROWS": 2, "LANES": 1, "X_W": 2, "ADDR_W": 1}, {"ROWS": 12, "LANES": 2, "ADDR_W": 24}),
)
