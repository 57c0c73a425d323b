"""Everything that lists units reads here what row_constants is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_constants.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=(
        {},
        {"X_W": 2, "LEN_W": 1, "E_W": 1, "ROOT_W": 8, "FRAC_W": 4},
        {"X_W": 16, "LEN_W": 12, "E_W": 48, "ROOT_W": 20, "FRAC_W": 20},
        {"X_W": 2, "LEN_W": 1, "E_W": 48, "ROOT_W": 20, "FRAC_W": 4},
    ),
    refused=(
        {"X_W": 1},
        {"X_W": 17},
        {"LEN_W": 0},
        {"LEN_W": 13},
        {"E_W": 49},
        {"ROOT_W": 7},
        {"ROOT_W": 21},
        {"FRAC_W": 3},
        {"FRAC_W": 17},
    ),
)
