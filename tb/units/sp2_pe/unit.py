"""Everything that lists units reads here what sp2_pe is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.units.element_unit import element_unit
from t2c.tb.units.sp2_pe.proofs import PROOFS

UNIT = element_unit(
    Path(__file__).parent,
    parameters={"A_W": 9, "W_W": 4, "PSUM_W": 17},
    ends=({"A_W": 3, "W_W": 4, "PSUM_W": 8},),
    refused=({"A_W": 10}, {"W_W": 5}, {"PSUM_W": 13}),
    proofs=PROOFS,
)
