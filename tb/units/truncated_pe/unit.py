"""Everything that lists units reads here what truncated_pe is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.units.element_unit import element_unit

UNIT = element_unit(
    Path(__file__).parent,
    parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
    ends=({"A_W": 3, "W_W": 4, "PSUM_W": 8}, {"A_W": 5, "W_W": 5, "PSUM_W": 12}),
    refused=({"A_W": 2}, {"W_W": 3}, {"PSUM_W": 17}, {"DROP": 3}),
)
