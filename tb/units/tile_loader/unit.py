"""Everything that lists units reads here what tile_loader is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ADDR_W": 24, "WGT_ADDR_W": 24, "ROWS": 3, "GEO_W": 16},
    bench="t2c.tb.units.tile_loader.bench",
    tests=("tiles", "handshake", "counters", "starts", "reset_in_mid_stream"),
    interface=Interface(),
    mutated=True,
    ends=({"ROWS": 2, "ADDR_W": 1, "WGT_ADDR_W": 1},),
    covered=(
        {"ROWS": 2, "ADDR_W": 17, "WGT_ADDR_W": 20},
        {"ROWS": 16, "ADDR_W": 12, "WGT_ADDR_W": 12},
    ),
    linted=({}, {"ROWS": 2, "ADDR_W": 1, "WGT_ADDR_W": 1}, {"ROWS": 256, "ADDR_W": 24, "WGT_ADDR_W": 24}),
)
