"""Everything that lists units reads here what integer_root is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.integer_root.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    mutated=True,
    linted=({}, {"W": 2}, {"W": 8}, {"W": 20}, {"W": 32}),
    refused=({"W": 1}, {"W": 33}),
)
