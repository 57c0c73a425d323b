"""Everything that lists units reads here what adc_pe is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.units.element_unit import element_unit

UNIT = element_unit(
    Path(__file__).parent,
    parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
    ends=({"A_W": 5, "W_W": 5, "PSUM_W": 13}, {"A_W": 9, "W_W": 4, "PSUM_W": 17}),
    refused=({"A_W": 2}, {"W_W": 9}, {"PSUM_W": 17}, {"ADC_BITS": 20}, {"STEP": 9}),
)
