"""Everything that lists units reads here what row_intake is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_intake.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"LANES": 1, "BEAT_W": 1}, {"LANES": 64, "BEAT_W": 12}),
    refused=({"LANES": 65}, {"BEAT_W": 13}),
)
