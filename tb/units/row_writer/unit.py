"""Everything that lists units reads here what row_writer is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.row_writer.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    proofs=PROOFS,
    linted=(
        {},
        {"COLS": 1, "LANES": 1, "X_W": 2, "GROUPS": 2, "ADDR_W": 1},
        {"COLS": 6, "LANES": 2, "GROUPS": 3, "GROUP_W": 2, "ADDR_W": 24},
    ),
)
