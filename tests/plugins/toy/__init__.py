"""A unit from outside the tree: `T2C_PLUGINS=toy` makes it known."""

from __future__ import annotations

from pathlib import Path

from t2c.tb.catalogue.interface import AXIS, FIXED_LATENCY, VALID_ONLY, VALID_READY, Interface
from t2c.tb.catalogue.proof import NegativeControl, Proof
from t2c.tb.catalogue.unit import Unit
from t2c.tb.catalogue.unit_registry import register_unit

UNIT = register_unit(
    Unit(
        folder=Path(__file__).parent,
        rtl=Path(__file__).parent,
        parameters={"W": 4},
        bench="toy.bench",
        tests=("random_data", "stalls"),
        interface=Interface(handshakes=(VALID_READY, VALID_ONLY, FIXED_LATENCY), **AXIS),
        covered=({"W": 2}, {"W": 16}),
        refused=({"W": 1}, {"W": 17}),
        proofs=(
            Proof(
                name="larger",
                claim="every result is the larger of the two numbers",
                top="toy_larger",
                rtl=("toy.v",),
                parameters={"W": 4},
                cover_depth=4,
                controls=(
                    NegativeControl(
                        error="signs are looked at",
                        file="toy.v",
                        original="(a > b) ? a : b",
                        mutant="($signed(a) > $signed(b)) ? a : b",
                        depth=6,
                        show=("inside_q", "m_valid", "m_data"),
                    ),
                ),
            ),
        ),
        mutated=True,
    )
)
