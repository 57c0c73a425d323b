"""What `make formal` proves of row_intake."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("beats_q", "keep_i", "last_i", "counts", "ends", "index", "overlong")

PROOFS = (
    Proof(
        name="rows",
        claim="number of each beat, end of each row, elements that count, rows too long; resets",
        top="row_intake_rows",
        rtl=("row_intake.v",),
        parameters={"LANES": 8, "BEAT_W": 7},
        small={"LANES": 4, "BEAT_W": 2},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="an element counts behind one that is left out",
                file="row_intake.v",
                original="(&keep_i[lane:1])",
                mutant="keep_i[lane]",
                depth=3,
                show=SHOW,
            ),
            NegativeControl(
                error="the longest row is not ended",
                file="row_intake.v",
                original="last_i | longest;",
                mutant="last_i;",
                depth=7,
                show=SHOW,
            ),
        ),
    ),
)
