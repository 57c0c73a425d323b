"""Everything that lists units reads here what pixel_sequencer is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"ACC_DEPTH": 20, "ACC_ADDR_W": 5, "ADDR_W": 24, "PAR_ADDR_W": 24, "GEO_W": 16},
    bench="t2c.tb.units.pixel_sequencer.bench",
    tests=("walks", "blocks", "waiting", "counters", "starts", "reset_in_mid_stream"),
    interface=Interface(),
    mutated=True,
    ends=({"ACC_DEPTH": 65536, "ACC_ADDR_W": 16},),
    covered=(
        {"ACC_DEPTH": 2, "ACC_ADDR_W": 1, "ADDR_W": 1, "PAR_ADDR_W": 2},
        {"ACC_DEPTH": 1024, "ACC_ADDR_W": 10, "ADDR_W": 17, "PAR_ADDR_W": 11},
    ),
    linted=(
        {},
        {"ACC_DEPTH": 2, "ACC_ADDR_W": 1, "ADDR_W": 1, "PAR_ADDR_W": 2},
        {"ACC_DEPTH": 65536, "ACC_ADDR_W": 16, "ADDR_W": 24, "PAR_ADDR_W": 24},
    ),
)
