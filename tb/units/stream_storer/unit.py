"""Everything that lists units reads here what stream_storer is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.stream_storer.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    linted=({}, {"W": 4, "ADDR_W": 1, "WORDS_W": 1}, {"W": 2048, "ADDR_W": 24}),
    proofs=PROOFS,
    mutated=True,
)
