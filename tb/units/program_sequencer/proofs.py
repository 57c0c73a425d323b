"""What `make formal` proves of program_sequencer."""

from __future__ import annotations

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.tb.catalogue.proof import NegativeControl, Proof

FIRST_STEP = DESCRIPTOR_WORDS + 7
"""Cycles of a run from reset in whose last one the first step starts, or the program has ended with it."""

PROOFS = (
    Proof(
        name="words",
        claim="every step, and the one that ends the program, is the descriptor that lies there, up to address 2^24",
        top="program_sequencer_words",
        specs=("watched_rom.v",),
        rtl=("program_sequencer.v",),
        parameters={"ADDR_W": 24},
        cover_depth=FIRST_STEP,
        controls=(
            NegativeControl(
                error="a descriptor is taken before its last word has come",
                file="program_sequencer.v",
                original="~fetching & ~coming_q;",
                mutant="~fetching;",
                depth=FIRST_STEP,
                show=("at_q", "place", "begins", "done"),
            ),
        ),
    ),
    Proof(
        name="operations",
        claim="what a step does, and whether it is one, follows from all bits of its first word",
        top="program_sequencer_operations",
        rtl=("program_sequencer.v", "ram.v"),
        cover_depth=FIRST_STEP + 1,
        controls=(
            NegativeControl(
                error="an operation is told by its lowest 24 bits",
                file="program_sequencer.v",
                original="(op == OP_STORE);",
                mutant="(op[23:0] == OP_STORE[23:0]);",
                depth=FIRST_STEP + 1,
                show=("op", "wanted", "store"),
            ),
        ),
    ),
)
