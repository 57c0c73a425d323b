"""What `make formal` proves of row_maximum."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("inside_q", "first_q", "full", "max", "tag", "ready")

PROOFS = (
    Proof(
        name="rows",
        claim="the largest element of exactly each row, rows in order; a row comes in while one waits; resets",
        top="row_maximum_rows",
        rtl=("row_maximum.v",),
        parameters={"X_W": 8, "LANES": 4, "TAG_W": 12},
        small={"X_W": 2, "LANES": 2, "TAG_W": 3},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="a row begins with the largest of the one before",
                file="row_maximum.v",
                original="last_q ? {X_W{1'b0}} : larger;",
                mutant="larger;",
                depth=6,
                show=SHOW,
            ),
            NegativeControl(
                error="a row that waits is lost to the next",
                file="row_maximum.v",
                original="valid_q & last_q & full_q & ~take_i;",
                mutant="valid_q & last_q & full_q & ~take_i & (beat_q != {X_W{1'b1}});",
                depth=6,
                show=SHOW,
            ),
        ),
    ),
)
