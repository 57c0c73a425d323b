"""What `make formal` proves of integer_root."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="root",
        claim="k^2 <= value < (k + 1)^2 for every value, after exactly W + 1 cycles; resets, starts at any time",
        top="integer_root_root",
        rtl=("integer_root.v",),
        parameters={"W": 16},
        small={"W": 4},
        cover_depth=9,
        controls=(
            NegativeControl(
                error="a remainder that equals what is tried is not taken",
                file="integer_root.v",
                original="(brought >= tried)",
                mutant="(brought > tried)",
                depth=8,
                show=("value_q", "age_q", "root"),
            ),
            NegativeControl(
                error="the remainder is one bit short",
                file="integer_root.v",
                original="remainder_q <= left;",
                mutant="remainder_q <= {2'b00, left[W-2:0]};",
                depth=8,
                show=("value_q", "age_q", "root"),
            ),
        ),
    ),
)
