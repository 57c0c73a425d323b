"""What `make formal` proves of program_sequencer."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="words",
        claim="every step, and the one that ends the program, is the descriptor that lies there, up to address 2^24",
        top="program_sequencer_words",
        specs=("watched_rom.v",),
        rtl=("program_sequencer.v",),
        parameters={"ADDR_W": 24},
        cover_depth=54,
        controls=(
            NegativeControl(
                error="a descriptor is taken before its last word has come",
                file="program_sequencer.v",
                original="~fetching & ~coming_q;",
                mutant="~fetching;",
                depth=54,
                show=("at_q", "place", "begins", "done"),
            ),
        ),
    ),
)
