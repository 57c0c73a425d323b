"""What `make formal` proves of row_writer."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("row_q", "beat_q", "place_q", "number_q", "addr", "group", "part", "part_q", "data", "done")

PROOFS = (
    Proof(
        name="places",
        claim="each result goes once to its lane, group, word; 0 beyond a row; last, done with the last group; resets",
        top="row_writer_places",
        rtl=("row_writer.v",),
        parameters={"COLS": 8, "LANES": 2, "GROUPS": 3, "ADDR_W": 24},
        cover_depth=24,
        controls=(
            NegativeControl(
                error="lanes beyond a row hold what the group before held",
                file="row_writer.v",
                original="mine | (part_q == {PART_W{1'b0}})",
                mutant="mine",
                depth=10,
                show=SHOW,
            ),
            NegativeControl(
                error="a row begins in the group where the one before ended",
                file="row_writer.v",
                original="                group_q    <= {GROUP_W{1'b0}};\n",
                mutant="",
                depth=8,
                show=SHOW,
            ),
            NegativeControl(
                error="done comes with the first group of the last row",
                file="row_writer.v",
                original="valid_q & last_q & (row_q",
                mutant="valid_q & (row_q",
                depth=10,
                show=SHOW,
            ),
        ),
    ),
)
