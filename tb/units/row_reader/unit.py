"""Everything that lists units reads here what row_reader is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_reader.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"BEAT_W": 1}, {"BEAT_W": 12}),
    refused=({"BEAT_W": 13},),
)
