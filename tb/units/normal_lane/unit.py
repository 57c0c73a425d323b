"""Everything that lists units reads here what normal_lane is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.normal_lane.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    mutated=True,
    linted=(
        {},
        {"X_W": 2, "LEN_W": 1, "ROOT_W": 8, "T_W": 8},
        {"X_W": 16, "LEN_W": 12, "ROOT_W": 20, "T_W": 28},
    ),
    refused=({"X_W": 1}, {"X_W": 17}, {"LEN_W": 13}, {"ROOT_W": 7}, {"ROOT_W": 21}, {"T_W": 6}),
)
