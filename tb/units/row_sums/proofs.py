"""What `make formal` proves of row_sums."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("full", "n", "s", "q", "with3_q")

PROOFS = (
    Proof(
        name="sums",
        claim="number, sum and squares of exactly the row's elements: any rows, waits and resets",
        top="row_sums_sums",
        rtl=("row_sums.v",),
        parameters={"X_W": 8, "LANES": 4, "LEN_W": 10},
        small={"X_W": 3, "LANES": 2, "LEN_W": 4},
        cover_depth=9,
        controls=(
            NegativeControl(
                error="a row begins with what the one before had come to",
                file="row_sums.v",
                original="(open_q ? s_q : {S_W{1'b0}})",
                mutant="((open_q | full_q) ? s_q : {S_W{1'b0}})",
                depth=9,
                show=SHOW,
            ),
            NegativeControl(
                error="a beat moves on while a row waits",
                file="row_sums.v",
                original="valid2_q & full_q & ~take_i;",
                mutant="valid2_q & full_q & ~take_i & ~last2_q;",
                depth=9,
                show=SHOW,
            ),
            NegativeControl(
                error="an element without its sign",
                file="row_sums.v",
                original="{{LEN_W{element[X_W-1]}}, element}",
                mutant="{{LEN_W{1'b0}}, element}",
                depth=8,
                show=SHOW,
            ),
        ),
    ),
)
