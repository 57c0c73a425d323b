"""What `make formal` proves of stream_storer."""

from __future__ import annotations

from t2c.tb.catalogue.proof import HarnessMemory, NegativeControl, Proof

PROOFS = (
    Proof(
        name="words",
        claim="exactly the words of the step, in order, one a cycle, tlast with the last; stable while stalled; resets",
        top="stream_storer_words",
        specs=("stream_stable.v",),
        rtl=("stream_storer.v", "axis_fifo.v", "delay_line.v"),
        parameters={"W": 8, "ADDR_W": 24, "WORDS_W": 24},
        small={"W": 2, "ADDR_W": 3, "WORDS_W": 5},
        memories={"slots": HarnessMemory(path="dut.i_fifo.mem", width="W+1", words=8)},
        cover_depth=20,
        controls=(
            NegativeControl(
                error="a credit too many",
                file="stream_storer.v",
                original="CREDITS = {1'b1, {DEPTH_W{1'b0}}};",
                mutant="CREDITS = {1'b1, {DEPTH_W{1'b0}}} + 1'b1;",
                depth=20,
                show=("taken_q", "words_q", "m_valid", "m_last"),
            ),
        ),
    ),
)
