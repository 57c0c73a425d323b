"""What `make formal` proves of mulquant."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

_OPERANDS = ("p7_q", "shift7_q", "rounding_i", "rounded7_q", "result7_q", "m_data")
"""What tells of a wrong result."""

PROOFS = (
    Proof(
        name="results",
        claim="every result equals the specification: all inputs, rounding modes, pairs, stalls, resets",
        top="mulquant_results",
        specs=("mulquant_sum_spec.v", "mulquant_round_spec.v", "stream_stable.v"),
        rtl=("mulquant.v",),
        parameters={"ACC_W": 32, "SCALE_W": 16, "BIAS_W": 40, "SHIFT_W": 6, "OUT_W": 8},
        cover_depth=12,
        controls=(
            NegativeControl(
                error="half_even sends ties to the odd neighbour",
                file="mulquant.v",
                original="~halves_q[1]) |",
                mutant="halves_q[1]) |",
                depth=10,
                show=_OPERANDS,
            ),
            NegativeControl(
                error="double rounds a negative p as half_up",
                file="mulquant.v",
                original="guard & ~run5_q :",
                mutant="guard :",
                depth=10,
                show=_OPERANDS,
            ),
            NegativeControl(
                error="the bias is not sign-extended",
                file="mulquant.v",
                original="{{(P_W - BIAS_W) {bias[BIAS_W-1]}}, bias}",
                mutant="{{(P_W - BIAS_W) {1'b0}}, bias}",
                depth=10,
                show=_OPERANDS,
            ),
            NegativeControl(
                error="the lower half of the accumulator has a sign",
                file="mulquant.v",
                original="{1'b0, acc[HALF_W-1:0]}",
                mutant="{acc[HALF_W-1], acc[HALF_W-1:0]}",
                depth=10,
                show=_OPERANDS,
            ),
            NegativeControl(
                error="a reset leaves half a pair behind",
                file="mulquant.v",
                original="            partial_q <= 1'b0;\n",
                mutant="",
                depth=15,
                show=_OPERANDS,
            ),
            NegativeControl(
                error="a result is not held while it waits",
                file="mulquant.v",
                original="if (!hold) begin",
                mutant="if (!hold | (valid6_q & ~valid5_q)) begin",
                depth=12,
                show=("inside_q", "result7_q", "m_valid", "m_data"),
            ),
        ),
    ),
)
