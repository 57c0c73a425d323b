"""What `make formal` proves of beat_ring."""

from __future__ import annotations

from t2c.tb.catalogue.proof import HarnessMemory, NegativeControl, Proof

SHOW = ("kept_q", "waiting_q", "shown_q", "room", "data", "word_q")

PROOFS = (
    Proof(
        name="order",
        claim="no beat lost, repeated, changed or overtaken; each waits while held; no place is used twice; resets",
        top="beat_ring_order",
        rtl=("beat_ring.v", "ram.v"),
        parameters={"W": 8},
        memories={"words": HarnessMemory(path="dut.i_beats.mem", width="W", words=8)},
        cover_depth=20,
        controls=(
            NegativeControl(
                error="a place is free as soon as its beat is read",
                file="beat_ring.v",
                original="free = valid_q & ~hold_i;",
                mutant="free = read_i & ~hold_i;",
                depth=14,
                show=SHOW,
            ),
            NegativeControl(
                error="the beat that is held is read anew from where the next one lies",
                file="beat_ring.v",
                original="hold_i ? addr_q : read_q",
                mutant="read_q",
                depth=8,
                show=SHOW,
            ),
        ),
    ),
)
