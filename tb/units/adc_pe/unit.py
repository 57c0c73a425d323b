"""Everything that lists units reads here what adc_pe is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"A_W": 9, "W_W": 8, "PSUM_W": 21},
    bench="t2c.tb.units.element_bench",
    tests=("corners", "random_data"),
    interface=Interface(),
    ends=({"A_W": 5, "W_W": 5, "PSUM_W": 13}, {"A_W": 9, "W_W": 4, "PSUM_W": 17}),
    covered=({"A_W": 5, "W_W": 5, "PSUM_W": 13}, {"A_W": 9, "W_W": 4, "PSUM_W": 17}),
    linted=({}, *({"A_W": 5, "W_W": 2, "PSUM_W": 9}, {"A_W": 9, "W_W": 4, "PSUM_W": 17})),
    refused=({"A_W": 2}, {"W_W": 9}, {"PSUM_W": 17}, {"ADC_BITS": 20}, {"STEP": 9}),
    mutated=True,
)
