"""Everything that lists units reads here what beat_ring is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.beat_ring.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=({}, {"W": 1, "PTR_W": 1}, {"W": 1024, "PTR_W": 14}),
    refused=({"PTR_W": 15},),
)
