"""What `make formal` proves of row_reader."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("left_q", "next_q", "hold_i", "read", "index", "last", "take")

PROOFS = (
    Proof(
        name="beats",
        claim="each row is read from beat 0 to its last, once, row after row without a gap; holds, resets",
        top="row_reader_beats",
        rtl=("row_reader.v",),
        parameters={"BEAT_W": 8},
        small={"BEAT_W": 3},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="a row is taken while the one before is read",
                file="row_reader.v",
                original="~hold_i & (~read_q | last_o)",
                mutant="~hold_i",
                depth=5,
                show=SHOW,
            ),
            NegativeControl(
                error="a number of a beat is left from before a reset",
                file="row_reader.v",
                original="            index_q <= {BEAT_W{1'b0}};\n",
                mutant="",
                depth=6,
                show=SHOW,
            ),
        ),
    ),
)
