"""Everything that lists units reads here what reciprocal is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.reciprocal.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    mutated=True,
    linted=(
        {},
        {"D_W": 2, "R_W": 1, "Q_W": 2},
        {"D_W": 28, "R_W": 32, "Q_W": 33},
        {"D_W": 20, "R_W": 40, "Q_W": 22},
        {"D_W": 48, "R_W": 48, "Q_W": 2},
    ),
    refused=({"D_W": 1}, {"D_W": 49}, {"R_W": 49}, {"Q_W": 17}, {"Q_W": 34}),
)
