"""Everything that lists units reads here what array_element is: the place of an element, ours or anybody's."""

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
    ends=({"A_W": 3, "W_W": 2, "PSUM_W": 6},),
    covered=({"A_W": 3, "W_W": 2, "PSUM_W": 6},),
    linted=({}, {"A_W": 5, "W_W": 4, "PSUM_W": 12, "PACK": 2}),
    refused=({"A_W": 10},),
)
