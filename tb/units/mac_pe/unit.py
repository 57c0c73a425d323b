"""Everything that lists units reads here what mac_pe is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.mac_pe.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
    bench="t2c.tb.units.mac_pe.bench",
    tests=("corners", "random_data", "chain", "swap_without_a_word", "reset_with_a_word_kept"),
    interface=Interface(),
    ends=({"A_W": 3, "W_W": 2, "PSUM_W": 6},),
    covered=({"A_W": 3, "W_W": 2, "PSUM_W": 6},),
    refused=({"A_W": 10}, {"PSUM_W": 17}),
    proofs=PROOFS,
    mutated=True,
)
