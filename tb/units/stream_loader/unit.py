"""Everything that lists units reads here what stream_loader is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.stream_loader.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    linted=({}, {"S_W": 4, "ADDR_W": 1, "PAR_W": 62, "PAR_BEATS": 16}, {"PAR_W": 124, "PAR_BEATS": 1}),
    proofs=PROOFS,
    mutated=True,
)
