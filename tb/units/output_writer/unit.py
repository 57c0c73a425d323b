"""Everything that lists units reads here what output_writer is."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.output_writer.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"GROUPS": 4, "GROUP_W": 2, "ADDR_W": 24},
    bench="t2c.tb.units.output_writer.bench",
    tests=("places", "counters", "starts", "reset_in_mid_stream"),
    interface=Interface(),
    mutated=True,
    covered=(
        {"GROUPS": 1, "GROUP_W": 1, "ADDR_W": 17},
        {"GROUPS": 3, "GROUP_W": 2, "ADDR_W": 1},
        {"GROUPS": 256, "GROUP_W": 8},
    ),
    linted=(
        {},
        {"GROUPS": 1, "GROUP_W": 1, "ADDR_W": 1},
        {"GROUPS": 3, "GROUP_W": 2},
        {"GROUPS": 256, "GROUP_W": 8, "ADDR_W": 24},
    ),
    proofs=PROOFS,
)
