"""Everything that lists units reads here what core_registers is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.core_registers.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ROWS": 16, "COLS": 8, "X_W": 6, "W_W": 4, "LO_W": 5},
    bench="t2c.tb.units.core_registers.bench",
    tests=("addresses", "strobes", "channel_order", "programs", "same_cycle", "cycle_count", "reset", "random_data"),
    interface=Interface(),
    covered=({"LO_W": 32},),
    linted=(
        {},
        {"ROWS": 2, "COLS": 1, "X_W": 2, "W_W": 2, "LO_W": 2},
        {"ROWS": 256, "COLS": 256, "LO_W": 31},
    ),
    proofs=PROOFS,
    mutated=True,
)
