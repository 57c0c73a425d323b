"""What `make formal` proves of row_total."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("inside_q", "first_q", "full", "sum")

PROOFS = (
    Proof(
        name="sums",
        claim="the sum of exactly each row's elements, rows in order; a row comes in while one waits; resets",
        top="row_total_sums",
        rtl=("row_total.v",),
        parameters={"E_W": 16, "LANES": 4, "LEN_W": 10},
        small={"E_W": 2, "LANES": 2, "LEN_W": 3},
        cover_depth=9,
        controls=(
            NegativeControl(
                error="a row begins with the sum of the one before",
                file="row_total.v",
                original="last_q ? {S_W{1'b0}} : added;",
                mutant="added;",
                depth=7,
                show=SHOW,
            ),
            NegativeControl(
                error="what comes while a row waits is not added",
                file="row_total.v",
                original="        if (valid_q) begin",
                mutant="        if (valid_q & (~full_q | last_q)) begin",
                depth=9,
                show=SHOW,
            ),
            NegativeControl(
                error="half a row is left from before a reset",
                file="row_total.v",
                original="            so_far_q <= {S_W{1'b0}};\n        end\n    end",
                mutant="        end\n    end",
                depth=8,
                show=SHOW,
            ),
        ),
    ),
)
