"""What `make formal` proves of row_feeder."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("row_q", "element_q", "length_q", "address", "given_q", "keep", "last", "data")

PROOFS = (
    Proof(
        name="beats",
        claim="each element of each row once, in order, from its bank and word, no gap; keep, last, holds, resets",
        top="row_feeder_beats",
        rtl=("row_feeder.v",),
        parameters={"ROWS": 12, "LANES": 4, "ADDR_W": 24, "LEN_W": 10},
        cover_depth=16,
        controls=(
            NegativeControl(
                error="a beat that waits is not read again",
                file="row_feeder.v",
                original="hold ? given_addr_q : addr_q",
                mutant="addr_q",
                depth=8,
                show=SHOW,
            ),
            NegativeControl(
                error="a row begins behind the one before",
                file="row_feeder.v",
                original="addr_q     <= next_row;",
                mutant="addr_q     <= addr_q + 1'b1;",
                depth=8,
                show=SHOW,
            ),
            NegativeControl(
                error="the last element of a row does not count",
                file="row_feeder.v",
                original="<= rest)",
                mutant="< rest)",
                depth=6,
                show=SHOW,
            ),
        ),
    ),
)
