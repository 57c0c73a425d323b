"""Everything that lists units reads here what accumulator is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"PSUM_W": 21, "ACC_W": 32, "DEPTH": 1024, "ADDR_W": 10},
    bench="t2c.tb.units.accumulator.bench",
    tests=("corners", "ramps", "addresses", "random_data"),
    interface=Interface(),
    covered=(
        {"PSUM_W": 6, "ACC_W": 7, "DEPTH": 2, "ADDR_W": 1},
        {"PSUM_W": 25, "ACC_W": 48, "DEPTH": 65536, "ADDR_W": 16},
        {"PSUM_W": 20, "ACC_W": 24, "DEPTH": 6, "ADDR_W": 3},
    ),
    linted=({}, {"PSUM_W": 6, "ACC_W": 7, "DEPTH": 2, "ADDR_W": 1}, {"DEPTH": 65536, "ADDR_W": 16}),
    refused=({"ACC_W": 21}, {"PSUM_W": 32}),
    mutated=True,
)
