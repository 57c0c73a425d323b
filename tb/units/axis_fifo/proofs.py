"""What `make formal` proves of axis_fifo."""

from __future__ import annotations

from t2c.tb.catalogue.proof import HarnessMemory, NegativeControl, Proof

PROOFS = (
    Proof(
        name="order",
        claim="no word lost, repeated, changed or overtaken; stable while stalled; empty after a reset",
        top="axis_fifo_order",
        specs=("stream_stable.v",),
        rtl=("axis_fifo.v",),
        parameters={"W": 8},
        memories={"words": HarnessMemory(path="dut.mem", width="W", words=8)},
        cover_depth=28,
        controls=(
            NegativeControl(
                error="a word is lost when one comes and one goes in the same cycle",
                file="axis_fifo.v",
                original="        if (push) begin",
                mutant="        if (push & ~(pop & head_q[0])) begin",
                depth=8,
                show=("inside_q", "m_valid", "s_ready"),
            ),
        ),
    ),
)
