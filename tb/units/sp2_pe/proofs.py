"""What `make formal` proves of sp2_pe."""

from __future__ import annotations

from t2c.tb.catalogue.proof import NegativeControl, Proof

PROOFS = (
    Proof(
        name="step",
        claim="two shifts, an adder and a sign equal a product by the weight of the code: all inputs, codes and states",
        top="sp2_pe_step",
        rtl=("sp2_pe.v",),
        parameters={"A_W": 9, "PSUM_W": 17},
        cover_depth=8,
        controls=(
            NegativeControl(
                error="the sign adds 1 for one of the two parts that it turns",
                file="sp2_pe.v",
                original="{{(P_W - 2) {1'b0}}, weight_q[3], 1'b0};",
                mutant="{{(P_W - 1) {1'b0}}, weight_q[3]};",
                depth=6,
                show=("a_q", "code_q", "product_q", "sum_q", "psum_o"),
            ),
            NegativeControl(
                error="a shift by two loses the sign of the operand",
                file="sp2_pe.v",
                original="wire signed [P_W-1:0] a_wide = {{4{a_q[A_W-1]}}, a_q};",
                mutant="wire signed [P_W-1:0] a_wide = {4'b0, a_q};",
                depth=6,
                show=("a_q", "code_q", "product_q", "sum_q", "psum_o"),
            ),
        ),
    ),
)
