"""Everything that lists units reads here what row_total is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_total.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"E_W": 1, "LANES": 1, "LEN_W": 1}, {"E_W": 16, "LANES": 64, "LEN_W": 12}),
    refused=({"E_W": 17}, {"LANES": 65}, {"LEN_W": 13}),
)
